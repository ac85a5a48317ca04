//! A time and one or several signatures in one header: `t=1492774577,v1=5257a8...,v1=...`. HMAC-SHA256 over the time, a separator and
//! the body, in lower-case hexadecimal.

use alloc::vec;
use alloc::vec::Vec;

use super::headers::Headers;
use super::{Candidate, Covered, Draft, MAX_SIGNATURES, Signed, Unit, is_signed, mac};
use crate::error::Error;
use crate::mac::{Key, MAC_LEN};
use crate::text::{read_hex, to_hex};
use crate::watch::Watch;

/// How a provider writes it.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub header: &'static [u8],
    /// What stands between the pairs. Where that ends with a space, the space may be missing.
    pub between: &'static [u8],
    pub time: &'static [u8],
    pub unit: Unit,
    pub mac: &'static [u8],
    /// What stands between the time and the body, where they are signed.
    pub separator: &'static [u8],
}

pub fn verify(shape: &Shape, keys: &[Key], headers: &Headers, body: &[u8], watch: &mut impl Watch) -> Result<Covered, Error> {
    let (time, candidates) = parse(shape, headers.signature(shape.header)?)?;
    let timestamp = shape.unit.read(time).ok_or(Error::SignatureMalformed)?;
    is_signed(keys, &[time, shape.separator, body], &candidates, watch)?;
    Ok((None, Some(timestamp)))
}

pub fn sign<'p>(shape: &Shape, keys: &[Key], draft: &Draft) -> Vec<Signed<'p>> {
    let time = shape.unit.write(draft.timestamp);
    let mut value = [shape.time, b"=", &time].concat();
    for key in keys {
        let mac = mac(key, &[&time, shape.separator, draft.body]);
        value.extend([shape.between, shape.mac, b"=", &to_hex(&mac)].concat());
    }
    vec![(shape.header, value)]
}

/// The time, which is there once, and the signatures. Pairs of other names are those of other versions, and for others.
fn parse<'a>(shape: &Shape, value: &'a [u8]) -> Result<(&'a [u8], Vec<Candidate>), Error> {
    let mut time = None;
    let mut candidates = vec![];
    for (index, part) in value.split(|c| *c == shape.between[0]).enumerate() {
        let part = if index > 0 { part.strip_prefix(&shape.between[1..]).unwrap_or(part) } else { part };
        let equals = part.iter().position(|c| *c == b'=').filter(|at| *at > 0 && index <= MAX_SIGNATURES);
        let (name, text) = part.split_at(equals.ok_or(Error::SignatureMalformed)?);
        let text = &text[1..];
        if name == shape.mac {
            let mut candidate = [0; MAC_LEN];
            if !read_hex(text, &mut candidate) {
                return Err(Error::SignatureMalformed);
            }
            candidates.push(candidate);
        } else if (name == shape.time && time.replace(text).is_some()) || !name.iter().all(u8::is_ascii_alphanumeric) {
            return Err(Error::SignatureMalformed);
        }
    }
    time.filter(|_| !candidates.is_empty()).map(|time| (time, candidates)).ok_or(Error::SignatureMalformed)
}
