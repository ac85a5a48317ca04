//! Signed HTTP messages.

use alloc::vec::Vec;

use wasm_bindgen::prelude::wasm_bindgen;

use super::heap::{Input, clean};
use super::{Answer, time};
use crate::call::NONCE_LEN;
use crate::error::Error;
use crate::message::{self, Fields, Headers, Request, Response, Verified};
use crate::wasm::parts::{Packed, known, pairs};

/// Area: the key that signs: its id (16 characters) and its bytes (32); method, origin, target, header fields (a list of names and values), the
/// body, the nonce, more components to cover (a list). Result: the header fields to set, names and values, a line each.
#[wasm_bindgen]
pub fn sign_request(len: usize, now_high: u32, now_low: u32) -> u32 {
    clean(len, |mut input| {
        let known = known(input.next());
        let parts = RequestParts::read(&mut input);
        let (body, nonce, components) = (input.next(), input.next(), input.next());
        let nonce: &[u8; NONCE_LEN] = nonce.try_into().map_err(|_| Error::TypeInvalid)?;
        let components: Vec<&[u8]> = Packed(components).collect();
        let request = parts.with_body(body)?;
        let key = known.first().ok_or(Error::KeyUnknown)?;
        message::sign_request(request, *key, time(now_high, now_low), nonce, &components).map(|fields| signed(&fields))
    })
}

/// Area: the keys that are accepted, for each its id (16 characters) and its bytes (32); method, origin, target, header fields (a list of names
/// and values), the body. Result: the number of the key that signed; when, and until when the nonce is remembered, two times; the name under which
/// it is, 43 characters; the nonce.
#[wasm_bindgen]
pub fn verify_request(len: usize, now_high: u32, now_low: u32, tolerance_ms: u32) -> u32 {
    clean(len, |mut input| {
        let keys = known(input.next());
        let parts = RequestParts::read(&mut input);
        let request = parts.with_body(input.next())?;
        message::verify_request(request, &keys, time(now_high, now_low), tolerance_ms).map(|verified| found(&verified))
    })
}

/// Area: the keys, of which the request's signs, for each its id (16 characters) and its bytes (32); of the request: method, origin, target, header
/// fields (a list of names and values) with its signature; of the response: header fields, the body. Result: as in [`sign_request`].
#[wasm_bindgen]
pub fn sign_response(len: usize, status: u32, now_high: u32, now_low: u32) -> u32 {
    clean(len, |mut input| {
        let keys = known(input.next());
        let parts = RequestParts::read(&mut input);
        let headers = pairs(input.next());
        let response = Response::new(status, &headers, input.next(), parts.with_body(b"")?)?;
        message::sign_response(response, &keys, time(now_high, now_low)).map(|fields| signed(&fields))
    })
}

/// Area: as in [`sign_response`], with the keys that are accepted. Result: as in [`verify_request`], without a nonce.
#[wasm_bindgen]
pub fn verify_response(len: usize, status: u32, now_high: u32, now_low: u32, tolerance_ms: u32) -> u32 {
    clean(len, |mut input| {
        let keys = known(input.next());
        let parts = RequestParts::read(&mut input);
        let headers = pairs(input.next());
        let response = Response::new(status, &headers, input.next(), parts.with_body(b"")?)?;
        message::verify_response(response, &keys, time(now_high, now_low), tolerance_ms).map(|verified| found(&verified))
    })
}

/// A request but for its body.
struct RequestParts<'a> {
    method: &'a [u8],
    origin: &'a [u8],
    target: &'a [u8],
    headers: Vec<(&'a [u8], &'a [u8])>,
}

impl RequestParts<'static> {
    fn read(input: &mut Input) -> Self {
        Self { method: input.next(), origin: input.next(), target: input.next(), headers: pairs(input.next()) }
    }
}

impl RequestParts<'_> {
    fn with_body<'a>(&'a self, body: &'a [u8]) -> Result<Request<'a>, Error> {
        let headers: Headers<'a> = &self.headers;
        Request::new(self.method, self.origin, self.target, headers, body)
    }
}

fn signed(fields: &Fields) -> Answer {
    fields.iter().fold(Answer::default(), |answer, (name, value)| answer.pair(name.as_bytes(), value))
}

fn found(verified: &Verified) -> Answer {
    let Verified { index, created, nonce, nonce_name, keep_until } = verified;
    Answer::default().number(*index as u32).time(*created).time(*keep_until).text(nonce_name).text(nonce)
}
