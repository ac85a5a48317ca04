//! Signs requests and responses.

use alloc::vec::Vec;

use super::base::{Message, Request, Response, field_value, signature_base};
use super::digest::content_digest;
use super::fields::{Value, dictionary, is_token_char};
use super::signature::SignatureFields;
use super::{ALGORITHM, BODY_COMPONENTS, DIGEST, Fields, KnownKey, REQUEST_COMPONENTS, REQUEST_TAG, RESPONSE_COMPONENTS, RESPONSE_TAG};
use crate::call::NONCE_LEN;
use crate::error::Error;
use crate::mac::Key;
use crate::text::{base64url_len, to_base64, to_decimal, write_base64url};
use crate::window;

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
    let parameters = [b";created=", seconds(now)?.as_slice(), b";nonce=\"", &text, b"\""].concat();
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
    sign(Message::Response(response), *known, &covered, &[b";created=", seconds(now)?.as_slice()].concat(), RESPONSE_TAG)
}

fn seconds(now: u64) -> Result<Vec<u8>, Error> {
    if now > window::MAX_TIME_MS { Err(Error::TypeInvalid) } else { Ok(to_decimal(now / 1000)) }
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

fn sign(message: Message<'_>, known: KnownKey<'_>, covered: &[&[u8]], parameters: &[u8], tag: &[u8]) -> Result<Fields, Error> {
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
    input.extend_from_slice(parameters);
    for piece in [b";keyid=\"", known.id.as_bytes().as_slice(), b"\";alg=\"", ALGORITHM, b"\";tag=\"", tag, b"\""] {
        input.extend_from_slice(piece);
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
