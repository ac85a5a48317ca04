//! Why HTTP messages are refused.

use wasm_bindgen::prelude::*;

use super::wiping::clean;
use super::{explained, time};
use crate::explain::{RequestParts, explain_request as why_request, explain_response as why_response};
use crate::wasm::parts::{known, pairs};

/// The checks of a request, in order, and its signature base. `keys` holds for each key its id (16 characters) and its bytes (32).
///
/// # Errors
/// Whatever serialising throws.
#[wasm_bindgen]
#[expect(clippy::too_many_arguments, reason = "a request, and what to hold it against")]
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
        let (keys, headers) = (known(keys), pairs(headers));
        let request = RequestParts { method, origin, target, headers: &headers, body };
        explained(why_request(&request, &keys, time(now), tolerance_ms))
    })
}

/// The checks of the response to a request, in order, and its signature base.
///
/// # Errors
/// Whatever serialising throws.
#[wasm_bindgen]
#[expect(clippy::too_many_arguments, reason = "a request, a response, and what to hold them against")]
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
        let (keys, request_headers, headers) = (known(keys), pairs(request_headers), pairs(headers));
        let request = RequestParts { method, origin, target, headers: &request_headers, body: b"" };
        explained(why_response(&request, status, &headers, body, &keys, time(now), tolerance_ms))
    })
}
