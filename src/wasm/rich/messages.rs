//! Signed HTTP messages.

use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::packed::{Packed, pairs};
use super::wiping::clean;
use super::{explained, time, to_js};
use crate::call::NONCE_LEN;
use crate::error::Error;
use crate::explain::{RequestParts, explain_request as why_request, explain_response as why_response};
use crate::keyring::{ID_LEN, KEY_LEN, KeyId};
use crate::message::{self, Fields, Headers, KnownKey, Request, Response, Verified};

/// The header fields to set, if `error` is 0: names and values, a line each.
#[derive(Default, Serialize)]
struct Signed {
    error: u32,
    fields: String,
}

/// What a good signature says, if `error` is 0.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    error: u32,
    index: u32,
    created: f64,
    nonce: String,
    key: String,
    expires_at: f64,
}

/// Signs a request with the first of `keys`: for each key its id (16 characters) and its bytes (32).
///
/// # Errors
/// Whatever serialising throws.
#[wasm_bindgen]
#[expect(clippy::too_many_arguments, reason = "a request, and how to sign it")]
pub fn sign_request(
    keys: &[u8],
    method: &[u8],
    origin: &[u8],
    target: &[u8],
    headers: &[u8],
    body: &[u8],
    now: f64,
    nonce: &[u8],
    components: &[u8],
) -> Result<JsValue, JsValue> {
    clean(|| {
        let headers = pairs(headers);
        let sign = || {
            let request = Request::new(method, origin, target, &headers, body)?;
            let nonce: &[u8; NONCE_LEN] = nonce.try_into().map_err(|_| Error::TypeInvalid)?;
            let known = known(keys).next().ok_or(Error::KeyUnknown)?;
            message::sign_request(request, known, time(now), nonce, &Packed(components).collect::<Vec<_>>())
        };
        to_js(&signed(sign()))
    })
}

/// Verifies a request.
///
/// # Errors
/// Whatever serialising throws.
#[wasm_bindgen]
#[expect(clippy::too_many_arguments, reason = "a request, and what to hold it against")]
pub fn verify_request(
    keys: &[u8],
    method: &[u8],
    origin: &[u8],
    target: &[u8],
    headers: &[u8],
    body: &[u8],
    now: f64,
    tolerance_ms: u32,
) -> Result<JsValue, JsValue> {
    clean(|| {
        let headers = pairs(headers);
        let keys: Vec<KnownKey<'_>> = known(keys).collect();
        let request = Request::new(method, origin, target, &headers, body);
        to_js(&found(request.and_then(|request| message::verify_request(request, &keys, time(now), tolerance_ms))))
    })
}

/// Signs the response to a request, which comes with the header fields that it was signed with. Its body is not needed.
///
/// # Errors
/// Whatever serialising throws.
#[wasm_bindgen]
#[expect(clippy::too_many_arguments, reason = "a request, a response, and how to sign it")]
pub fn sign_response(
    keys: &[u8],
    method: &[u8],
    origin: &[u8],
    target: &[u8],
    request_headers: &[u8],
    status: u32,
    headers: &[u8],
    body: &[u8],
    now: f64,
) -> Result<JsValue, JsValue> {
    clean(|| {
        let (request_headers, headers) = (pairs(request_headers), pairs(headers));
        let keys: Vec<KnownKey<'_>> = known(keys).collect();
        let response = answer_to(method, origin, target, &request_headers, status, &headers, body);
        to_js(&signed(response.and_then(|response| message::sign_response(response, &keys, time(now)))))
    })
}

/// Verifies the response to a request.
///
/// # Errors
/// Whatever serialising throws.
#[wasm_bindgen]
#[expect(clippy::too_many_arguments, reason = "a request, a response, and what to hold them against")]
pub fn verify_response(
    keys: &[u8],
    method: &[u8],
    origin: &[u8],
    target: &[u8],
    request_headers: &[u8],
    status: u32,
    headers: &[u8],
    body: &[u8],
    now: f64,
    tolerance_ms: u32,
) -> Result<JsValue, JsValue> {
    clean(|| {
        let (request_headers, headers) = (pairs(request_headers), pairs(headers));
        let keys: Vec<KnownKey<'_>> = known(keys).collect();
        let response = answer_to(method, origin, target, &request_headers, status, &headers, body);
        to_js(&found(response.and_then(|response| message::verify_response(response, &keys, time(now), tolerance_ms))))
    })
}

/// The checks of a request, in order, and its signature base.
///
/// # Errors
/// Whatever serialising throws.
#[wasm_bindgen]
#[expect(clippy::too_many_arguments, reason = "those of verify_request")]
pub fn explain_request(
    keys: &[u8],
    method: &[u8],
    origin: &[u8],
    target: &[u8],
    headers: &[u8],
    body: &[u8],
    now: f64,
    tolerance_ms: u32,
) -> Result<JsValue, JsValue> {
    clean(|| {
        let headers = pairs(headers);
        let keys: Vec<KnownKey<'_>> = known(keys).collect();
        let request = RequestParts { method, origin, target, headers: &headers, body };
        explained(why_request(&request, &keys, time(now), tolerance_ms))
    })
}

/// The checks of the response to a request, in order, and its signature base.
///
/// # Errors
/// Whatever serialising throws.
#[wasm_bindgen]
#[expect(clippy::too_many_arguments, reason = "those of verify_response")]
pub fn explain_response(
    keys: &[u8],
    method: &[u8],
    origin: &[u8],
    target: &[u8],
    request_headers: &[u8],
    status: u32,
    headers: &[u8],
    body: &[u8],
    now: f64,
    tolerance_ms: u32,
) -> Result<JsValue, JsValue> {
    clean(|| {
        let (request_headers, headers) = (pairs(request_headers), pairs(headers));
        let keys: Vec<KnownKey<'_>> = known(keys).collect();
        let request = RequestParts { method, origin, target, headers: &request_headers, body: b"" };
        explained(why_response(&request, status, &headers, body, &keys, time(now), tolerance_ms))
    })
}

fn answer_to<'a>(
    method: &'a [u8],
    origin: &'a [u8],
    target: &'a [u8],
    request_headers: Headers<'a>,
    status: u32,
    headers: Headers<'a>,
    body: &'a [u8],
) -> Result<Response<'a>, Error> {
    Response::new(status, headers, body, Request::new(method, origin, target, request_headers, b"")?)
}

fn known(keys: &[u8]) -> impl Iterator<Item = KnownKey<'_>> {
    keys.chunks_exact(ID_LEN + KEY_LEN).filter_map(|entry| {
        let (id, key) = entry.split_at(ID_LEN);
        Some(KnownKey { id: KeyId::parse(id)?, key })
    })
}

fn signed(fields: Result<Fields, Error>) -> Signed {
    match fields {
        Err(error) => Signed { error: error as u32, ..Signed::default() },
        Ok(fields) => {
            let lines: Vec<&[u8]> = fields.iter().flat_map(|(name, value)| [name.as_bytes(), value]).collect();
            Signed { error: 0, fields: text(&lines.join(&b'\n')) }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "times are below 2^53")]
fn found(verified: Result<Verified, Error>) -> Found {
    match verified {
        Err(error) => Found { error: error as u32, ..Found::default() },
        Ok(Verified { index, created, nonce, nonce_name, keep_until }) => Found {
            error: 0,
            index: index as u32,
            created: created as f64,
            nonce: text(&nonce),
            key: text(&nonce_name),
            expires_at: keep_until as f64,
        },
    }
}

/// What is given to it is ASCII.
fn text(bytes: &[u8]) -> String {
    // SAFETY: a name, a value or a nonce that is anything else was refused before. A check would branch on the MAC.
    unsafe { String::from_utf8_unchecked(bytes.to_vec()) }
}
