//! Signed HTTP messages: RFC 9421 with `hmac-sha256`, bodies covered by RFC 9530's `Content-Digest`.
//!
//! A signature of ours has a tag, and with it a profile: what it must cover, so that nothing that matters can be changed. A request's
//! signature (`countersign`) covers method, authority, path, query and, if the body is not empty, its digest and type. A response's
//! (`countersign-response`) covers its status, digest and type, and the request it answers, up to that request's own signature. A
//! signature that covers less is none. The authority is what this side was told it is; no header says it.

mod base;
mod digest;
pub mod fields;
mod target;

pub use base::{Headers, Message, Request, Response, field_value, signature_base};
pub use digest::content_digest;
pub use target::{MAX_ORIGIN_LEN, MAX_TARGET_LEN, Origin, Target};

use crate::call::NONCE_LEN;
use crate::error::Error;
use crate::keyring::{self, KeyId};
use crate::mac::{Key, MAC_LEN};
use crate::replay::{self, Name};
use crate::text::{base64url_len, to_base64, write_base64url};
use crate::watch::{Unwatched, Watch};
use crate::window;

use core::fmt;

use fields::{Bare, List, Value, dictionary, is_token_char, parameter};

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

/// Signs a request. `components` are names of more header fields, in lower case, or of derived components, to cover.
///
/// # Errors
/// [`Error::TypeInvalid`] for a time over [`window::MAX_TIME_MS`], and for a component that is covered anyway, named twice, or no name;
/// [`Error::HeaderInvalid`] for one that the request does not have, and for a header field that cannot be signed.
pub fn sign_request(
    request: Request<'_>,
    known: KnownKey<'_>,
    now: u64,
    nonce: &[u8; NONCE_LEN],
    components: &[&[u8]],
) -> Result<Fields, Error> {
    let mut text = [0; base64url_len(NONCE_LEN)];
    write_base64url(nonce, &mut text);
    let mut covered: Vec<&[u8]> = REQUEST_COMPONENTS.map(str::as_bytes).to_vec();
    if !request.body.is_empty() {
        covered.extend(BODY_COMPONENTS.map(str::as_bytes));
    }
    let extra: Vec<Vec<u8>> = components.iter().map(|name| extra(name).ok_or(Error::TypeInvalid)).collect::<Result<_, _>>()?;
    for component in &extra {
        if covered.contains(&component.as_slice()) {
            return Err(Error::TypeInvalid);
        }
        covered.push(component);
    }
    let parameters = format!(";created={};nonce=\"{}\"", seconds(now)?, String::from_utf8_lossy(&text));
    sign(Message::Request(request), known, &covered, &parameters, REQUEST_TAG)
}

/// Signs a response with the key that its request was signed with.
///
/// # Errors
/// [`Error::SignatureMissing`] or [`Error::SignatureMalformed`] if the request has no signature of ours, [`Error::KeyUnknown`] if its key is not
/// known; [`Error::TypeInvalid`] for a time over [`window::MAX_TIME_MS`], [`Error::HeaderInvalid`] for a header field that cannot be signed.
pub fn sign_response(response: Response<'_>, keys: &[KnownKey<'_>], now: u64) -> Result<Fields, Error> {
    let asked = SignatureFields::of(response.request.headers)?;
    let asked = asked.find(REQUEST_TAG)?;
    let known = keys.iter().find(|known| known.id == asked.key_id).ok_or(Error::KeyUnknown)?;
    let of_request = asked.as_component();
    let body: &[&str] = if response.body.is_empty() { &[] } else { &BODY_COMPONENTS };
    let names = RESPONSE_COMPONENTS[..1].iter().chain(body).chain(&RESPONSE_COMPONENTS[1..]).map(|name| name.as_bytes());
    let covered: Vec<&[u8]> = names.chain([of_request.as_slice()]).collect();
    sign(Message::Response(response), *known, &covered, &format!(";created={}", seconds(now)?), RESPONSE_TAG)
}

fn seconds(now: u64) -> Result<u64, Error> {
    if now > window::MAX_TIME_MS { Err(Error::TypeInvalid) } else { Ok(now / 1000) }
}

/// A component that is covered because somebody wants it.
fn extra(name: &[u8]) -> Option<Vec<u8>> {
    let is_name = match name {
        b"@scheme" | b"@target-uri" | b"@request-target" => true,
        b"signature" | b"signature-input" | [] => false,
        _ => name.len() <= 128 && name.iter().all(|c| is_token_char(*c) && !c.is_ascii_uppercase()),
    };
    is_name.then(|| [b"\"", name, b"\""].concat())
}

fn sign(message: Message<'_>, known: KnownKey<'_>, covered: &[&[u8]], parameters: &str, tag: &[u8]) -> Result<Fields, Error> {
    let mut fields: Fields = Vec::new();
    if !message.body().is_empty() {
        if field_value(message.headers(), b"content-type")?.is_none() {
            fields.push(("content-type", b"application/octet-stream".to_vec()));
        }
        fields.push((DIGEST, content_digest(message.body())));
    }
    let mut input = b"countersign=(".to_vec();
    input.extend_from_slice(&covered.join(b" ".as_slice()));
    input.push(b')');
    input.extend_from_slice(parameters.as_bytes());
    for (name, value) in [("keyid", known.id.as_bytes().as_slice()), ("alg", ALGORITHM), ("tag", tag)] {
        input.extend_from_slice(format!(";{name}=\"").as_bytes());
        input.extend_from_slice(value);
        input.push(b'"');
    }
    // What is signed is what the other side will read, read as it will be.
    let members = dictionary(&input).ok_or(Error::TypeInvalid)?;
    let Some((_, Value::List(list))) = members.first() else { return Err(Error::TypeInvalid) };
    let is_replaced = |name: &[u8]| fields.iter().any(|(other, _)| name.eq_ignore_ascii_case(other.as_bytes()));
    let kept = message.headers().iter().filter(|(name, _)| !is_replaced(name)).copied();
    let headers: Vec<(&[u8], &[u8])> = kept.chain(fields.iter().map(|(name, value)| (name.as_bytes(), value.as_slice()))).collect();
    let base = signature_base(&message.with_headers(&headers), list)
        // Nothing is covered twice and everything is understood, so one is not there.
        .map_err(|error| if error == Error::SignatureMalformed { Error::HeaderInvalid } else { error })?;
    let mac = Key::new(known.key).sign(&base);
    let signature = [b"countersign=:", to_base64(&mac).as_slice(), b":"].concat();
    fields.push(("signature-input", input));
    fields.push(("signature", signature));
    Ok(fields)
}

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
    watch: &mut dyn Watch,
) -> Result<Verified, Error> {
    watch.check("form");
    let fields = SignatureFields::of(request.headers)?;
    let signature = fields.find(REQUEST_TAG)?;
    let nonce = unescaped(signature.nonce.ok_or(Error::SignatureMalformed)?);
    watch.found(&|| signature.to_string());
    watch.check("coverage");
    watch.found(&|| signature.coverage());
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
    watch: &mut dyn Watch,
) -> Result<Verified, Error> {
    watch.check("request");
    let asked = SignatureFields::of(response.request.headers)?;
    let asked = asked.find(REQUEST_TAG)?;
    watch.found(&|| asked.to_string());
    watch.check("form");
    let fields = SignatureFields::of(response.headers)?;
    let signature = fields.find(RESPONSE_TAG)?;
    watch.found(&|| signature.to_string());
    watch.check("coverage");
    watch.found(&|| signature.coverage());
    let of_request = asked.as_component();
    let covered: Vec<&[u8]> = RESPONSE_COMPONENTS.iter().map(|name| name.as_bytes()).chain([of_request.as_slice()]).collect();
    signature.check_coverage(&covered)?;
    watch.check("same key");
    watch.found(&|| format!("the request was signed with key {}, the response with {}", asked.key_id, signature.key_id));
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
    watch: &mut dyn Watch,
) -> Result<Verified, Error> {
    watch.check("components");
    let digest = field_value(message.headers(), DIGEST.as_bytes())?;
    if !message.body().is_empty() {
        signature.check_coverage(&BODY_COMPONENTS.map(str::as_bytes))?;
    }
    let base = signature_base(message, &signature.list)?;
    watch.found(&|| "all that is covered is there".to_owned());
    watch.signed(&[&base]);
    watch.check("key");
    watch.found(&|| key_detail(signature.key_id, keys));
    // An unknown key id costs the same work, done with the first key.
    let (index, is_known) = keyring::ct_find(keys.iter().map(|known| known.id), &signature.key_id);
    let index = index as usize;
    let is_valid = Key::new(keys.get(index).ok_or(Error::KeyUnknown)?.key).verify(&base, &signature.mac);
    if !bool::from(is_known) {
        return Err(Error::KeyUnknown);
    }
    watch.check("mac");
    watch.found(&|| format!("the signature base is {} bytes long", base.len()));
    if !is_valid {
        return Err(Error::SignatureInvalid);
    }
    watch.check("window");
    watch.found(&|| {
        let expires = signature.expires.map(|expires| format!("; by its own word it expires at {expires}")).unwrap_or_default();
        window::detail(signature.created, now, tolerance_ms) + &expires
    });
    window::check(signature.created, now, tolerance_ms)?;
    if signature.expires.is_some_and(|expires| expires < now) {
        return Err(Error::Expired);
    }
    watch.check("digest");
    watch.found(&|| {
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

/// The two fields that carry signatures.
struct SignatureFields {
    input: Vec<u8>,
    signature: Vec<u8>,
}

impl SignatureFields {
    fn of(headers: Headers<'_>) -> Result<Self, Error> {
        let value = |name| field_value(headers, name).map(|value| value.filter(|value| !value.is_empty()));
        match (value(b"signature-input")?, value(b"signature")?) {
            (Some(input), Some(signature)) => Ok(Self { input, signature }),
            _ => Err(Error::SignatureMissing),
        }
    }

    /// The one signature with this tag. Others may be beside it: whoever passes a message on may sign it too.
    fn find(&self, tag: &[u8]) -> Result<Signature<'_>, Error> {
        let inputs = dictionary(&self.input).ok_or(Error::SignatureMalformed)?;
        let mut ours = None;
        for (label, value) in inputs {
            let Value::List(list) = value else { return Err(Error::SignatureMalformed) };
            if string(&list, "tag") == Some(tag) && ours.replace((label, list)).is_some() {
                return Err(Error::SignatureMalformed);
            }
        }
        let (label, list) = ours.ok_or(Error::SignatureMissing)?;
        let signatures = dictionary(&self.signature).ok_or(Error::SignatureMalformed)?;
        Signature::read(label, list, &signatures).ok_or(Error::SignatureMalformed)
    }
}

/// A signature of ours, taken apart. Having one says nothing about whether it is good.
struct Signature<'a> {
    label: &'a [u8],
    list: List<'a>,
    key_id: KeyId,
    created: u64,
    expires: Option<u64>,
    nonce: Option<&'a [u8]>,
    mac: [u8; MAC_LEN],
}

impl<'a> Signature<'a> {
    fn read(label: &'a [u8], list: List<'a>, signatures: &fields::Dictionary<'a>) -> Option<Self> {
        let (_, Value::Item(item)) = signatures.iter().find(|(other, _)| *other == label)? else { return None };
        let (Bare::Bytes(mac), []) = (&item.bare, item.parameters.as_slice()) else { return None };
        let mac = mac.as_slice().try_into().ok()?;
        if string(&list, "alg")? != ALGORITHM {
            return None;
        }
        let key_id = KeyId::parse(string(&list, "keyid")?)?;
        let nonce = if parameter(&list.parameters, "nonce").is_some() { Some(string(&list, "nonce")?) } else { None };
        if nonce.is_some_and(|nonce| nonce.is_empty() || nonce.len() > MAX_NONCE_CHARS) {
            return None;
        }
        let created = time(&list, "created")?;
        let expires = if parameter(&list.parameters, "expires").is_some() { Some(time(&list, "expires")?) } else { None };
        Some(Self { label, list, key_id, created, expires, nonce, mac })
    }

    /// Refuses a signature that leaves one of these out.
    fn check_coverage(&self, components: &[&[u8]]) -> Result<(), Error> {
        let covers = |component: &&[u8]| self.list.items.iter().any(|item| item.text == *component);
        if components.iter().all(covers) { Ok(()) } else { Err(Error::SignatureMalformed) }
    }

    fn coverage(&self) -> String {
        format!("covered is {}", String::from_utf8_lossy(self.list.text))
    }

    /// How the response to a message with this signature covers it.
    fn as_component(&self) -> Vec<u8> {
        [b"\"signature\";req;key=\"", self.label, b"\""].concat()
    }
}

impl fmt::Display for Signature<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = String::from_utf8_lossy(self.label);
        write!(f, "the signature labelled {label} was made with key {} at {} ms", self.key_id, self.created)
    }
}

/// A parameter that is a string, as it is written.
fn string<'a>(list: &List<'a>, name: &str) -> Option<&'a [u8]> {
    match parameter(&list.parameters, name)? {
        Bare::String(text) => Some(text),
        _ => None,
    }
}

/// A parameter that is a time in seconds, in milliseconds.
fn time(list: &List<'_>, name: &str) -> Option<u64> {
    match parameter(&list.parameters, name)? {
        Bare::Integer(seconds) => Some(u64::try_from(*seconds).ok()? * 1000),
        _ => None,
    }
}

/// What a string stands for (RFC 8941, section 3.3.3).
fn unescaped(written: &[u8]) -> Vec<u8> {
    let mut chars = written.iter().copied();
    core::iter::from_fn(|| chars.next().and_then(|c| if c == b'\\' { chars.next() } else { Some(c) })).collect()
}

#[cfg(test)]
mod tests;
