//! HMAC-SHA256 (RFC 2104, FIPS 180-4) with keys whose two padded blocks are hashed once.

use core::fmt;

use hmac::block_api::HmacCore;
use hmac::digest::block_api::{Buffer, FixedOutputCore as _, UpdateCore as _};
use hmac::digest::{KeyInit as _, Output};
use subtle::Choice;

pub use crate::hash::sha256;
use crate::hash::{Hash, ct_eq};

/// The length of a MAC, in bytes.
pub const MAC_LEN: usize = 32;

/// A key with its inner and outer state precomputed. Never prints its bytes; wiped when dropped.
#[derive(Clone)]
pub struct Key(HmacCore<Hash>);

impl Key {
    /// Takes a key of any length, its bytes as they are. As RFC 2104 has it, a key of over 64 bytes stands for its hash.
    #[must_use]
    #[inline(never)]
    pub fn new(bytes: &[u8]) -> Self {
        Self(HmacCore::new_from_slice(bytes).unwrap_or_else(|_| unreachable!("a key may have any length")))
    }

    /// Begins a MAC over a message given in pieces.
    #[must_use]
    #[inline(never)]
    pub fn begin(&self) -> Mac {
        Mac { core: self.0.clone(), buffer: Buffer::<HmacCore<Hash>>::default() }
    }

    /// The MAC of `message`.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; MAC_LEN] {
        let mut mac = self.begin();
        mac.add(message);
        mac.sign()
    }

    /// Whether `mac` is exactly the MAC of `message`. Takes the same time for every MAC of 32 bytes.
    #[must_use]
    pub fn verify(&self, message: &[u8], mac: &[u8]) -> bool {
        self.ct_verify(message, mac).into()
    }

    /// The same, for callers that must not branch on the answer either.
    #[must_use]
    pub fn ct_verify(&self, message: &[u8], mac: &[u8]) -> Choice {
        let mut whole = self.begin();
        whole.add(message);
        whole.ct_verify(mac)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// A MAC under way. It is the crate's `Hmac`, but can be ended
/// where it is: every move of it is a copy of two states.
pub struct Mac {
    core: HmacCore<Hash>,
    buffer: Buffer<HmacCore<Hash>>,
}

impl Clone for Mac {
    #[inline(never)]
    fn clone(&self) -> Self {
        Self { core: self.core.clone(), buffer: self.buffer.clone() }
    }
}

impl Mac {
    /// Adds a piece of the message. Where pieces begin and end makes no difference.
    #[must_use]
    pub fn update(mut self, piece: &[u8]) -> Self {
        self.add(piece);
        self
    }

    /// The same, in place.
    #[inline(never)]
    pub fn add(&mut self, piece: &[u8]) {
        self.buffer.digest_blocks(piece, |blocks| self.core.update_blocks(blocks));
    }

    /// Ends the message and returns its MAC.
    #[must_use]
    pub fn sign(mut self) -> [u8; MAC_LEN] {
        self.end()
    }

    /// The same, in place. What is added afterwards is of no message.
    #[inline(never)]
    pub fn end(&mut self) -> [u8; MAC_LEN] {
        let mut mac = Output::<HmacCore<Hash>>::default();
        self.core.finalize_fixed_core(&mut self.buffer, &mut mac);
        mac.into()
    }

    /// Ends the message and tells whether `mac` is exactly its MAC: all 32 bytes, compared in constant time.
    #[must_use]
    pub fn ct_verify(self, mac: &[u8]) -> Choice {
        ct_eq(&self.sign(), mac)
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mac(..)")
    }
}
