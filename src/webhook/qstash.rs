//! `QStash`: a JSON Web Token (RFC 7519) with HMAC-SHA256, in `upstash-signature`. It names the address and holds the hash of the body, and
//! is good from `nbf` to `exp`. No other algorithm is known here, whatever the token says.

use alloc::borrow::ToOwned as _;
use alloc::vec;
use alloc::vec::Vec;

use super::headers::{Headers, is_name, is_value};
use super::json::{Object, quote};
use super::{Covered, Draft, Signed, Unit, is_signed, mac};
use crate::error::Error;
use crate::hash::{ct_eq, hash};
use crate::mac::{Key, MAC_LEN};
use crate::text::{base64url_len, read_base64url, write_base64url};
use crate::watch::Watch;

const HEADER: &[u8] = b"upstash-signature";
const ISSUER: &[u8] = b"Upstash";
const JOSE_HEADER: &[u8] = br#"{"alg":"HS256","typ":"JWT"}"#;
/// How long a token that is made here is good, in milliseconds: as long as `QStash`'s.
const LIFETIME: u64 = 300_000;

pub fn verify(keys: &[Key], headers: &Headers, body: &[u8], url: &[u8], now: u64, watch: &mut impl Watch) -> Result<Covered, Error> {
    let token = headers.signature(HEADER)?;
    let mut parts = token.split(|c| *c == b'.');
    let (Some(header), Some(claims), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(Error::SignatureMalformed);
    };
    let mut candidate = [0; MAC_LEN];
    if !read_base64url(signature, &mut candidate) {
        return Err(Error::SignatureMalformed);
    }
    is_signed(keys, &[header, b".", claims], &[candidate], watch)?;
    watch.check("claims");
    let header = decode(header).ok_or(Error::SignatureMalformed)?;
    let header = Object::parse(&header).ok_or(Error::SignatureMalformed)?;
    // What a token calls critical and nobody here knows must not be passed over (RFC 7515, section 4.1.11).
    if header.text(b"alg") != Some(b"HS256") || header.get(b"crit").is_some() {
        return Err(Error::SignatureMalformed);
    }
    let claims = decode(claims).ok_or(Error::SignatureMalformed)?;
    let claimed = check(&Object::parse(&claims).ok_or(Error::SignatureMalformed)?, body, url, now)?;
    watch.found(|| "the token is for this address and this body".to_owned());
    Ok(claimed)
}

fn check(claims: &Object, body: &[u8], url: &[u8], now: u64) -> Result<Covered, Error> {
    let time = |name| claims.number(name).and_then(|digits| Unit::Seconds.read(digits)).ok_or(Error::SignatureMalformed);
    let id = claims.text(b"jti").filter(|id| is_name(id)).ok_or(Error::SignatureMalformed)?;
    let (issued, from, until) = (time(b"iat")?, time(b"nbf")?, time(b"exp")?);
    let digest = claims.text(b"body").ok_or(Error::SignatureMalformed)?;
    // QStash writes the padding, others leave it out; no bit depends on it.
    let digest = digest.strip_suffix(b"=").unwrap_or(digest);
    if claims.text(b"iss") != Some(ISSUER) || claims.text(b"sub") != Some(url) || !bool::from(ct_eq(digest, &encode(&hash(body)))) {
        return Err(Error::SignatureInvalid);
    }
    if now >= until {
        return Err(Error::Expired);
    }
    // `iat` and the tolerance are for clocks that differ; a token for later says so in `nbf`.
    if from > issued && now < from {
        return Err(Error::NotYetValid);
    }
    Ok((Some(id.to_vec()), Some(issued)))
}

pub fn sign<'p>(keys: &[Key], draft: &Draft) -> Result<Vec<Signed<'p>>, Error> {
    if !is_name(draft.id) || draft.url.is_empty() || !is_value(draft.url) {
        return Err(Error::HeaderInvalid);
    }
    let issued = Unit::Seconds.write(draft.timestamp);
    let digest = encode(&hash(draft.body));
    let claims = [
        [b"{\"iss\":", quote(ISSUER).as_slice(), b",\"sub\":", &quote(draft.url)].concat(),
        [b",\"exp\":", Unit::Seconds.write(draft.timestamp + LIFETIME).as_slice(), b",\"nbf\":", &issued, b",\"iat\":", &issued].concat(),
        [b",\"jti\":", quote(draft.id).as_slice(), b",\"body\":\"", &digest, b"=\"}"].concat(),
    ];
    let signed = [encode(JOSE_HEADER), encode(&claims.concat())].join(b".".as_slice());
    // There are no keys only if there are no secrets, which is refused before.
    let token = keys.first().map(|key| [signed.as_slice(), b".", &encode(&mac(key, &[&signed]))].concat());
    Ok(token.map(|token| (HEADER, token)).into_iter().collect())
}

fn encode(bytes: &[u8]) -> Vec<u8> {
    let mut text = vec![0; base64url_len(bytes.len())];
    write_base64url(bytes, &mut text);
    text
}

fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = vec![0; text.len() * 3 / 4];
    read_base64url(text, &mut bytes).then_some(bytes)
}
