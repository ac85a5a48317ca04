//! One signature in one header: HMAC-SHA256 over the body, or over a time that another header holds and the body.

use alloc::vec;
use alloc::vec::Vec;

use super::headers::Headers;
use super::{Covered, Draft, Signed, Unit, is_signed, mac};
use crate::error::Error;
use crate::mac::{Key, MAC_LEN};
use crate::text::{base64url_len, read_base64, read_base64url, read_hex, to_base64, to_hex, write_base64url};
use crate::watch::Watch;

/// How the 32 bytes are written. Each has one form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// 64 lower-case hexadecimal digits.
    Hex,
    /// Base64 with padding.
    Base64,
    /// base64url without padding.
    Base64Url,
}

/// A time that is signed with the body: `before`, the time, `after`, the body.
#[derive(Clone, Copy, Debug)]
pub struct Stamp<'a> {
    /// The header that holds it.
    pub header: &'a [u8],
    /// What it is counted in.
    pub unit: Unit,
    /// What stands before it, where it is signed.
    pub before: &'a [u8],
    /// What stands between it and the body.
    pub after: &'a [u8],
}

/// How a provider signs.
#[derive(Clone, Copy, Debug)]
pub struct Shape<'a> {
    pub header: &'a [u8],
    pub prefix: &'a [u8],
    pub encoding: Encoding,
    pub stamp: Option<Stamp<'a>>,
}

pub fn verify(shape: &Shape, keys: &[Key], headers: &Headers, body: &[u8], watch: &mut impl Watch) -> Result<Covered, Error> {
    let signature = headers.signature(shape.header)?;
    let mut candidate = [0; MAC_LEN];
    let text = signature.strip_prefix(shape.prefix).ok_or(Error::SignatureMalformed)?;
    let read = match shape.encoding {
        Encoding::Hex => read_hex(text, &mut candidate),
        Encoding::Base64 => read_base64(text, &mut candidate),
        Encoding::Base64Url => read_base64url(text, &mut candidate),
    };
    if !read {
        return Err(Error::SignatureMalformed);
    }
    let Some(stamp) = shape.stamp else { return is_signed(keys, &[body], &[candidate], watch).map(|()| (None, None)) };
    let time = headers.required(stamp.header)?;
    let timestamp = stamp.unit.read(time).ok_or(Error::HeaderInvalid)?;
    is_signed(keys, &[stamp.before, time, stamp.after, body], &[candidate], watch)?;
    Ok((None, Some(timestamp)))
}

pub fn sign<'p>(shape: &Shape<'p>, keys: &[Key], draft: &Draft) -> Vec<Signed<'p>> {
    let mut signed = vec![];
    let mut pieces = vec![draft.body];
    let time;
    if let Some(stamp) = shape.stamp {
        time = stamp.unit.write(draft.timestamp);
        pieces = vec![stamp.before, &time, stamp.after, draft.body];
        signed.push((stamp.header, time.clone()));
    }
    // There are no keys only if there are no secrets, which is refused before.
    if let Some(key) = keys.first() {
        let mac = mac(key, &pieces);
        let text = match shape.encoding {
            Encoding::Hex => to_hex(&mac),
            Encoding::Base64 => to_base64(&mac),
            Encoding::Base64Url => {
                let mut text = vec![0; base64url_len(MAC_LEN)];
                write_base64url(&mac, &mut text);
                text
            }
        };
        signed.push((shape.header, [shape.prefix, &text].concat()));
    }
    signed
}
