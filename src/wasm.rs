//! The edge to JavaScript: the only place that knows `wasm-bindgen`, and the only one with `unsafe` code.

#[cfg(all(feature = "lean", not(feature = "std")))]
mod bare;
#[cfg(all(feature = "lean", not(feature = "rich")))]
mod lean;
#[cfg(all(feature = "lean", not(feature = "rich")))]
mod memory;
#[cfg(feature = "rich")]
mod rich;
