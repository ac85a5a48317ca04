//! The rich module: what reports and explains, where structured values are worth more than a millisecond.
//!
//! TypeScript checks every argument before it comes here: the generated glue does not. Every function runs inside [`clean`], and the heap
//! wipes what is freed, so that nothing of a secret is left when one returns.

mod messages;
mod webhooks;
mod wiping;

use js_sys::{Array, Uint8Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::call::{Call, FunctionType, MAX_TOKEN_LEN, NONCE_LEN};
use crate::error::Error;
use crate::explain::{self, Explained, KnownKey, Step};
use crate::keyring::{Derivation, ID_LEN, KEY_LEN, KeyId};
use crate::mac::Key;
use crate::{secret, value};

use self::wiping::clean;
use super::answer;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<String>,
    problems: Vec<Problem>,
}

#[derive(Serialize)]
struct Problem {
    kind: &'static str,
    code: &'static str,
    message: &'static str,
}

/// What is wrong with a secret. `unreadable` is 0, or the number of the error that says why there are no bytes to look at.
///
/// # Errors
/// Whatever serialising throws.
#[wasm_bindgen]
pub fn inspect_secret(secret: &[u8], unreadable: u32) -> Result<JsValue, JsValue> {
    clean(|| {
        let problems: Vec<Problem> = match Error::ALL.iter().find(|error| **error as u32 == unreadable) {
            Some(error) => vec![Problem { kind: "unreadable", code: error.code(), message: unreadable_message(*error) }],
            None => secret::problems(secret)
                .iter()
                .map(|found| Problem { kind: found.kind(), code: found.error().code(), message: found.message() })
                .collect(),
        };
        let key_id = Derivation::new(secret).ok().filter(|_| problems.is_empty()).map(|derivation| derivation.key_id().to_string());
        to_js(&Report { ok: problems.is_empty(), key_id, problems })
    })
}

fn unreadable_message(error: Error) -> &'static str {
    match error {
        Error::TextMalformed => "It is not well-formed Unicode: it holds half of a surrogate pair. Copy it again.",
        _ => "It is neither a text nor a Uint8Array.",
    }
}

/// The checks of a token, in order. `keys` holds for each key its id (16 characters) and its bytes (32), `callers` who holds it.
///
/// # Errors
/// Whatever serialising throws.
#[wasm_bindgen]
#[expect(clippy::too_many_arguments, reason = "the call as both sides must see it, and what to hold it against")]
pub fn explain_call(
    keys: &[u8],
    callers: &Array,
    token: &[u8],
    audience: &[u8],
    kind: u32,
    name: &[u8],
    idempotency_key: &[u8],
    args: &[u8],
    now: f64,
    tolerance_ms: u32,
) -> Result<JsValue, JsValue> {
    clean(|| {
        let known: Vec<KnownKey> = keys
            .chunks_exact(ID_LEN + KEY_LEN)
            .zip(callers.iter())
            .filter_map(|(entry, caller)| {
                let (id, key) = entry.split_at(ID_LEN);
                Some(KnownKey { id: KeyId::parse(id)?, caller: caller.as_string().unwrap_or_default(), key: Key::new(key) })
            })
            .collect();
        let call = read_call(audience, kind, name, idempotency_key, args);
        let steps: Vec<Step> = explain::explain(&known, token, call, time(now), tolerance_ms);
        to_js(&steps)
    })
}

/// The bytes that a token's MAC is over, for a call as this side sees it; nothing if one of the two is malformed.
#[wasm_bindgen]
pub fn signed_bytes(token: &[u8], audience: &[u8], kind: u32, name: &[u8], idempotency_key: &[u8], args: &[u8]) -> Option<Uint8Array> {
    clean(|| {
        let call = read_call(audience, kind, name, idempotency_key, args).ok()?;
        explain::signed_bytes(token, &call).ok().map(|bytes| Uint8Array::from(&bytes[..]))
    })
}

/// An explanation: the steps, and the bytes that were signed if it came that far.
fn explained(found: Explained) -> Result<JsValue, JsValue> {
    let signed = found.signed.map_or(JsValue::UNDEFINED, |bytes| Uint8Array::from(&bytes[..]).into());
    let pair = Array::new();
    pair.set(0, to_js(&found.steps)?);
    pair.set(1, signed);
    Ok(pair.into())
}

/// HMAC-SHA256.
#[wasm_bindgen]
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> Uint8Array {
    clean(|| Uint8Array::from(&Key::new(key).sign(message)[..]))
}

/// Whether `mac` is the message's.
#[wasm_bindgen]
pub fn verify_hmac_sha256(key: &[u8], message: &[u8], mac: &[u8]) -> bool {
    clean(|| Key::new(key).verify(message, mac))
}

/// 0 if two secrets are equal; 255 if not; otherwise the number of what is wrong with the expected one.
#[wasm_bindgen]
pub fn verify_secret(candidate: &[u8], expected: &[u8]) -> u32 {
    clean(|| secret::ct_verify(candidate, expected).map_or_else(|error| error as u32, answer))
}

/// Nothing, if the bytes are the deterministic form of a Convex value, or what is wrong with them.
#[wasm_bindgen]
pub fn check_value(bytes: &[u8]) -> Option<String> {
    clean(|| value::check(bytes).err().map(|refusal| format!("{} (byte {})", refusal.fault.message(), refusal.offset)))
}

/// Signs a call with the key of a secret.
///
/// # Errors
/// The code of what was refused.
#[wasm_bindgen]
#[expect(clippy::too_many_arguments, reason = "the call as both sides must see it, and how to sign it")]
pub fn sign_call(
    secret: &[u8],
    audience: &[u8],
    kind: u32,
    name: &[u8],
    idempotency_key: &[u8],
    args: &[u8],
    now: f64,
    nonce: &[u8],
) -> Result<String, JsValue> {
    clean(|| {
        let derivation = Derivation::new(secret).map_err(code)?;
        let nonce: [u8; NONCE_LEN] = nonce.try_into().map_err(|_| code(Error::TypeInvalid))?;
        let call = read_call(audience, kind, name, idempotency_key, args).map_err(code)?;
        let token = call.sign(&Key::new(&*derivation.call_key()), derivation.key_id(), time(now), nonce).map_err(code)?;
        let mut text = [0; MAX_TOKEN_LEN];
        let len = token.write(&mut text);
        // SAFETY: a token is ASCII. A check would branch on the key id and the MAC.
        Ok(unsafe { String::from_utf8_unchecked(text[..len].to_vec()) })
    })
}

/// A call; one without an idempotency key if that is empty.
fn read_call<'a>(audience: &'a [u8], kind: u32, name: &'a [u8], idempotency_key: &'a [u8], args: &'a [u8]) -> Result<Call<'a>, Error> {
    let kind = FunctionType::from_number(kind).ok_or(Error::TypeInvalid)?;
    Call::new(audience, kind, name, args)?.with_idempotency_key(Some(idempotency_key).filter(|key| !key.is_empty()))
}

/// Milliseconds that TypeScript has found to be a whole number from 0 to 2^53 - 1.
#[expect(clippy::cast_sign_loss, reason = "it is not negative")]
fn time(now: f64) -> u64 {
    now as u64
}

fn code(error: Error) -> JsValue {
    JsValue::from_str(error.code())
}

fn to_js(value: &impl Serialize) -> Result<JsValue, JsValue> {
    Ok(serde_wasm_bindgen::to_value(value)?)
}
