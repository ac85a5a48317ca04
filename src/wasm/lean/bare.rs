//! What the standard library would bring.
use core::alloc::{GlobalAlloc, Layout};

/// There is no heap. Something that asks for one gets nothing, and the call traps.
struct NoHeap;

// SAFETY: a null pointer says that there is no memory, which is always true here.
unsafe impl GlobalAlloc for NoHeap {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        core::ptr::null_mut()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static HEAP: NoHeap = NoHeap;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    super::memory::trap()
}
