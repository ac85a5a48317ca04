//! Secrets: making, comparing and naming them, and the keys that follow from them.

use crate::keyring::{self, Admission, Derivation, ID_LEN, KEY_LEN, Listed};
use crate::secret;

use super::DUPLICATE;
use super::calls::{cut_entries, listed};
use super::memory::{cut, cut_array, put};
use crate::wasm::answer;

exported! {
    wiped;

    /// Area: 32 random bytes. Result: a new secret, 54 characters.
    fn generate_secret() {
        put(0, &secret::generate(cut_array()));
    }
}

exported! {
    wiped_short;

    /// Area: the expected secret, the candidate. 0 if they are equal.
    fn verify_secret(expected_len: usize, candidate_len: usize) -> u32 {
        let (expected, candidate) = (cut(expected_len), cut(candidate_len));
        secret::ct_verify(candidate, expected).map_or_else(|error| error as u32, answer)
    }

    /// Area: a secret. Result: the digest that [`matches_digest`] takes.
    fn digest_secret(len: usize) -> u32 {
        match secret::digest(cut(len)) {
            Ok(digest) => {
                put(0, &digest);
                0
            }
            Err(error) => error as u32,
        }
    }

    /// Area: a digest of 32 bytes, the candidate. 0 if it is the secret that the digest was made of.
    fn matches_digest(candidate_len: usize) -> u32 {
        let digest = cut_array();
        answer(secret::ct_matches(digest, cut(candidate_len)))
    }
}

exported! {
    wiped;

    /// Area: a secret. Result: its fingerprint, 16 characters.
    fn fingerprint(len: usize) -> u32 {
        match Derivation::new(cut(len)) {
            Ok(derivation) => {
                put(0, &derivation.fingerprint());
                0
            }
            Err(error) => error as u32,
        }
    }

    /// Area: the keyring's `count` entries so far, a secret. Result: the key id (16 characters) and the keys of calls and of HTTP messages (32
    /// bytes each) that follow from it for this caller, if it is not [`DUPLICATE`].
    fn derive_key(count: usize, caller: u32, secret_len: usize) -> u32 {
        let (entries, secret) = (cut_entries(count), cut(secret_len));
        let derivation = match Derivation::new(secret) {
            Ok(derivation) => derivation,
            Err(error) => return error as u32,
        };
        let id = derivation.key_id();
        match keyring::admit(entries.iter().map(listed), Listed { id, caller }) {
            Ok(Admission::New) => {
                put(0, id.as_bytes());
                put(ID_LEN, &derivation.call_key());
                put(ID_LEN + KEY_LEN, &derivation.http_key());
                0
            }
            Ok(Admission::Duplicate) => DUPLICATE,
            Err(error) => error as u32,
        }
    }
}
