//! Deliveries of other services.

use alloc::vec::Vec;

use wasm_bindgen::prelude::wasm_bindgen;

use super::heap::clean;
use super::{Answer, time};
use crate::hash::hash;
use crate::text::to_hex;
use crate::wasm::parts::{Packed, pairs, provider};
use crate::webhook::{self, Draft, Verified};
use crate::window;

/// Area: what describes the provider (a list of ten; empty if it has a number), the secrets (a list), the header fields (a list of names and
/// values), the address, the body. Result: whether the signature covers the id; the time of signing, 0 if there is none; how long the id is, and
/// how long the event, 0 if there is none; the id; the event; if nothing else that is covered names the delivery, SHA-256 of the body in hexadecimal.
#[wasm_bindgen]
pub fn verify_webhook(len: usize, number: u32, now_high: u32, now_low: u32, tolerance_ms: u32) -> u32 {
    clean(len, |mut input| {
        let provider = provider(number, input.next())?;
        let secrets: Vec<&[u8]> = Packed(input.next()).collect();
        let headers = pairs(input.next());
        let (url, body) = (input.next(), input.next());
        webhook::verify(&provider, &secrets, &headers, body, url, time(now_high, now_low), tolerance_ms).map(|found| describe(&found))
    })
}

fn describe(found: &Verified<'_>) -> Answer {
    let id = found.id.as_deref().unwrap_or_default();
    let event = found.event.unwrap_or_default();
    let digest = found.digest.map(|digest| to_hex(&digest)).unwrap_or_default();
    let answer = Answer::default().number(u32::from(found.covered)).time(found.timestamp.unwrap_or(0));
    answer.number(id.len() as u32).number(event.len() as u32).text(id).text(event).text(&digest)
}

/// Area: what describes the provider (a list of ten; empty if it has a number), the secrets (a list), the id and the event (empty if there is
/// none), the address, the body. Result: the header fields to send, names and values, a line each.
#[wasm_bindgen]
pub fn sign_webhook(len: usize, number: u32, time_high: u32, time_low: u32) -> u32 {
    clean(len, |mut input| {
        let provider = provider(number, input.next())?;
        let secrets: Vec<&[u8]> = Packed(input.next()).collect();
        let (id, event, url, body) = (input.next(), input.next(), input.next(), input.next());
        let headers = webhook::sign(&provider, &secrets, &Draft { id, timestamp: time(time_high, time_low), event, url, body })?;
        Ok(headers.iter().fold(Answer::default(), |answer, (name, value)| answer.pair(name, value)))
    })
}

/// Whether a time that a signed body holds is within the window. There are no inputs and there is no result.
#[wasm_bindgen]
pub fn check_webhook_time(time_high: u32, time_low: u32, now_high: u32, now_low: u32, tolerance_ms: u32) -> u32 {
    clean(0, |_| window::check(time(time_high, time_low), time(now_high, now_low), tolerance_ms).map(|()| Answer::default()))
}

/// Area: a body. Result: its SHA-256 in hexadecimal.
#[wasm_bindgen]
pub fn digest_webhook(len: usize) -> u32 {
    clean(len, |mut input| Ok(Answer::default().text(&to_hex(&hash(input.next())))))
}
