//! Why a token is refused, check by check, for people. Decides nothing: it shows what [`crate::call`] decides.

use crate::call::{Call, Token};
use crate::error::Error;
use crate::keyring::{self, KeyId};
use crate::mac::Key;
use crate::window;

/// One check and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "rich", derive(serde::Serialize))]
pub struct Step {
    /// What was checked: `call`, `form`, `key`, `mac` or `window`.
    pub step: &'static str,
    /// Whether it held.
    pub ok: bool,
    /// What was found; for a check that failed, beginning with the error's code. Holds no secret.
    pub detail: String,
}

/// A key as far as an explanation needs it.
#[derive(Debug)]
pub struct KnownKey {
    /// Its id.
    pub id: KeyId,
    /// The name of the caller that holds its secret.
    pub caller: String,
    /// The key.
    pub key: Key,
}

/// The checks of a token in the order in which they are made. A check that makes the following ones meaningless is the last; an unknown
/// key id or a wrong MAC is not, because a person wants to know about the clock too.
#[must_use]
pub fn explain(keys: &[KnownKey], token: &[u8], call: Result<Call<'_>, Error>, now: u64, tolerance_ms: u32) -> Vec<Step> {
    let mut steps = Vec::new();
    let call = match call {
        Ok(call) => {
            steps.push(passed("call", format!("{call}")));
            call
        }
        Err(error) => return vec![failed("call", error, "the call itself has no deterministic form")],
    };
    let token = match Token::parse(token) {
        Ok(token) => {
            steps.push(passed("form", format!("a token of version 1 with nonce {}", hex(&token.nonce))));
            token
        }
        Err(error) => {
            steps.push(failed("form", error, form_detail(error)));
            return steps;
        }
    };
    let accepted = || keys.iter().map(|known| known.id.to_string()).collect::<Vec<_>>().join(", ");
    match keyring::find(keys.iter().map(|known| known.id), &token.key_id).and_then(|index| keys.get(index)) {
        None => steps.push(failed("key", Error::KeyUnknown, &format!("the token names key {}; accepted are {}", token.key_id, accepted()))),
        Some(known) => {
            steps.push(passed("key", format!("key {} of the caller {:?}", known.id, known.caller)));
            // The window is shown on its own, so here it is as wide as its centre is right.
            match call.verify(&token, &known.key, true, token.issued_at, 0) {
                Ok(()) => steps.push(passed("mac", "the signature covers exactly this call".to_owned())),
                Err(error) => {
                    steps.push(failed(
                        "mac",
                        error,
                        "the deployment, the function, its type or its arguments are not those that were signed",
                    ));
                }
            }
        }
    }
    let apart = format!("signed at {}, now {now}, {} ms apart, {tolerance_ms} allowed", token.issued_at, token.issued_at.abs_diff(now));
    match window::check(token.issued_at, now, tolerance_ms) {
        Ok(()) => steps.push(passed("window", apart)),
        Err(error) => steps.push(failed("window", error, &apart)),
    }
    steps
}

fn form_detail(error: Error) -> &'static str {
    match error {
        Error::SignatureMissing => "there is no token",
        Error::VersionUnsupported => "a token of another version; this one reads cs1",
        _ => "not cs1.<16 hex digits>.<milliseconds>.<22 base64url characters>.<43 base64url characters>",
    }
}

fn passed(step: &'static str, detail: String) -> Step {
    Step { step, ok: true, detail }
}

fn failed(step: &'static str, error: Error, detail: &str) -> Step {
    Step { step, ok: false, detail: format!("{error}: {detail}") }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = vec![0; 2 * bytes.len()];
    crate::text::write_hex(bytes, &mut text);
    text.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{FunctionType, MAX_TOKEN_LEN};
    use crate::keyring::Derivation;

    const NOW: u64 = 1_800_000_000_000;

    fn known(secret: &[u8]) -> KnownKey {
        let derivation = Derivation::new(secret).unwrap();
        KnownKey { id: derivation.key_id(), caller: "web".into(), key: Key::new(&*derivation.call_key()) }
    }

    fn call(name: &str) -> Result<Call<'_>, Error> {
        Call::new(b"https://a.convex.cloud", FunctionType::Mutation, name.as_bytes(), &[0xa0])
    }

    fn verdict(steps: &[Step]) -> String {
        steps.iter().map(|step| format!("{}{}", if step.ok { "+" } else { "-" }, step.step)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_check_is_shown_with_what_came_of_it() {
        let (key, other) = (known(b"q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab"), known(b"another-Secret_0123456789-abcdefg"));
        let token = call("m:f").unwrap().sign(&key.key, key.id, NOW, [7; 16]).unwrap();
        let mut text = [0; MAX_TOKEN_LEN];
        let len = token.write(&mut text);
        let text = &text[..len];
        let keys = [key];
        let explain_to = |keys: &[KnownKey], token: &[u8], name, now| explain(keys, token, call(name), now, 60_000);
        assert_eq!(verdict(&explain_to(&keys, text, "m:f", NOW)), "+call +form +key +mac +window");
        assert_eq!(verdict(&explain_to(&keys, text, "m:g", NOW)), "+call +form +key -mac +window");
        assert_eq!(verdict(&explain_to(&keys, text, "m:f", NOW + 60_001)), "+call +form +key +mac -window");
        assert_eq!(verdict(&explain_to(&[other], text, "m:f", NOW)), "+call +form -key +window");
        assert_eq!(verdict(&explain_to(&keys, b"", "m:f", NOW)), "+call -form");
        assert_eq!(verdict(&explain_to(&keys, b"cs2.x", "m:f", NOW)), "+call -form");
        assert_eq!(verdict(&explain_to(&keys, text, "", NOW)), "-call");
        let expired = explain_to(&keys, text, "m:f", NOW + 60_001).pop().unwrap();
        assert_eq!(expired.detail, "expired: signed at 1800000000000, now 1800000060001, 60001 ms apart, 60000 allowed");
    }
}
