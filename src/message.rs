//! Signed HTTP messages: RFC 9421 with `hmac-sha256`, bodies covered by RFC 9530's `Content-Digest`.
//!
//! A signature of ours has a tag, and with it a profile: what it must cover, so that nothing that matters can be changed. A request's
//! signature (`countersign`) covers method, authority, path, query and, if the body is not empty, its digest and type. A response's
//! (`countersign-response`) covers its status, digest and type, and the request it answers, up to that request's own signature. A
//! signature that covers less is none. The authority is what this side was told it is; no header says it.

mod base;
mod digest;
pub mod fields;
mod sign;
mod signature;
mod target;
mod verify;

pub use base::{Headers, Message, Request, Response, field_value, signature_base};
pub use digest::content_digest;
pub use sign::{sign_request, sign_response};
pub use target::{MAX_ORIGIN_LEN, MAX_TARGET_LEN, Origin, Target};
pub use verify::{verify_request, verify_response};
#[cfg(any(feature = "std", test))]
pub(crate) use verify::{watch_request, watch_response};

use alloc::vec::Vec;

use crate::error::Error;
use crate::keyring::KeyId;
use crate::replay::Name;

use fields::is_token_char;

/// How far a message's time may be from now, to either side, unless the caller says otherwise.
pub const DEFAULT_TOLERANCE_MS: u32 = 300_000;

/// The label of a signature that we make. One that we read may have any.
pub const LABEL: &str = "countersign";

/// The longest nonce of a request, in characters as they are written. Ours have 22; other signers have their own.
pub const MAX_NONCE_CHARS: usize = 256;

const REQUEST_TAG: &[u8] = b"countersign";
const RESPONSE_TAG: &[u8] = b"countersign-response";
const ALGORITHM: &[u8] = b"hmac-sha256";
const REQUEST_COMPONENTS: [&str; 4] = ["\"@method\"", "\"@authority\"", "\"@path\"", "\"@query\""];
const RESPONSE_COMPONENTS: [&str; 5] = ["\"@status\"", "\"@method\";req", "\"@authority\";req", "\"@path\";req", "\"@query\";req"];
const BODY_COMPONENTS: [&str; 2] = ["\"content-digest\"", "\"content-type\""];
const DIGEST: &str = "content-digest";

/// A key that signs messages, and its id.
#[derive(Clone, Copy)]
pub struct KnownKey<'a> {
    /// The id.
    pub id: KeyId,
    /// The key ([`crate::keyring::Derivation::http_key`]).
    pub key: &'a [u8],
}

/// Header fields to set on a message.
pub type Fields = Vec<(&'static str, Vec<u8>)>;

/// What a good signature says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The key it was made with, by its place among the known ones.
    pub index: usize,
    /// When it was made, in milliseconds since 1970.
    pub created: u64,
    /// What makes a request different from every other; empty for a response.
    pub nonce: Vec<u8>,
    /// The name under which a store remembers the nonce.
    pub nonce_name: Name,
    /// Until when it does, in milliseconds since 1970.
    pub keep_until: u64,
}

impl<'a> Request<'a> {
    /// A request of `method` to `target`, in origin form, at `origin`, with the body's bytes as they are sent.
    ///
    /// # Errors
    /// [`Error::TypeInvalid`] for an origin, [`Error::HeaderInvalid`] for a method, a target ([`Target::parse`]) or a header field that is none.
    pub fn new(method: &'a [u8], origin: &'a [u8], target: &'a [u8], headers: Headers<'a>, body: &'a [u8]) -> Result<Self, Error> {
        let origin = Origin::parse(origin)?;
        let is_method = !method.is_empty() && method.len() <= 64 && method.iter().all(|c| is_token_char(*c));
        let parsed = Target::parse(target)?;
        if !is_method || !base::are_headers(headers) {
            return Err(Error::HeaderInvalid);
        }
        Ok(Self { method, origin, target: parsed, raw_target: target, headers, body })
    }
}

impl<'a> Response<'a> {
    /// A response to `request`, which has the header fields that it was signed with.
    ///
    /// # Errors
    /// [`Error::TypeInvalid`] for a status that has not three digits, [`Error::HeaderInvalid`] for a header field that is none.
    pub fn new(status: u32, headers: Headers<'a>, body: &'a [u8], request: Request<'a>) -> Result<Self, Error> {
        let status = u16::try_from(status).ok().filter(|status| (100..=999).contains(status)).ok_or(Error::TypeInvalid)?;
        if !base::are_headers(headers) {
            return Err(Error::HeaderInvalid);
        }
        Ok(Self { status, headers, body, request })
    }
}

#[cfg(test)]
mod tests;
