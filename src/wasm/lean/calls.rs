//! Values and signed calls.

use crate::call::{Call, FunctionType, Token};
use crate::error::Error;
#[cfg(feature = "lean")]
use crate::keyring::{ID_LEN, KeyId, Listed};
use crate::replay::{self, NAME_LEN};
use crate::scope::{self, Listing};
use crate::value;

use super::memory::{cut, cut_array, large_bytes, put, put_number};
#[cfg(feature = "lean")]
use super::{
    NOT_LOADED,
    admit::{Given, judge},
    keys::key,
    memory::{result_text, trap},
};

/// A keyring's entry: key id, stamp, number of the caller.
#[cfg(feature = "lean")]
pub(super) const ENTRY_LEN: usize = ID_LEN + 8;

#[cfg(feature = "lean")]
exported! {
    wiped;

    /// Area: an encoded value; or it is in the large area. Result, if it is refused: the number of the [`value::Fault`], and the offset.
    fn check_value(len: usize, in_large: bool) -> u32 {
        read_args(len, in_large).map_or_else(|error| error as u32, refuse_value)
    }
}

#[cfg(feature = "lean")]
exported! {
    wiped;

    /// Area: key id, nonce, audience, name, idempotency key (none if it is empty), encoded arguments (or they are in the large area). Result:
    /// the token; its length is the answer less 256.
    #[expect(clippy::too_many_arguments, reason = "integers are what crosses the boundary")]
    fn sign_call(
        stamp: u32,
        kind: u32,
        audience_len: usize,
        name_len: usize,
        once_len: usize,
        args_len: usize,
        in_large: bool,
        now_high: u32,
        now_low: u32,
    ) -> u32 {
        let id = KeyId::parse(cut_array::<ID_LEN>());
        let nonce = cut_array();
        let call = read_call(kind, audience_len, name_len, once_len, args_len, in_large);
        let Some(key) = key(stamp) else { return NOT_LOADED };
        let Some(id) = id else { return Error::TypeInvalid as u32 };
        let call = match &call {
            Ok(call) => call,
            Err(number) => return *number,
        };
        match call.sign(key, id, u64::from(now_high) << 32 | u64::from(now_low), *nonce) {
            Ok(token) => 256 + token.write(result_text()) as u32,
            Err(error) => error as u32,
        }
    }

    /// Area: the keyring's entries, the token, audience, name, idempotency key (none if it is empty), encoded arguments (or they are in the
    /// large area). Result: the number of the key that the token names, in the order of the entries, or of the one to load; the token's time,
    /// high and low half; its nonce.
    #[expect(clippy::too_many_arguments, reason = "integers are what crosses the boundary")]
    fn verify_call(
        count: usize,
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
        let given = Given::Keyring;
        judge(given, count, token_len, kind, audience_len, name_len, once_len, args_len, in_large, now_high, now_low, tolerance_ms)
    }
}

pub(super) fn read_token(text: &[u8]) -> Result<Token, Error> {
    Token::parse(text)
}

/// Writes what a token says into the result.
pub(super) fn tell(index: u32, token: &Token) {
    put_number(0, index);
    // The high half comes first.
    put(4, &token.issued_at.rotate_left(32).to_le_bytes());
    put(12, &token.nonce);
}

/// Writes what a database remembers a call by into the result, behind that.
pub(super) fn tell_names(token: &Token, call: &Call<'_>) {
    put(28, &replay::keep_until(token.issued_at).rotate_left(32).to_le_bytes());
    put(36, &replay::nonce_name(token));
    if let Some(used) = replay::use_name(call) {
        put(36 + NAME_LEN, &used);
        put(36 + 2 * NAME_LEN, &replay::args_name(call));
    }
}

exported! {
    wiped;

    /// Area: a name, then a list of `count` texts, each behind its length. Whether a function with this list of callers admits the caller of
    /// this name, or a gateway with this list of functions reaches that function.
    fn check_scope(name_len: usize, count: usize, functions: bool) -> u32 {
        let name = &*cut(name_len);
        let list = (0..count).map(|_| {
            let len = *cut_array();
            &*cut(u32::from_le_bytes(len) as usize)
        });
        let listing = if functions { Listing::Functions } else { Listing::Callers };
        scope::check(listing, list, name).map_or_else(|error| error as u32, |()| 0)
    }
}

/// What is public of an entry.
#[cfg(feature = "lean")]
pub(super) fn listed(entry: &[u8; ENTRY_LEN]) -> Listed {
    let [id @ .., _, _, _, _, a, b, c, d] = entry;
    let Some(id) = KeyId::parse(id) else { trap() };
    Listed { id, caller: u32::from_le_bytes([*a, *b, *c, *d]) }
}

#[cfg(feature = "lean")]
pub(super) fn stamp_of(entry: &[u8; ENTRY_LEN]) -> u32 {
    let [.., a, b, c, d, _, _, _, _] = *entry;
    u32::from_le_bytes([a, b, c, d])
}

/// The next `count` entries.
#[cfg(feature = "lean")]
pub(super) fn cut_entries(count: usize) -> &'static [[u8; ENTRY_LEN]] {
    cut(count * ENTRY_LEN).as_chunks().0
}

/// The call that comes next: audience, name, idempotency key, encoded arguments (or they are in the large area).
#[inline(never)]
pub(super) fn read_call(
    kind: u32,
    audience_len: usize,
    name_len: usize,
    once_len: usize,
    args_len: usize,
    in_large: bool,
) -> Result<Call<'static>, u32> {
    let (audience, name, once) = (cut(audience_len), cut(name_len), cut(once_len));
    let args = read_args(args_len, in_large).map_err(|error| error as u32)?;
    let kind = FunctionType::from_number(kind).ok_or(Error::TypeInvalid as u32)?;
    Call::new(audience, kind, name, args)
        .and_then(|call| call.with_idempotency_key(Some(&*once).filter(|key| !key.is_empty())))
        .map_err(|error| if error == Error::ValueUnsupported { refuse_value(args) } else { error as u32 })
}

/// Says in the result what is wrong with a value.
fn refuse_value(args: &[u8]) -> u32 {
    match value::check(args) {
        Ok(()) => 0,
        Err(refusal) => {
            put_number(0, refusal.fault as u32);
            put_number(4, refusal.offset as u32);
            Error::ValueUnsupported as u32
        }
    }
}

fn read_args(len: usize, in_large: bool) -> Result<&'static [u8], Error> {
    if in_large { large_bytes(len).ok_or(Error::ValueUnsupported) } else { Ok(cut(len)) }
}
