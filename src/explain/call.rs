//! Why a token is refused. The steps: `call`, `form`, `key`, `mac`, `window`.

use super::{Step, failed, passed};
use crate::call::{Call, Token};
use crate::error::Error;
use crate::keyring::{self, KeyId};
use crate::mac::Key;
use crate::window;

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
    let apart = window::detail(token.issued_at, now, tolerance_ms);
    match window::check(token.issued_at, now, tolerance_ms) {
        Ok(()) => steps.push(passed("window", apart)),
        Err(error) => steps.push(failed("window", error, &apart)),
    }
    steps
}

/// The bytes that a token's MAC is over, for this call: deterministic CBOR ([`crate::call`]).
///
/// # Errors
/// Those of [`Token::parse`].
pub fn signed_bytes(token: &[u8], call: &Call<'_>) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    call.write_signed(&Token::parse(token)?, &mut bytes);
    Ok(bytes)
}

fn form_detail(error: Error) -> &'static str {
    match error {
        Error::SignatureMissing => "there is no token",
        Error::VersionUnsupported => "a token of another version; this one reads cs1",
        _ => "not cs1.<16 hex digits>.<milliseconds>.<22 base64url characters>.<43 base64url characters>",
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = vec![0; 2 * bytes.len()];
    crate::text::write_hex(bytes, &mut text);
    text.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::super::verdict;
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

    #[test]
    fn the_signed_bytes_are_what_the_mac_is_over() {
        let known = known(b"q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab");
        for once in [None, Some(b"evt_1".as_slice())] {
            let call = call("m:f").unwrap().with_idempotency_key(once).unwrap();
            let token = call.sign(&known.key, known.id, NOW, [7; 16]).unwrap();
            let mut text = [0; MAX_TOKEN_LEN];
            let len = token.write(&mut text);
            let bytes = signed_bytes(&text[..len], &call).unwrap();
            let mut mac = vec![0; crate::text::base64url_len(32)];
            crate::text::write_base64url(&known.key.sign(&bytes), &mut mac);
            assert!(text[..len].ends_with(&mac));
            assert_eq!(crate::value::check(&bytes), Ok(()), "deterministic CBOR all through");
        }
        assert_eq!(signed_bytes(b"cs2.x", &call("m:f").unwrap()), Err(Error::VersionUnsupported));
    }
}
