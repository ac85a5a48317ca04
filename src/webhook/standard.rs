//! Standard Webhooks: HMAC-SHA256 over `id.time.body`, base64 behind `v1,`, several of them apart by spaces.

use alloc::vec;
use alloc::vec::Vec;

use super::headers::{Headers, is_name};
use super::{Candidate, Covered, Draft, MAX_SIGNATURES, Signed, Unit, is_signed, mac};
use crate::error::Error;
use crate::mac::{Key, MAC_LEN};
use crate::text::{read_base64, to_base64};
use crate::watch::Watch;

/// The names of the three headers.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    pub id: &'static [u8],
    pub timestamp: &'static [u8],
    pub signature: &'static [u8],
}

pub fn verify(names: &Names, keys: &[Key], headers: &Headers, body: &[u8], watch: &mut impl Watch) -> Result<Covered, Error> {
    let signature = headers.signature(names.signature)?;
    let id = headers.required(names.id)?;
    let time = headers.required(names.timestamp)?;
    if !is_id(id) {
        return Err(Error::HeaderInvalid);
    }
    let timestamp = Unit::Seconds.read(time).ok_or(Error::HeaderInvalid)?;
    is_signed(keys, &[id, b".", time, b".", body], &parse(signature)?, watch)?;
    Ok((Some(id.to_vec()), Some(timestamp)))
}

pub fn sign<'p>(names: &Names, keys: &[Key], draft: &Draft) -> Result<Vec<Signed<'p>>, Error> {
    if !is_id(draft.id) {
        return Err(Error::HeaderInvalid);
    }
    let time = Unit::Seconds.write(draft.timestamp);
    let signatures = keys.iter().map(|key| {
        let mac = mac(key, &[draft.id, b".", &time, b".", draft.body]);
        [b"v1,".as_slice(), &to_base64(&mac)].concat()
    });
    let signatures = signatures.collect::<Vec<_>>().join(b" ".as_slice());
    Ok(vec![(names.id, draft.id.to_vec()), (names.timestamp, time), (names.signature, signatures)])
}

/// Without a full stop: what is signed would have two meanings.
fn is_id(id: &[u8]) -> bool {
    is_name(id) && !id.contains(&b'.')
}

/// The signatures of version 1. Those of other versions (`v1a` is of a public key) are for others.
fn parse(value: &[u8]) -> Result<Vec<Candidate>, Error> {
    let mut candidates = vec![];
    for (index, part) in value.split(|c| *c == b' ').enumerate() {
        let comma = part.iter().position(|c| *c == b',').filter(|at| *at > 0 && index < MAX_SIGNATURES);
        let (version, text) = part.split_at(comma.ok_or(Error::SignatureMalformed)?);
        if version != b"v1" {
            continue;
        }
        let mut candidate = [0; MAC_LEN];
        if !read_base64(&text[1..], &mut candidate) {
            return Err(Error::SignatureMalformed);
        }
        candidates.push(candidate);
    }
    if candidates.is_empty() { Err(Error::SignatureMalformed) } else { Ok(candidates) }
}
