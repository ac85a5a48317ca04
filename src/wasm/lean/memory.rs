//! Memory that JavaScript and Rust take turns to use: the area for inputs, the large area for large arguments, the area for results, and
//! how each is read, written and wiped.

use core::cell::UnsafeCell;
use core::hint::black_box;

use wasm_bindgen::prelude::wasm_bindgen;
#[cfg(feature = "lean")]
use zeroize::zeroize_flat_type;

#[cfg(feature = "lean")]
use crate::call::MAX_TOKEN_LEN;
use crate::value;

const AREA_LEN: usize = 64 * 1024;
/// What `admit_call` answers with is the longest result.
const RESULT_LEN: usize = 296;
/// More than any exported function has on the stack; tests/constant-time measures how much that is.
const BURN_LEN: usize = 4 * 1024;
/// More than those have that do nothing but hash and compare.
const SHORT_BURN_LEN: usize = 1024;

/// Memory that JavaScript and Rust take turns to use.
pub(super) struct Shared<T>(UnsafeCell<T>);

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
static AREA: Shared<[u8; AREA_LEN]> = Shared::new([0; AREA_LEN]);
/// How much of it the function that runs has taken.
static USED: Shared<usize> = Shared::new(0);
/// Where Rust answers.
static RESULT: Shared<[u8; RESULT_LEN]> = Shared::new([0; RESULT_LEN]);
/// Where the large area begins, and how much of it the function that runs was given.
static LARGE: Shared<(usize, usize)> = Shared::new((0, 0));

/// Where the area begins.
#[wasm_bindgen]
pub fn area() -> u32 {
    AREA.0.get() as u32
}

/// Where the result area begins.
#[wasm_bindgen]
pub fn result() -> u32 {
    RESULT.0.get() as u32
}

/// Where the large area begins, which holds arguments of up to 16 MiB. The first call grows the memory, once; 0 if that is not possible.
#[wasm_bindgen]
pub fn large() -> u32 {
    const PAGE: usize = 64 * 1024;
    let (start, _) = LARGE.get();
    if *start == 0 {
        let page = core::arch::wasm32::memory_grow(0, value::MAX_LEN / PAGE);
        if page != usize::MAX {
            *start = page * PAGE;
        }
    }
    *start as u32
}

/// The answer of an exported function, when there is nothing left of what it took from the area, nor of its stack.
pub(super) fn wiped<T>(answer: T) -> T {
    wipe();
    answer
}

/// The same for functions that do nothing but hash and compare: to clear the stack of any other takes as long as half a hash block.
#[cfg(feature = "lean")]
pub(super) fn wiped_short<T>(answer: T) -> T {
    wipe_short();
    answer
}

#[inline(never)]
fn wipe() {
    black_box(&mut [0_u8; BURN_LEN - SHORT_BURN_LEN]);
    wipe_short();
}

#[inline(never)]
fn wipe_short() {
    let used = core::mem::take(USED.get());
    let Some(taken) = AREA.get().get_mut(..used) else { trap() };
    black_box(taken).fill(0);
    let (start, used) = LARGE.get();
    if *used > 0 {
        // SAFETY: as in large_bytes, which noted the length; what it lent out is not used any more.
        black_box(unsafe { core::slice::from_raw_parts_mut(*start as *mut u8, *used) }).fill(0);
        *used = 0;
    }
    black_box(&mut [0_u8; SHORT_BURN_LEN]);
}

/// The next `len` bytes of the area. JavaScript counts what it writes; if it counted wrong, the call traps.
pub(super) fn cut(len: usize) -> &'static mut [u8] {
    // SAFETY: these bytes are inside the area, and since what is used only grows until the function ends, nothing else refers to them.
    unsafe { core::slice::from_raw_parts_mut(take_place(len), len) }
}

/// The next bytes, of which there are always as many.
pub(super) fn cut_array<const N: usize>() -> &'static mut [u8; N] {
    let Some(bytes) = cut(N).first_chunk_mut() else { trap() };
    bytes
}

/// Where the next `len` bytes begin. Not with their length, which the caller knows: two numbers are returned through memory.
#[inline(never)]
fn take_place(len: usize) -> *mut u8 {
    let used = USED.get();
    if len > AREA_LEN - *used {
        trap();
    }
    // SAFETY: this is inside the area, or at its end if `len` is 0.
    let place = unsafe { AREA.0.get().cast::<u8>().add(*used) };
    *used += len;
    place
}

/// The first `len` bytes of the large area, if there is one and it has as many.
pub(super) fn large_bytes(len: usize) -> Option<&'static [u8]> {
    let (start, used) = LARGE.get();
    if *start == 0 || len > value::MAX_LEN {
        return None;
    }
    *used = len;
    // SAFETY: the large area is MAX_LEN bytes that were grown for it and are never given back; nothing writes to it while Rust runs.
    Some(unsafe { core::slice::from_raw_parts(*start as *const u8, len) })
}

/// Ends the call. A panic would do the same, but the text it takes along would be a tenth of the module.
pub(super) fn trap() -> ! {
    core::arch::wasm32::unreachable()
}

/// Writes into the result.
#[inline(never)]
pub(super) fn put(offset: usize, bytes: &[u8]) {
    let Some(place) = RESULT.get().get_mut(offset..offset + bytes.len()) else { trap() };
    place.copy_from_slice(bytes);
}

/// Writes a number into the result, at a place that is known here and now.
pub(super) fn put_number(offset: usize, number: u32) {
    let Some(place) = RESULT.get()[offset..].first_chunk_mut() else { trap() };
    *place = number.to_le_bytes();
}

/// Where a token is written.
#[cfg(feature = "lean")]
pub(super) fn result_text() -> &'static mut [u8; MAX_TOKEN_LEN] {
    let Some(text) = RESULT.get().first_chunk_mut() else { trap() };
    text
}

/// Takes what is there and leaves nothing of it in its place.
#[cfg(feature = "lean")]
pub(super) fn take<T>(place: &mut Option<T>) -> Option<T> {
    let taken = place.take();
    clear(place);
    taken
}

/// Leaves nothing of what is there. `None` would only say so, and the bytes would stay.
#[cfg(feature = "lean")]
#[inline(never)]
pub(super) fn clear<T>(place: &mut Option<T>) {
    // SAFETY: the place is only written to, and holds a value again before anybody else sees it. What was there is zeros, which is all
    // that its destructor could make of it.
    unsafe {
        zeroize_flat_type(place);
        core::ptr::write(place, None);
    }
}
