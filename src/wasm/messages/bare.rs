//! What the standard library would bring.

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    super::heap::trap()
}
