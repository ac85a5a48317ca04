//! The edge to JavaScript: the only place that knows `wasm-bindgen`, and the only one with `unsafe` code.

#[cfg(all(feature = "lean", not(feature = "rich")))]
mod lean;
#[cfg(feature = "rich")]
mod rich;
