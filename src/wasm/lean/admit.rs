//! What verifying a call comes to: with the keys of a keyring, or, as a guard does it, from the secrets that it accepts to the verdict,
//! with keys that do not outlive it.

use subtle::{Choice, ConditionallySelectable as _};

use crate::error::Error;
use crate::keyring::{self, Derivation, ID_LEN, KEY_LEN, KeyId, Listed, MAX_KEYS};
use crate::mac::Key;

use super::NOT_LOADED;
use super::calls::{read_call, read_token, tell, tell_names};
use super::memory::{cut, put, put_number, trap};
#[cfg(feature = "lean")]
use super::{
    calls::{ENTRY_LEN, listed, stamp_of},
    keys::key,
};

/// How many key ids are told, for a log, and where.
const TOLD: usize = 8;
const TOLD_AT: usize = 168;

exported! {
    wiped;

    /// Area: the accepted secrets, `secrets_len` bytes of them: each behind the number of its caller and its length; then the token and the call
    /// as in `verify_call`. Result: the number of the secret that the token's key is of, and the rest as in `verify_call`; behind that, until when
    /// the nonce is kept, high and low half; its name; the names of the idempotency key and the arguments; if a secret is refused, its number.
    /// Behind all that the ids of the first eight keys.
    #[expect(clippy::too_many_arguments, reason = "integers are what crosses the boundary")]
    fn admit_call(
        secrets_len: usize,
        token_len: usize,
        kind: u32,
        audience_len: usize,
        name_len: usize,
        once_len: usize,
        args_len: usize,
        in_large: bool,
        now_high: u32,
        now_low: u32,
        tolerance_ms: u32,
    ) -> u32 {
        let given = Given::Secrets;
        judge(given, secrets_len, token_len, kind, audience_len, name_len, once_len, args_len, in_large, now_high, now_low, tolerance_ms)
    }
}

/// What a call is held against.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    /// The entries of a keyring, so many of them.
    #[cfg(feature = "lean")]
    Keyring,
    /// Secrets, so many bytes of them.
    Secrets,
}

#[inline(never)]
#[expect(clippy::too_many_arguments, reason = "see above")]
pub(super) fn judge(
    given: Given,
    len: usize,
    token_len: usize,
    kind: u32,
    audience_len: usize,
    name_len: usize,
    once_len: usize,
    args_len: usize,
    in_large: bool,
    now_high: u32,
    now_low: u32,
    tolerance_ms: u32,
) -> u32 {
    let bytes = &*cut(match given {
        #[cfg(feature = "lean")]
        Given::Keyring => len * ENTRY_LEN,
        Given::Secrets => len,
    });
    let token = read_token(cut(token_len));
    let call = read_call(kind, audience_len, name_len, once_len, args_len, in_large);
    let wanted = token.as_ref().map_or(KeyId::NONE, |token| token.key_id);
    let derived;
    // An unknown key id costs the same work, done with the first key.
    let found = match given {
        #[cfg(feature = "lean")]
        Given::Keyring => {
            let entries: &[[u8; ENTRY_LEN]] = bytes.as_chunks().0;
            let (index, known) = keyring::ct_find(entries.iter().map(|entry| listed(entry).id), &wanted);
            let Some(stamp) = entries.get(index as usize).map(stamp_of) else { return Error::KeyUnknown as u32 };
            put_number(0, index);
            Found { key: key(stamp), index, known }
        }
        Given::Secrets => {
            let (key, index, known) = match derive(Secrets(bytes), wanted) {
                Ok(found) => found,
                Err(error) => return error as u32,
            };
            derived = Key::new(&key);
            Found { key: Some(&derived), index, known }
        }
    };
    let call = match &call {
        Ok(call) => call,
        Err(number) => return *number,
    };
    let token = match &token {
        Ok(token) => token,
        Err(error) => return *error as u32,
    };
    let Some(key) = found.key else { return NOT_LOADED };
    // Nothing of this depends on whether the token is good but the answer, which tells JavaScript whether to look at the result.
    tell(found.index, token);
    // Who has a keyring remembers the nonce itself, if at all.
    if given == Given::Secrets {
        tell_names(token, call);
    }
    call.verdict(token, key, found.known, u64::from(now_high) << 32 | u64::from(now_low), tolerance_ms)
}

struct Found<'a> {
    key: Option<&'a Key>,
    index: u32,
    known: Choice,
}

/// All keys are derived, and the one that the token names is kept, or else the first: which it is shows in nothing but the result.
fn derive(secrets: Secrets, wanted: KeyId) -> Result<([u8; KEY_LEN], u32, Choice), Error> {
    let mut keys = [Listed { id: KeyId::NONE, caller: 0 }; MAX_KEYS];
    let mut count = 0;
    let (mut key, mut index, mut known) = ([0; KEY_LEN], 0, Choice::from(0));
    for (caller, secret) in secrets {
        put_number(0, count as u32);
        let derivation = Derivation::new(secret)?;
        let listed = Listed { id: derivation.key_id(), caller };
        let (before, rest) = keys.split_at_mut(count);
        // The same secret again is no harm: both stand for one caller.
        keyring::admit(before.iter().copied(), listed)?;
        if count < TOLD {
            put(TOLD_AT + count * ID_LEN, listed.id.as_bytes());
        }
        let named = listed.id.ct_eq(&wanted);
        let kept = named | Choice::from(u8::from(count == 0));
        for (place, byte) in key.iter_mut().zip(&derivation.call_key()) {
            place.conditional_assign(byte, kept);
        }
        index.conditional_assign(&(count as u32), named);
        known |= named;
        let [place, ..] = rest else { trap() };
        *place = listed;
        count += 1;
    }
    if count == 0 { Err(Error::SecretMissing) } else { Ok((key, index, known)) }
}

/// Secrets, each behind the number of its caller and its length.
struct Secrets(&'static [u8]);

impl Iterator for Secrets {
    type Item = (u32, &'static [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (caller, rest) = self.0.split_first_chunk()?;
        let (len, rest) = rest.split_first_chunk()?;
        let (secret, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
        self.0 = rest;
        Some((u32::from_le_bytes(*caller), secret))
    }
}
