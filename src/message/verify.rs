//! Verifies requests and responses.

use alloc::borrow::ToOwned as _;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::base::{Message, Request, Response, field_value, signature_base};
use super::digest::{self, content_digest};
use super::signature::{Signature, SignatureFields};
use super::{BODY_COMPONENTS, DIGEST, KnownKey, REQUEST_COMPONENTS, REQUEST_TAG, RESPONSE_COMPONENTS, RESPONSE_TAG, Verified};
use crate::error::Error;
use crate::keyring::{self, KeyId};
use crate::mac::Key;
use crate::replay;
use crate::watch::{Unwatched, Watch};
use crate::window;

/// Whether a request has a signature of ours, made with a known key, at a time within the window, over all that the profile wants.
/// Whether its nonce was used before is for a store to say: it is the last check.
///
/// # Errors
/// In this order: [`Error::HeaderInvalid`] for a field that could not have been signed, [`Error::SignatureMissing`],
/// [`Error::SignatureMalformed`], [`Error::KeyUnknown`], [`Error::SignatureInvalid`], those of [`window::check`] and [`Error::Expired`] for the
/// signature's own `expires`, and [`Error::SignatureInvalid`] again for another body.
pub fn verify_request(request: Request<'_>, keys: &[KnownKey<'_>], now: u64, tolerance_ms: u32) -> Result<Verified, Error> {
    watch_request(request, keys, now, tolerance_ms, &mut Unwatched)
}

/// The same, with somebody who listens. The checks: `form`, `coverage`, `components`, `key`, `mac`, `window`, `digest`.
pub(crate) fn watch_request(
    request: Request<'_>,
    keys: &[KnownKey<'_>],
    now: u64,
    tolerance_ms: u32,
    watch: &mut impl Watch,
) -> Result<Verified, Error> {
    watch.check("form");
    let fields = SignatureFields::of(request.headers)?;
    let signature = fields.find(REQUEST_TAG)?;
    let nonce = unescaped(signature.nonce.ok_or(Error::SignatureMalformed)?);
    watch.found(|| signature.to_string());
    watch.check("coverage");
    watch.found(|| signature.coverage());
    signature.check_coverage(&REQUEST_COMPONENTS.map(str::as_bytes))?;
    verify(&Message::Request(request), &signature, nonce, keys, now, tolerance_ms, watch)
}

/// Whether a response has a signature of ours over itself and the request, made with the key that the request was signed with.
///
/// # Errors
/// Those of [`verify_request`]; also for the signature fields of the request.
pub fn verify_response(response: Response<'_>, keys: &[KnownKey<'_>], now: u64, tolerance_ms: u32) -> Result<Verified, Error> {
    watch_response(response, keys, now, tolerance_ms, &mut Unwatched)
}

/// The same, with somebody who listens. The checks: `request`, `form`, `coverage`, `same key`, `components`, `key`, `mac`, `window`, `digest`.
pub(crate) fn watch_response(
    response: Response<'_>,
    keys: &[KnownKey<'_>],
    now: u64,
    tolerance_ms: u32,
    watch: &mut impl Watch,
) -> Result<Verified, Error> {
    watch.check("request");
    let asked = SignatureFields::of(response.request.headers)?;
    let asked = asked.find(REQUEST_TAG)?;
    watch.found(|| asked.to_string());
    watch.check("form");
    let fields = SignatureFields::of(response.headers)?;
    let signature = fields.find(RESPONSE_TAG)?;
    watch.found(|| signature.to_string());
    watch.check("coverage");
    watch.found(|| signature.coverage());
    let of_request = asked.as_component();
    let covered: Vec<&[u8]> = RESPONSE_COMPONENTS.iter().map(|name| name.as_bytes()).chain([of_request.as_slice()]).collect();
    signature.check_coverage(&covered)?;
    watch.check("same key");
    watch.found(|| format!("the request was signed with key {}, the response with {}", asked.key_id, signature.key_id));
    // With another key the answer is that of somebody whom the request was not meant for.
    if signature.key_id != asked.key_id {
        return Err(Error::SignatureInvalid);
    }
    verify(&Message::Response(response), &signature, Vec::new(), keys, now, tolerance_ms, watch)
}

fn verify(
    message: &Message<'_>,
    signature: &Signature<'_>,
    nonce: Vec<u8>,
    keys: &[KnownKey<'_>],
    now: u64,
    tolerance_ms: u32,
    watch: &mut impl Watch,
) -> Result<Verified, Error> {
    watch.check("components");
    let digest = field_value(message.headers(), DIGEST.as_bytes())?;
    if !message.body().is_empty() {
        signature.check_coverage(&BODY_COMPONENTS.map(str::as_bytes))?;
    }
    let base = signature_base(message, &signature.list)?;
    watch.found(|| "all that is covered is there".to_owned());
    watch.signed(&[&base]);
    watch.check("key");
    watch.found(|| key_detail(signature.key_id, keys));
    // An unknown key id costs the same work, done with the first key.
    let (index, is_known) = keyring::ct_find(keys.iter().map(|known| known.id), &signature.key_id);
    let index = index as usize;
    let is_valid = Key::new(keys.get(index).ok_or(Error::KeyUnknown)?.key).verify(&base, &signature.mac);
    if !bool::from(is_known) {
        return Err(Error::KeyUnknown);
    }
    watch.check("mac");
    watch.found(|| format!("the signature base is {} bytes long", base.len()));
    if !is_valid {
        return Err(Error::SignatureInvalid);
    }
    watch.check("window");
    watch.found(|| {
        let expires = signature.expires.map(|expires| format!("; by its own word it expires at {expires}")).unwrap_or_default();
        window::detail(signature.created, now, tolerance_ms) + &expires
    });
    window::check(signature.created, now, tolerance_ms)?;
    if signature.expires.is_some_and(|expires| expires < now) {
        return Err(Error::Expired);
    }
    watch.check("digest");
    watch.found(|| {
        format!("the body is {} bytes long and has {}", message.body().len(), String::from_utf8_lossy(&content_digest(message.body())))
    });
    if digest.is_some_and(|field| !digest::matches(message.body(), &field)) {
        return Err(Error::SignatureInvalid);
    }
    let nonce_name = replay::http_nonce_name(&signature.key_id, &nonce);
    let keep_until = replay::keep_until(signature.created);
    Ok(Verified { index, created: signature.created, nonce, nonce_name, keep_until })
}

fn key_detail(named: KeyId, keys: &[KnownKey<'_>]) -> String {
    let known: Vec<String> = keys.iter().map(|known| known.id.to_string()).collect();
    format!("the signature names key {named}; accepted are {}", known.join(", "))
}

/// What a string stands for (RFC 8941, section 3.3.3).
pub(super) fn unescaped(written: &[u8]) -> Vec<u8> {
    let mut chars = written.iter().copied();
    core::iter::from_fn(|| chars.next().and_then(|c| if c == b'\\' { chars.next() } else { Some(c) })).collect()
}
