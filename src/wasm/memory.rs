//! Memory that JavaScript and Rust take turns to use: the area for inputs, the area for results, and how each is read, written and wiped.

use core::cell::UnsafeCell;

use zeroize::{Zeroize as _, zeroize_flat_type};

const AREA_LEN: usize = 64 * 1024;
const RESULT_LEN: usize = 128;

/// Memory that JavaScript and Rust take turns to use.
pub(super) struct Shared<T>(pub(super) UnsafeCell<T>);

// SAFETY: a WebAssembly instance without shared memory has one thread.
unsafe impl<T> Sync for Shared<T> {}

impl<T> Shared<T> {
    pub(super) const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// The value. Each exported function takes what it needs once, at its start, and no exported function calls another.
    #[expect(clippy::mut_from_ref, reason = "see the safety comment")]
    pub(super) fn get(&self) -> &mut T {
        // SAFETY: one thread, no re-entry (nothing is imported that could call back), and no two references to the same value within
        // one exported function.
        unsafe { &mut *self.0.get() }
    }
}

/// Where JavaScript writes.
pub(super) static AREA: Shared<[u8; AREA_LEN]> = Shared::new([0; AREA_LEN]);
/// Where Rust answers.
pub(super) static RESULT: Shared<[u8; RESULT_LEN]> = Shared::new([0; RESULT_LEN]);

pub(super) fn area_bytes() -> &'static mut [u8] {
    AREA.get()
}

/// The first `len` bytes of `area`, which then begins after them. JavaScript counts what it writes; if it counted wrong, the call traps.
pub(super) fn cut<'a>(area: &mut &'a mut [u8], len: usize) -> &'a mut [u8] {
    let Some((bytes, rest)) = core::mem::take(area).split_at_mut_checked(len) else { trap() };
    *area = rest;
    bytes
}

/// Ends the call. A panic would do the same, but the text it takes along would be a tenth of the module.
pub(super) fn trap() -> ! {
    core::arch::wasm32::unreachable()
}

/// Writes into the result.
#[inline(never)]
pub(super) fn put(offset: usize, bytes: &[u8]) {
    for (place, byte) in RESULT.get().iter_mut().skip(offset).zip(bytes) {
        *place = *byte;
    }
}

/// Takes what is there and leaves nothing of it in its place.
pub(super) fn take<T>(place: &mut Option<T>) -> Option<T> {
    let taken = place.take();
    clear(place);
    taken
}

/// Leaves nothing of what is there. `None` would only say so, and the bytes would stay.
#[inline(never)]
pub(super) fn clear<T>(place: &mut Option<T>) {
    // SAFETY: the place is only written to, and holds a value again before anybody else sees it. What was there is zeros, which is all
    // that its destructor could make of it.
    unsafe {
        zeroize_flat_type(place);
        core::ptr::write(place, None);
    }
}

/// Wipes what was secret.
#[inline(never)]
pub(super) fn wipe(bytes: &mut [u8]) {
    bytes.zeroize();
}

pub(super) fn put_number(offset: usize, number: u32) {
    put(offset, &number.to_le_bytes());
}
