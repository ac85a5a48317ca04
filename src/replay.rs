//! What must not happen twice, as a database remembers it: nonces, and the results of calls with an idempotency key.
//!
//! A row is found by a name: SHA-256, in base64url, of a text that says what is named, and of that. So a name has one length, says nothing
//! of what it was made from to anybody who has not got that, and none of one sort is ever one of another.

use crate::call::{Call, Token};
use crate::hash::{HASH_LEN, sha256};
#[cfg(any(feature = "alloc", test))]
use crate::keyring::KeyId;
use crate::text::{base64url_len, write_base64url};
use crate::window::MAX_TOLERANCE_MS;

/// How much longer a nonce is kept than the token that carries it can be accepted, in milliseconds.
pub const GRACE_MS: u64 = 60_000;

/// The length of a name, in characters.
pub const NAME_LEN: usize = base64url_len(HASH_LEN);

/// A name: base64url without padding.
pub type Name = [u8; NAME_LEN];

/// When a nonce may be forgotten, in milliseconds since 1970. By then its token, were it sent again, is out of the widest window there is:
/// the same token may come to another gateway, or after a deployment, with a wider window than it was accepted with first.
#[must_use]
pub const fn keep_until(issued_at: u64) -> u64 {
    issued_at + MAX_TOLERANCE_MS as u64 + GRACE_MS
}

/// The name of a token's nonce: of `countersign.nonce.v1`, the key id and the nonce. Two keys that happen on one nonce have two names for it.
#[must_use]
pub fn nonce_name(token: &Token) -> Name {
    name(&[b"countersign.nonce.v1", token.key_id.as_bytes(), &token.nonce])
}

/// The name of the nonce of a signed HTTP request: of `countersign.http-nonce.v1`, the key id and the nonce's characters.
#[cfg(any(feature = "alloc", test))]
#[must_use]
pub fn http_nonce_name(key_id: &KeyId, nonce: &[u8]) -> Name {
    name(&[b"countersign.http-nonce.v1", key_id.as_bytes(), nonce])
}

/// The name of the use of an idempotency key on a function: of `countersign.idempotency.v1`, the length of the function's name (4 bytes, the
/// highest first), that name and the key. The function is a mutation: nothing else takes such a key.
#[must_use]
pub fn use_name(call: &Call<'_>) -> Option<Name> {
    let key = call.idempotency_key?;
    Some(name(&[b"countersign.idempotency.v1", &(call.name.len() as u32).to_be_bytes(), call.name, key]))
}

/// The name of a call's arguments: of `countersign.args.v1` and their encoding.
#[must_use]
pub fn args_name(call: &Call<'_>) -> Name {
    name(&[b"countersign.args.v1", call.args])
}

#[inline(never)]
fn name(pieces: &[&[u8]]) -> Name {
    let mut name = [0; NAME_LEN];
    write_base64url(&sha256(pieces), &mut name);
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{FunctionType, NONCE_LEN};
    use crate::hash::hash;
    use crate::keyring::Derivation;
    use crate::mac::Key;
    use crate::text::read_base64url;

    const SECRETS: [&[u8]; 2] = [b"q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab", b"another-Secret_0123456789-abcdefg"];
    const ARGS: &[u8] = &[0xa1, 0x61, b'x', 0xf6];

    fn call<'a>(name: &'a str, args: &'a [u8], key: &'a str) -> Call<'a> {
        let key = Some(key.as_bytes()).filter(|key| !key.is_empty());
        let call = Call::new(b"https://a.convex.cloud", FunctionType::Mutation, name.as_bytes(), args).unwrap();
        call.with_idempotency_key(key).unwrap()
    }

    fn token(secret: &[u8], nonce: [u8; NONCE_LEN]) -> Token {
        token_at(1_800_000_000_000, secret, nonce)
    }

    fn token_at(time: u64, secret: &[u8], nonce: [u8; NONCE_LEN]) -> Token {
        let derivation = Derivation::new(secret).unwrap();
        call("m:f", ARGS, "").sign(&Key::new(&*derivation.call_key()), derivation.key_id(), time, nonce).unwrap()
    }

    #[test]
    fn a_nonce_is_kept_a_minute_longer_than_its_token_lives_in_any_window() {
        assert_eq!(keep_until(1_800_000_000_000), 1_800_000_960_000);
    }

    #[test]
    fn a_nonce_is_named_by_the_key_and_itself() {
        let first = token(SECRETS[0], [7; NONCE_LEN]);
        let whole = [b"countersign.nonce.v1", first.key_id.as_bytes().as_slice(), &[7; NONCE_LEN]].concat();
        let expected = nonce_name(&first);
        assert!(read_base64url(&expected, &mut [0; HASH_LEN]));
        assert_eq!(expected, in_base64url(&hash(&whole)));
        assert_ne!(nonce_name(&token(SECRETS[1], [7; NONCE_LEN])), expected);
        assert_ne!(nonce_name(&token(SECRETS[0], [8; NONCE_LEN])), expected);
    }

    #[test]
    fn a_nonce_has_one_name_whatever_else_its_token_says() {
        let nonce = [7; NONCE_LEN];
        assert_eq!(nonce_name(&token_at(1, SECRETS[0], nonce)), nonce_name(&token(SECRETS[0], nonce)));
    }

    #[test]
    fn a_nonce_of_a_request_has_a_name_of_its_own() {
        let id = token(SECRETS[0], [7; NONCE_LEN]).key_id;
        let named = http_nonce_name(&id, b"b3k2pp5k7z");
        assert_eq!(named, in_base64url(&hash(&[b"countersign.http-nonce.v1", id.as_bytes().as_slice(), b"b3k2pp5k7z"].concat())));
        assert_ne!(http_nonce_name(&token(SECRETS[1], [7; NONCE_LEN]).key_id, b"b3k2pp5k7z"), named);
        assert_ne!(http_nonce_name(&id, b"b3k2pp5k7y"), named);
        assert_ne!(http_nonce_name(&id, &[7; NONCE_LEN]), nonce_name(&token(SECRETS[0], [7; NONCE_LEN])));
    }

    #[test]
    fn a_use_of_an_idempotency_key_is_named_by_the_function_and_the_key() {
        let used = use_name(&call("m:f", ARGS, "evt_1"));
        assert_eq!(used, Some(in_base64url(&hash(b"countersign.idempotency.v1\0\0\0\x03m:fevt_1"))));
        assert_ne!(use_name(&call("m:g", ARGS, "evt_1")), used);
        assert_ne!(use_name(&call("m:f", ARGS, "evt_2")), used);
        assert_ne!(use_name(&call("m:fe", ARGS, "vt_1")), used);
        assert_eq!(use_name(&call("m:f", &[0xa0], "evt_1")), used, "other arguments are another use of the same key");
        assert_eq!(use_name(&call("m:f", ARGS, "")), None, "a call without such a key");
    }

    #[test]
    fn arguments_are_named_by_their_encoding() {
        let named = args_name(&call("m:f", ARGS, "evt_1"));
        assert_eq!(named, in_base64url(&hash(&[b"countersign.args.v1", ARGS].concat())));
        assert_eq!(args_name(&call("m:g", ARGS, "")), named);
        assert_ne!(args_name(&call("m:f", &[0xa0], "evt_1")), named);
    }

    fn in_base64url(hash: &[u8; HASH_LEN]) -> Name {
        let mut text = [0; NAME_LEN];
        write_base64url(hash, &mut text);
        text
    }
}
