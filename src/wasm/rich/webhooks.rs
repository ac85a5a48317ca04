//! Why deliveries of other services are refused.

use wasm_bindgen::prelude::*;

use super::wiping::clean;
use super::{explained, time};
use crate::explain;
use crate::wasm::parts::{Packed, pairs, provider};
use crate::window;

/// The checks of a delivery, in order, and the bytes that were signed; the number of what is wrong with a description. `number` is a provider's,
/// or, if `custom` is not empty, that is what describes it.
///
/// # Errors
/// Whatever serialising throws.
#[wasm_bindgen]
#[expect(clippy::too_many_arguments, reason = "a request, the secrets and the time")]
pub fn explain_webhook(
    number: u32,
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
        match provider(number, custom) {
            Ok(provider) => explained(explain::explain_webhook(&provider, &secrets, &pairs(headers), body, url, time(now), tolerance_ms)),
            Err(error) => Ok(JsValue::from(error as u32)),
        }
    })
}

/// 0 if a time that a signed body holds is within the window, or the number of what is wrong with it.
#[wasm_bindgen]
pub fn check_webhook_time(timestamp: f64, now: f64, tolerance_ms: u32) -> u32 {
    clean(|| window::check(time(timestamp), time(now), tolerance_ms).map_or_else(|error| error as u32, |()| 0))
}
