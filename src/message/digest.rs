//! `Content-Digest` (RFC 9530): the hash of a body, as bytes.

use alloc::vec::Vec;

use crate::hash::{ct_eq, hash};
use crate::text::to_base64;

use super::fields::{Bare, Item, Value, dictionary};

/// The field's value for a body: its SHA-256.
#[must_use]
pub fn content_digest(body: &[u8]) -> Vec<u8> {
    [b"sha-256=:", to_base64(&hash(body)).as_slice(), b":"].concat()
}

/// Whether a field states the SHA-256 of a body. It may state other hashes beside it; one that does not state this, or is not a dictionary of
/// byte sequences, is as good as a wrong one.
#[must_use]
pub fn matches(body: &[u8], field: &[u8]) -> bool {
    let members = dictionary(field).unwrap_or_default();
    let stated = members.iter().find_map(|(name, value)| match value {
        Value::Item(Item { bare: Bare::Bytes(digest), parameters, .. }) if *name == b"sha-256" && parameters.is_empty() => Some(digest),
        _ => None,
    });
    stated.is_some_and(|digest| ct_eq(&hash(body), digest).into())
}
