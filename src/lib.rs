//! Shared secrets and signed function calls between a Next.js server and a Convex backend.
//!
//! Every security decision of countersign is made in this crate, once, and both ends run the same code.
//! Nothing here reads a clock, an environment variable or randomness: they are arguments.
//!
//! | module | what it decides |
//! |---|---|
//! | [`secret`] | whether a text may be used as a secret, and whether two are equal |
//! | [`hash`] | SHA-256, compiled once |
//! | [`mac`] | HMAC-SHA256 with precomputed keys |
//! | [`keyring`] | which keys follow from a secret, and which of them a token names |
//! | [`value`] | the one sequence of bytes that stands for a Convex value |
//! | [`call`] | what a signed function call covers, and whether a token is good for it |
//! | [`replay`] | under which names, and how long, what must not happen twice is remembered |
//! | [`scope`] | which callers a function admits, and which functions a gateway reaches |
//! | `message` | whether an HTTP message was signed, and what that covers (RFC 9421) |
//! | `explain` | nothing: it shows, for people, what the others decide |
//! | `webhook` | whether a delivery of another service is signed as that service signs |
//! | `watch` | nothing: who explains a verification listens to it there |
//! | [`window`] | whether a time is near enough |
//! | `pair` | nothing: it compares two words at a time |
//! | [`text`] | hexadecimal and base64url, one form each |
//! | [`error`] | the stable codes of everything that can be refused |
//!
//! `wasm` is the only module that knows JavaScript, and the only one with `unsafe` code.
#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![deny(unsafe_code)]

#[cfg(any(feature = "alloc", test))]
extern crate alloc;

#[forbid(unsafe_code)]
pub mod call;
#[forbid(unsafe_code)]
pub mod error;
#[cfg(any(feature = "std", test))]
#[forbid(unsafe_code)]
pub mod explain;
#[forbid(unsafe_code)]
pub mod hash;
#[forbid(unsafe_code)]
pub mod keyring;
#[forbid(unsafe_code)]
pub mod mac;
#[cfg(any(feature = "alloc", test))]
#[forbid(unsafe_code)]
pub mod message;
#[forbid(unsafe_code)]
mod pair;
#[forbid(unsafe_code)]
pub mod replay;
#[forbid(unsafe_code)]
pub mod scope;
#[forbid(unsafe_code)]
pub mod secret;
#[forbid(unsafe_code)]
pub mod text;
#[forbid(unsafe_code)]
pub mod value;
#[cfg(any(feature = "alloc", test))]
#[forbid(unsafe_code)]
pub mod watch;
#[cfg(any(feature = "alloc", test))]
#[forbid(unsafe_code)]
pub mod webhook;
#[forbid(unsafe_code)]
pub mod window;

#[cfg(all(target_arch = "wasm32", any(feature = "guard", feature = "messages", feature = "rich")))]
#[allow(unsafe_code)]
mod wasm;
