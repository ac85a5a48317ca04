//! The memory of a call: inputs, and behind them a heap that only grows. Both are wiped when the call ends.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use core::hint::black_box;

use wasm_bindgen::prelude::wasm_bindgen;

use super::Answer;
use crate::error::Error;
use crate::wasm::parts::Packed;

const PAGE: usize = 64 * 1024;
/// More than any exported function has on the stack; tests/constant-time measures how much that is.
const BURN_LEN: usize = 8 * 1024;

/// The area, and the heap of the call that runs.
struct Arena {
    /// Where the next block goes.
    top: Cell<usize>,
    /// How far blocks have reached in this call.
    reached: Cell<usize>,
    /// Where the result ends. The answer says that as well, but which error it is depends on a secret, and no address may.
    kept: Cell<usize>,
}

// SAFETY: a WebAssembly instance without shared memory has one thread.
unsafe impl Sync for Arena {}

#[global_allocator]
static ARENA: Arena = Arena { top: Cell::new(0), reached: Cell::new(0), kept: Cell::new(0) };

impl Arena {
    /// The block from `start` to `end` is now the last one. A memory that cannot grow ends the call.
    fn reach(&self, end: usize) {
        self.top.set(end);
        if end > self.reached.get() {
            self.reached.set(end);
            hold(end);
        }
    }
}

/// Grows the memory, if it does not reach so far.
#[inline(never)]
fn hold(end: usize) {
    let pages = core::arch::wasm32::memory_size(0);
    let missing = end.div_ceil(PAGE).saturating_sub(pages);
    if missing > 0 && core::arch::wasm32::memory_grow(0, missing) == usize::MAX {
        trap();
    }
}

// SAFETY: each block lies behind all that are in use, aligned as it was asked for, in memory that is there: `reach` has grown it.
unsafe impl GlobalAlloc for Arena {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let start = self.top.get().next_multiple_of(layout.align());
        let Some(end) = start.checked_add(layout.size()) else { trap() };
        self.reach(end);
        start as *mut u8
    }

    /// Everything ends with the call. What a call can be made to ask for is bounded: by the inputs, and by how many members a structured field has.
    #[inline(always)]
    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}

    /// The last block grows where it is.
    #[inline(never)]
    unsafe fn realloc(&self, start: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if start as usize + layout.size() == self.top.get() {
            let Some(end) = (start as usize).checked_add(size) else { trap() };
            self.reach(end);
            return start;
        }
        // SAFETY: the caller keeps the contract of both; the old block is in use until it was copied.
        unsafe {
            let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            core::ptr::copy_nonoverlapping(start, moved, layout.size().min(size));
            moved
        }
    }
}

unsafe extern "C" {
    /// Where static memory ends, as the linker has it.
    static __heap_base: u8;
}

fn area_start() -> usize {
    &raw const __heap_base as usize
}

/// Where the area begins.
#[wasm_bindgen]
pub fn area() -> u32 {
    area_start() as u32
}

/// Makes the area at least so long, and some more for the heap behind it. The call traps if that is not possible.
#[wasm_bindgen]
pub fn reserve(len: usize) {
    let Some(end) = area_start().checked_add(len).and_then(|end| end.checked_add(PAGE)) else { trap() };
    hold(end);
}

/// Runs an exported function on `len` bytes of inputs. Whatever is in the area, on the heap and on its stack is wiped before JavaScript goes
/// on, but for the result.
pub(super) fn clean(len: usize, run: impl FnOnce(Input) -> Result<Answer, Error>) -> u32 {
    let answer = separately(len, run);
    wipe();
    answer
}

/// A call of its own: its stack begins where that of [`wipe`] does, and nothing of it is on the caller's.
#[inline(never)]
fn separately(len: usize, run: impl FnOnce(Input) -> Result<Answer, Error>) -> u32 {
    let start = area_start();
    let Some(end) = start.checked_add(len).filter(|end| *end <= core::arch::wasm32::memory_size(0) * PAGE) else { trap() };
    ARENA.top.set(end);
    ARENA.reached.set(end);
    // SAFETY: these bytes are in memory, and nothing writes to them before the result is: blocks lie behind them.
    let input = unsafe { core::slice::from_raw_parts(start as *const u8, len) };
    ARENA.kept.set(start);
    match run(Input(Packed(input))) {
        Err(error) => error as u32,
        Ok(Answer(result)) if result.is_empty() => 0,
        Ok(Answer(result)) => {
            // SAFETY: the result lies behind the area's beginning, so there is room for it; nobody uses the inputs any more.
            unsafe { core::ptr::copy(result.as_ptr(), start as *mut u8, result.len()) };
            ARENA.kept.set(start + result.len());
            256 + result.len() as u32
        }
    }
}

/// Leaves nothing of a function that has run as a call of its own but its result.
#[inline(never)]
fn wipe() {
    let start = ARENA.kept.get();
    let len = ARENA.reached.get().saturating_sub(start);
    // SAFETY: the memory from here to where blocks have reached was grown for them, and all of them are gone.
    black_box(unsafe { core::slice::from_raw_parts_mut(start as *mut u8, len) }).fill(0);
    black_box(&mut [0_u8; BURN_LEN]);
}

/// The inputs of a function. JavaScript counts what it writes; if it counted wrong, the call traps.
pub(super) struct Input(Packed<'static>);

impl Input {
    /// The next one.
    pub(super) fn next(&mut self) -> &'static [u8] {
        let Some(bytes) = self.0.next() else { trap() };
        bytes
    }
}

/// Ends the call. A panic would do the same, but the text it takes along would be a tenth of the module.
pub(super) fn trap() -> ! {
    core::arch::wasm32::unreachable()
}
