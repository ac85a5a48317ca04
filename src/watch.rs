//! Following a verification. What verifies messages and webhooks tells a [`Watch`] which check it is at and what it sees, so that an explanation is the
//! verification itself and cannot say anything else.

use alloc::string::String;

/// Told of each check in the order in which they are made. A check has held once the next one begins, or the whole has.
pub trait Watch {
    /// A check begins.
    fn check(&mut self, step: &'static str);
    /// What the present check looks at, for people. Holds no secret. Whoever does not listen does not call `detail`.
    fn found(&mut self, detail: impl FnOnce() -> String);
    /// The bytes that the MAC is over, in pieces.
    fn signed(&mut self, pieces: &[&[u8]]);
}

/// Nobody listens.
pub struct Unwatched;

impl Watch for Unwatched {
    fn check(&mut self, _step: &'static str) {}
    fn found(&mut self, _detail: impl FnOnce() -> String) {}
    fn signed(&mut self, _pieces: &[&[u8]]) {}
}
