//! The edge to JavaScript: the only place that knows `wasm-bindgen`, and the only one with `unsafe` code.

#[cfg(all(feature = "guard", not(any(feature = "messages", feature = "rich"))))]
mod lean;
#[cfg(all(feature = "messages", not(feature = "rich")))]
mod messages;
#[cfg(any(feature = "messages", feature = "rich"))]
mod parts;
#[cfg(feature = "rich")]
mod rich;

/// "No": a secret or a MAC that is not equal. Not an error, and not 0.
#[cfg(any(feature = "lean", feature = "rich"))]
const MISMATCH: u32 = 255;

/// 0 or [`MISMATCH`]. Nothing branches on it before JavaScript does.
#[cfg(any(feature = "lean", feature = "rich"))]
fn answer(equal: subtle::Choice) -> u32 {
    u32::from(equal.unwrap_u8()).wrapping_sub(1) & MISMATCH
}
