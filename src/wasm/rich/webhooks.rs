//! Deliveries of other services.

use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::packed::{Packed, pairs};
use super::wiping::clean;
use super::{explained, time, to_js};
use crate::error::Error;
use crate::explain;
use crate::hash::hash;
use crate::text::to_hex;
use crate::webhook::{self, Custom, Draft, Encoding, Form, Provider, Stamp, Unit, Verified};
use crate::window;

/// What a delivery says of itself, if `error` is 0.
#[derive(Default, Serialize)]
struct Delivery {
    error: u32,
    id: Option<String>,
    covered: bool,
    timestamp: Option<f64>,
    event: Option<String>,
    digest: Option<String>,
}

/// The headers to send, if `error` is 0.
#[derive(Default, Serialize)]
struct Headers {
    error: u32,
    headers: Vec<(String, String)>,
}

/// Verifies a delivery. `provider` is a number, or, if `custom` is not empty, that is what describes it.
///
/// # Errors
/// Whatever serialising throws.
#[wasm_bindgen]
#[expect(clippy::too_many_arguments, reason = "a request, the secrets and the time")]
pub fn verify_webhook(
    provider: u32,
    custom: &[u8],
    secrets: &[u8],
    headers: &[u8],
    body: &[u8],
    url: &[u8],
    now: f64,
    tolerance_ms: u32,
) -> Result<JsValue, JsValue> {
    clean(|| {
        let secrets: Vec<&[u8]> = Packed(secrets).collect();
        let found = read_provider(provider, custom)
            .and_then(|provider| webhook::verify(&provider, &secrets, &pairs(headers), body, url, time(now), tolerance_ms).map(describe));
        to_js(&found.unwrap_or_else(|error| Delivery { error: error as u32, ..Delivery::default() }))
    })
}

#[expect(clippy::cast_precision_loss, reason = "times are below 2^53")]
fn describe(found: Verified) -> Delivery {
    Delivery {
        error: 0,
        id: found.id.map(|id| text(&id)),
        covered: found.covered,
        timestamp: found.timestamp.map(|time| time as f64),
        event: found.event.map(text),
        digest: found.digest.map(|digest| text(&to_hex(&digest))),
    }
}

/// The checks of a delivery, in order, and the bytes that were signed; the number of what is wrong with a description.
///
/// # Errors
/// Whatever serialising throws.
#[wasm_bindgen]
#[expect(clippy::too_many_arguments, reason = "those of verify_webhook")]
pub fn explain_webhook(
    provider: u32,
    custom: &[u8],
    secrets: &[u8],
    headers: &[u8],
    body: &[u8],
    url: &[u8],
    now: f64,
    tolerance_ms: u32,
) -> Result<JsValue, JsValue> {
    clean(|| {
        let secrets: Vec<&[u8]> = Packed(secrets).collect();
        match read_provider(provider, custom) {
            Ok(provider) => explained(explain::explain_webhook(&provider, &secrets, &pairs(headers), body, url, time(now), tolerance_ms)),
            Err(error) => Ok(JsValue::from(error as u32)),
        }
    })
}

/// Signs a delivery. Without an id or an event these are empty.
///
/// # Errors
/// Whatever serialising throws.
#[wasm_bindgen]
#[expect(clippy::too_many_arguments, reason = "a request, the secrets and the time")]
pub fn sign_webhook(
    provider: u32,
    custom: &[u8],
    secrets: &[u8],
    id: &[u8],
    timestamp: f64,
    event: &[u8],
    url: &[u8],
    body: &[u8],
) -> Result<JsValue, JsValue> {
    clean(|| {
        let secrets: Vec<&[u8]> = Packed(secrets).collect();
        let draft = Draft { id, timestamp: time(timestamp), event, url, body };
        let signed = read_provider(provider, custom).and_then(|provider| {
            let headers = webhook::sign(&provider, &secrets, &draft)?;
            Ok(Headers { error: 0, headers: headers.iter().map(|(name, value)| (text(name), text(value))).collect() })
        });
        to_js(&signed.unwrap_or_else(|error| Headers { error: error as u32, ..Headers::default() }))
    })
}

/// 0 if a time that a signed body holds is within the window, or the number of what is wrong with it.
#[wasm_bindgen]
pub fn check_webhook_time(timestamp: f64, now: f64, tolerance_ms: u32) -> u32 {
    clean(|| window::check(time(timestamp), time(now), tolerance_ms).map_or_else(|error| error as u32, |()| 0))
}

/// SHA-256 of a body, in hexadecimal.
#[wasm_bindgen]
pub fn digest_webhook(body: &[u8]) -> String {
    clean(|| text(&to_hex(&hash(body))))
}

/// What is given to it is ASCII.
fn text(bytes: &[u8]) -> String {
    // SAFETY: the crate lets nothing else through into an id, an event or a header, and writes nothing else. A check would branch on MACs.
    unsafe { String::from_utf8_unchecked(bytes.to_vec()) }
}

fn read_provider<'a>(number: u32, custom: &'a [u8]) -> Result<Provider<'a>, Error> {
    if custom.is_empty() {
        return Provider::from_number(number).copied().ok_or(Error::TypeInvalid);
    }
    let parts: Vec<&[u8]> = Packed(custom).collect();
    let &[header, prefix, encoding, secret, stamp, unit, before, after, id, event] = parts.as_slice() else {
        return Err(Error::TypeInvalid);
    };
    let encoding = match encoding {
        b"hex" => Encoding::Hex,
        b"base64" => Encoding::Base64,
        b"base64url" => Encoding::Base64Url,
        _ => return Err(Error::TypeInvalid),
    };
    let secret = match secret {
        b"utf8" => Form::Text(b""),
        b"base64" => Form::Base64(b""),
        b"hex" => Form::Hex,
        _ => return Err(Error::TypeInvalid),
    };
    let unit = match unit {
        b"s" => Unit::Seconds,
        b"ms" => Unit::Milliseconds,
        _ => return Err(Error::TypeInvalid),
    };
    let given = |name: &'a [u8]| Some(name).filter(|name| !name.is_empty());
    let stamp = given(stamp).map(|header| Stamp { header, unit, before, after });
    Provider::custom(&Custom { header, prefix, encoding, secret, stamp, id: given(id), event: given(event) })
}
