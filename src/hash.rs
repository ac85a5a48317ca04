//! SHA-256 (FIPS 180-4) of the crate `sha2`, compiled once.
//!
//! The crates `digest` and `hmac` are generic, and the compiler copies the whole of a hash into each place that uses it. Here it
//! goes no further than a call, which makes the lean module a tenth smaller and costs nothing beside the hash itself.

use sha2::block_api::Sha256VarCore;
use sha2::digest::block_api::{Block, BlockSizeUser, Buffer, BufferKindUser, Eager, FixedOutputCore, UpdateCore, VariableOutputCore as _};
use sha2::digest::typenum::{U32, U64};
use sha2::digest::{FixedOutput, HashMarker, Output, OutputSizeUser, Update};
use subtle::{Choice, ConstantTimeEq as _};

/// The length of a hash, in bytes.
pub const HASH_LEN: usize = 32;

/// What turns blocks into a hash.
#[derive(Clone)]
pub struct Core(Sha256VarCore);

impl Default for Core {
    fn default() -> Self {
        Self(Sha256VarCore::new(HASH_LEN).unwrap_or_else(|_| unreachable!("a hash has {HASH_LEN} bytes")))
    }
}

impl HashMarker for Core {}

impl BlockSizeUser for Core {
    type BlockSize = U64;
}

impl BufferKindUser for Core {
    type BufferKind = Eager;
}

impl OutputSizeUser for Core {
    type OutputSize = U32;
}

impl UpdateCore for Core {
    #[inline(never)]
    fn update_blocks(&mut self, blocks: &[Block<Self>]) {
        self.0.update_blocks(blocks);
    }
}

impl FixedOutputCore for Core {
    #[inline(never)]
    fn finalize_fixed_core(&mut self, buffer: &mut Buffer<Self>, out: &mut Output<Self>) {
        self.0.finalize_variable_core(buffer, out);
    }
}

sha2::digest::buffer_fixed!(
    /// A hash under way.
    pub struct Hash(Core);
    impl: Debug BlockSizeUser OutputSizeUser CoreProxy Default Clone HashMarker;
);

impl Update for Hash {
    #[inline(never)]
    fn update(&mut self, piece: &[u8]) {
        self.buffer.digest_blocks(piece, |blocks| self.core.update_blocks(blocks));
    }
}

impl FixedOutput for Hash {
    #[inline(never)]
    fn finalize_into(mut self, out: &mut Output<Self>) {
        self.core.finalize_fixed_core(&mut self.buffer, out);
    }
}

impl Hash {
    /// Adds a piece of what is hashed. Where pieces begin and end makes no difference.
    pub fn add(&mut self, piece: &[u8]) {
        self.update(piece);
    }

    /// The hash of all pieces.
    #[must_use]
    pub fn finish(self) -> [u8; HASH_LEN] {
        self.finalize_fixed().into()
    }
}

/// Whether two hashes, MACs or checksums are equal, compared in constant time. Only their lengths show.
#[inline(never)]
#[must_use]
pub fn ct_eq(one: &[u8], other: &[u8]) -> Choice {
    if one.len() != other.len() {
        return Choice::from(0);
    }
    // Eight bytes at a time, as far as there are eight.
    let ((words, bytes), (other_words, other_bytes)) = (one.as_chunks(), other.as_chunks());
    let rest = bytes.iter().zip(other_bytes).fold(0, |sum, (one, other)| sum | u64::from(one ^ other));
    let pairs = words.iter().zip(other_words);
    pairs.fold(rest, |sum, (one, other)| sum | (u64::from_le_bytes(*one) ^ u64::from_le_bytes(*other))).ct_eq(&0)
}

/// SHA-256 of some bytes.
#[inline(never)]
#[must_use]
pub fn hash(bytes: &[u8]) -> [u8; HASH_LEN] {
    sha256(&[bytes])
}

/// SHA-256 of the pieces, one after the other.
#[must_use]
pub fn sha256(pieces: &[&[u8]]) -> [u8; HASH_LEN] {
    let mut hash = Hash::default();
    for piece in pieces {
        hash.add(piece);
    }
    hash.finish()
}
