//! Nothing is left behind: a heap that wipes what is given back, and a stack that is wiped after each exported function.

use core::alloc::{GlobalAlloc, Layout};
use core::hint::black_box;
use std::alloc::System;

/// More than any exported function has on the stack; tests/constant-time measures how much that is.
const BURN_LEN: usize = 16 * 1024;

/// The system's allocator. What is freed, or was moved to grow, is zeros before anybody else gets it.
struct Wiping;

// SAFETY: memory comes from the system's allocator and goes back to it with the layout it was asked for with. Only bytes of the block that
// is being freed are written to.
unsafe impl GlobalAlloc for Wiping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the same contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        // SAFETY: the block is the caller's, and as long as the layout says. Nobody reads it any more, which the compiler may not conclude.
        unsafe {
            start.write_bytes(0, layout.size());
            System.dealloc(black_box(start), layout);
        }
    }
    // `realloc` is that of the trait: a new block, a copy, and `dealloc` of the old one.
}

#[global_allocator]
static HEAP: Wiping = Wiping;

/// Runs an exported function. Whatever was on its stack is wiped before JavaScript goes on.
pub(super) fn clean<T>(run: impl FnOnce() -> T) -> T {
    let answer = separately(run);
    burn_stack();
    answer
}

/// A call of its own: its stack begins where that of [`burn_stack`] does, and nothing of it is on the caller's.
#[inline(never)]
fn separately<T>(run: impl FnOnce() -> T) -> T {
    run()
}

#[inline(never)]
fn burn_stack() {
    black_box(&mut [0_u8; BURN_LEN]);
}
