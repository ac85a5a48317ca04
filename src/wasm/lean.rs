//! The lean module: what guards and signs calls. No heap, no values of JavaScript: integers, and one area of memory that both
//! sides read and write.
//!
//! JavaScript writes a function's inputs into the area, one after the other in the order given in its documentation, and passes their
//! lengths. What comes back is in the result area. A function returns 0 if all is well and otherwise the number of an [`Error`] or one of
//! the answers below. Whatever was secret in the area is wiped before a function returns.
//!
//! Keys live in a fixed number of slots, found by a stamp that JavaScript never uses twice. If a slot was taken over by another key, the
//! answer is [`NOT_LOADED`], and JavaScript loads the key again: a stale handle finds no key, never another one.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::call::{Call, FunctionType, NONCE_LEN, Token};
use crate::error::Error;
use crate::hash::Hash;
use crate::keyring::{self, Admission, Derivation, ID_LEN, KeyId, Listed};
use crate::mac::{Key, Mac};
use crate::{secret, value};

use super::memory::{AREA, RESULT, Shared, area_bytes, clear, cut, put, put_number, take, trap, wipe};

/// "No": a secret or a MAC that is not equal. Not an error, and not 0.
const MISMATCH: u32 = 255;
/// The key's slot holds another key: load it again.
const NOT_LOADED: u32 = 254;
/// The key is on the keyring already.
const DUPLICATE: u32 = 253;

const SLOTS: usize = 64;
/// A keyring's entry: key id, stamp, number of the caller.
const ENTRY_LEN: usize = ID_LEN + 8;

struct Slot {
    stamp: u32,
    key: Option<Key>,
}

static KEYS: Shared<[Slot; SLOTS]> = Shared::new([const { Slot { stamp: 0, key: None } }; SLOTS]);
static HASH: Shared<Option<Hash>> = Shared::new(None);
static MAC: Shared<Option<Mac>> = Shared::new(None);
static LARGE: Shared<usize> = Shared::new(0);

/// Where the area begins.
#[wasm_bindgen]
pub fn area() -> u32 {
    AREA.0.get() as u32
}

/// Where the result area begins.
#[wasm_bindgen]
pub fn result() -> u32 {
    RESULT.0.get() as u32
}

/// Where the large area begins, which holds arguments of up to 16 MiB. The first call grows the memory, once; 0 if that is not possible.
#[wasm_bindgen]
pub fn large() -> u32 {
    const PAGE: usize = 64 * 1024;
    let large = LARGE.get();
    if *large == 0 {
        let page = core::arch::wasm32::memory_grow(0, value::MAX_LEN / PAGE);
        if page != usize::MAX {
            *large = page * PAGE;
        }
    }
    *large as u32
}

/// Area: 32 random bytes. Result: a new secret, 54 characters.
#[wasm_bindgen]
pub fn generate_secret() {
    let Some(random) = AREA.get().first_chunk_mut() else { trap() };
    put(0, &secret::generate(random));
    wipe(random);
}

/// Area: the expected secret, the candidate. 0 if they are equal.
#[wasm_bindgen]
pub fn verify_secret(expected_len: usize, candidate_len: usize) -> u32 {
    let mut area = area_bytes();
    let (expected, candidate) = (cut(&mut area, expected_len), cut(&mut area, candidate_len));
    let answer = match secret::verify(candidate, expected) {
        Ok(equal) => answer(equal),
        Err(error) => error as u32,
    };
    wipe(expected);
    wipe(candidate);
    answer
}

/// Area: a secret. Result: the digest that [`matches_digest`] takes.
#[wasm_bindgen]
pub fn digest_secret(len: usize) -> u32 {
    let secret = cut(&mut area_bytes(), len);
    let answer = match secret::digest(secret) {
        Ok(mut digest) => {
            put(0, &digest);
            wipe(&mut digest);
            0
        }
        Err(error) => error as u32,
    };
    wipe(secret);
    answer
}

/// Area: a digest of 32 bytes, the candidate. 0 if it is the secret that the digest was made of.
#[wasm_bindgen]
pub fn matches_digest(candidate_len: usize) -> u32 {
    let Some((digest, mut rest)) = AREA.get().split_first_chunk_mut() else { trap() };
    let candidate = cut(&mut rest, candidate_len);
    let equal = secret::matches(digest, candidate);
    wipe(digest);
    wipe(candidate);
    answer(equal)
}

/// Area: a secret. Result: its problems, a number whose bits are those of [`secret::Problems`].
#[wasm_bindgen]
pub fn problems(len: usize) -> u32 {
    let secret = cut(&mut area_bytes(), len);
    let bits = secret::problems(secret).bits();
    wipe(secret);
    bits
}

/// Area: a secret. Result: its fingerprint, 16 characters.
#[wasm_bindgen]
pub fn fingerprint(len: usize) -> u32 {
    let secret = cut(&mut area_bytes(), len);
    let answer = match Derivation::new(secret) {
        Ok(derivation) => {
            put(0, &derivation.fingerprint());
            0
        }
        Err(error) => error as u32,
    };
    wipe(secret);
    answer
}

/// Area: the keyring's `count` entries so far, a secret. Result: the key id (16 characters) and the key (32 bytes) that
/// follow from it for this caller, if it is not [`DUPLICATE`].
#[wasm_bindgen]
pub fn derive_key(count: usize, caller: u32, secret_len: usize) -> u32 {
    let mut area = area_bytes();
    let (entries, secret) = (cut_entries(&mut area, count), cut(&mut area, secret_len));
    let answer = match Derivation::new(secret) {
        Ok(derivation) => {
            let id = derivation.key_id();
            match keyring::admit(entries.iter().map(listed), Listed { id, caller }) {
                Ok(Admission::New) => {
                    put(0, id.as_bytes());
                    put(ID_LEN, &*derivation.call_key());
                    0
                }
                Ok(Admission::Duplicate) => DUPLICATE,
                Err(error) => error as u32,
            }
        }
        Err(error) => error as u32,
    };
    wipe(secret);
    answer
}

/// Area: a key's bytes. Makes them the key with this stamp, in place of whatever is in its slot.
#[wasm_bindgen]
pub fn load_key(stamp: u32, len: usize) {
    let bytes = cut(&mut area_bytes(), len);
    let slot = slot(stamp);
    slot.stamp = stamp;
    slot.key = Some(Key::new(bytes));
    wipe(bytes);
}

/// Forgets the key with this stamp.
#[wasm_bindgen]
pub fn free_key(stamp: u32) {
    let slot = slot(stamp);
    if slot.stamp == stamp {
        slot.stamp = 0;
        clear(&mut slot.key);
    }
}

/// Area: the message. Result: its MAC.
#[wasm_bindgen]
pub fn sign_mac(stamp: u32, len: usize) -> u32 {
    let Some(key) = key(stamp) else { return NOT_LOADED };
    put(0, &key.sign(cut(&mut area_bytes(), len)));
    0
}

/// Area: a MAC, the message. 0 if the one is the other's.
#[wasm_bindgen]
pub fn verify_mac(stamp: u32, mac_len: usize, len: usize) -> u32 {
    let Some(key) = key(stamp) else { return NOT_LOADED };
    let mut area = area_bytes();
    let (mac, message) = (cut(&mut area, mac_len), cut(&mut area, len));
    answer(key.verify(message, mac))
}

/// Begins a MAC over a message that does not fit into the area.
#[wasm_bindgen]
pub fn begin_mac(stamp: u32) -> u32 {
    let Some(key) = key(stamp) else { return NOT_LOADED };
    *MAC.get() = Some(key.begin());
    0
}

/// Area: the next piece of the message.
#[wasm_bindgen]
pub fn update_mac(len: usize) {
    if let Some(mac) = MAC.get() {
        mac.add(cut(&mut area_bytes(), len));
    }
}

/// Result: the MAC of the message. [`NOT_LOADED`] if none was begun.
#[wasm_bindgen]
pub fn end_mac() -> u32 {
    let Some(mac) = take(MAC.get()) else { return NOT_LOADED };
    put(0, &mac.sign());
    0
}

/// Area: a MAC. 0 if it is the message's. [`NOT_LOADED`] if none was begun.
#[wasm_bindgen]
pub fn end_mac_verify(mac_len: usize) -> u32 {
    let Some(mac) = take(MAC.get()) else { return NOT_LOADED };
    answer(mac.verify(cut(&mut area_bytes(), mac_len)))
}

/// Area: the next piece of a key that does not fit into the area.
#[wasm_bindgen]
pub fn hash_key(len: usize) {
    let piece = cut(&mut area_bytes(), len);
    HASH.get().get_or_insert_default().add(piece);
    wipe(piece);
}

/// Result: the hash of the key, which RFC 2104 puts in place of a key of over 64 bytes.
#[wasm_bindgen]
pub fn end_hash_key() {
    let Some(hash) = take(HASH.get()) else { trap() };
    put(0, &hash.finish());
}

/// Area: an encoded value; or it is in the large area. Result, if it is refused: the number of the [`value::Fault`], and the offset.
#[wasm_bindgen]
pub fn check_value(len: usize, in_large: bool) -> u32 {
    read_args(area_bytes(), len, in_large).map_or_else(|error| error as u32, refuse_value)
}

/// Area: key id, nonce, audience, name, encoded arguments (or they are in the large area). Result: the token; its length is the answer
/// less 256.
#[wasm_bindgen]
#[expect(clippy::too_many_arguments, reason = "integers are what crosses the boundary")]
pub fn sign_call(
    stamp: u32,
    kind: u32,
    audience_len: usize,
    name_len: usize,
    args_len: usize,
    in_large: bool,
    now_high: u32,
    now_low: u32,
) -> u32 {
    let Some(key) = key(stamp) else { return NOT_LOADED };
    let mut area = area_bytes();
    let id = KeyId::parse(cut(&mut area, ID_LEN));
    let Some(nonce) = cut(&mut area, NONCE_LEN).first_chunk::<NONCE_LEN>() else { trap() };
    let Some(id) = id else { return Error::TypeInvalid as u32 };
    let call = read_call(area, kind, audience_len, name_len, args_len, in_large);
    let call = match &call {
        Ok(call) => call,
        Err(number) => return *number,
    };
    match call.sign(key, id, u64::from(now_high) << 32 | u64::from(now_low), *nonce) {
        Ok(token) => {
            let Some(text) = RESULT.get().first_chunk_mut() else { trap() };
            256 + token.write(text) as u32
        }
        Err(error) => error as u32,
    }
}

/// Area: the keyring's entries, the token, audience, name, encoded arguments (or they are in the large area). Result: the
/// number of the key that the token names, in the order of the entries, or of the one to load; its time, high and low half; its nonce.
#[wasm_bindgen]
#[expect(clippy::too_many_arguments, reason = "integers are what crosses the boundary")]
pub fn verify_call(
    count: usize,
    token_len: usize,
    kind: u32,
    audience_len: usize,
    name_len: usize,
    args_len: usize,
    in_large: bool,
    now_high: u32,
    now_low: u32,
    tolerance_ms: u32,
) -> u32 {
    let mut area = area_bytes();
    let entries = cut_entries(&mut area, count);
    let token = cut(&mut area, token_len);
    let call = read_call(area, kind, audience_len, name_len, args_len, in_large);
    let call = match &call {
        Ok(call) => call,
        Err(number) => return *number,
    };
    let token = Token::parse(token);
    let token = match &token {
        Ok(token) => token,
        Err(error) => return *error as u32,
    };
    let found = keyring::find(entries.iter().map(|entry| listed(entry).id), &token.key_id);
    // An unknown key id costs the same work, done with the first key.
    let index = found.unwrap_or(0);
    let Some(stamp) = entries.get(index).map(stamp_of) else { return Error::KeyUnknown as u32 };
    put_number(0, index as u32);
    let Some(key) = key(stamp) else { return NOT_LOADED };
    match call.verify(token, key, found.is_some(), u64::from(now_high) << 32 | u64::from(now_low), tolerance_ms) {
        Ok(()) => {
            // The high half first.
            put(4, &token.issued_at.rotate_left(32).to_le_bytes());
            put(12, &token.nonce);
            0
        }
        Err(error) => error as u32,
    }
}

const fn answer(yes: bool) -> u32 {
    if yes { 0 } else { MISMATCH }
}

fn slot(stamp: u32) -> &'static mut Slot {
    &mut KEYS.get()[stamp as usize % SLOTS]
}

fn key(stamp: u32) -> Option<&'static Key> {
    let slot = slot(stamp);
    slot.key.as_ref().filter(|_| slot.stamp == stamp)
}

fn listed(entry: &[u8; ENTRY_LEN]) -> Listed {
    let [id @ .., _, _, _, _, a, b, c, d] = entry;
    let Some(id) = KeyId::parse(id) else { trap() };
    Listed { id, caller: u32::from_le_bytes([*a, *b, *c, *d]) }
}

fn stamp_of(entry: &[u8; ENTRY_LEN]) -> u32 {
    let [.., a, b, c, d, _, _, _, _] = *entry;
    u32::from_le_bytes([a, b, c, d])
}

fn cut_entries<'a>(area: &mut &'a mut [u8], count: usize) -> &'a [[u8; ENTRY_LEN]] {
    cut(area, count * ENTRY_LEN).as_chunks().0
}

/// The call that `area` begins with: audience, name, encoded arguments (or they are in the large area).
#[inline(never)]
fn read_call(
    mut area: &mut [u8],
    kind: u32,
    audience_len: usize,
    name_len: usize,
    args_len: usize,
    in_large: bool,
) -> Result<Call<'_>, u32> {
    let (audience, name) = (cut(&mut area, audience_len), cut(&mut area, name_len));
    let kind = FunctionType::from_number(kind).ok_or(Error::TypeInvalid as u32)?;
    let args = read_args(area, args_len, in_large).map_err(|error| error as u32)?;
    Call::new(audience, kind, name, args).map_err(|error| if error == Error::ValueUnsupported { refuse_value(args) } else { error as u32 })
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

fn read_args(mut area: &mut [u8], len: usize, in_large: bool) -> Result<&[u8], Error> {
    if !in_large {
        return Ok(cut(&mut area, len));
    }
    let large = *LARGE.get();
    if large == 0 || len > value::MAX_LEN {
        return Err(Error::ValueUnsupported);
    }
    // SAFETY: the large area is MAX_LEN bytes that were grown for it and are never given back; nothing writes to it while Rust runs.
    Ok(unsafe { core::slice::from_raw_parts(large as *const u8, len) })
}
