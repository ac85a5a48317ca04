//! The edge to JavaScript: the only place that knows `wasm-bindgen`, and the only one with `unsafe` code.

#[cfg(all(feature = "lean", not(feature = "rich")))]
mod lean;
#[cfg(feature = "rich")]
mod rich;

/// "No": a secret or a MAC that is not equal. Not an error, and not 0.
const MISMATCH: u32 = 255;

/// 0 or [`MISMATCH`]. Nothing branches on it before JavaScript does.
fn answer(equal: subtle::Choice) -> u32 {
    u32::from(equal.unwrap_u8()).wrapping_sub(1) & MISMATCH
}
