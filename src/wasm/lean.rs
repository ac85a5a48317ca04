//! The lean module: what guards and signs calls. No heap, no values of JavaScript: integers, and one area of memory that both
//! sides read and write.
//!
//! JavaScript writes a function's inputs into the area, one after the other in the order given in its documentation, and passes their
//! lengths. What comes back is in the result area. A function returns 0 if all is well and otherwise the number of an [`Error`] or one of
//! the answers below. Whatever was secret in the area is wiped before a function returns.
//!
//! Keys live in a fixed number of slots, found by a stamp that JavaScript never uses twice. If a slot was taken over by another key, the
//! answer is [`NOT_LOADED`], and JavaScript loads the key again: a stale handle finds no key, never another one.

use core::cell::UnsafeCell;

use sha2::{Digest as _, Sha256};
use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroize as _;

use crate::call::{Call, FunctionType, MAX_TOKEN_LEN, NONCE_LEN, Token};
use crate::error::Error;
use crate::keyring::{self, Admission, Derivation, ID_LEN, KeyId, Listed};
use crate::mac::{Key, MAC_LEN, Mac};
use crate::{secret, value};

/// "No": a secret or a MAC that is not equal. Not an error, and not 0.
const MISMATCH: u32 = 255;
/// The key's slot holds another key: load it again.
const NOT_LOADED: u32 = 254;
/// The key is on the keyring already.
const DUPLICATE: u32 = 253;

const AREA_LEN: usize = 64 * 1024;
const RESULT_LEN: usize = 128;
const SLOTS: usize = 64;
/// A keyring's entry: key id, stamp, number of the caller.
const ENTRY_LEN: usize = ID_LEN + 8;

/// Memory that JavaScript and Rust take turns to use.
struct Shared<T>(UnsafeCell<T>);

// SAFETY: a WebAssembly instance without shared memory has one thread.
unsafe impl<T> Sync for Shared<T> {}

impl<T> Shared<T> {
    const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// The value. Each exported function takes what it needs once, at its start, and no exported function calls another.
    #[expect(clippy::mut_from_ref, reason = "see the safety comment")]
    fn get(&self) -> &mut T {
        // SAFETY: one thread, no re-entry (nothing is imported that could call back), and no two references to the same value within
        // one exported function.
        unsafe { &mut *self.0.get() }
    }
}

struct Slot {
    stamp: u32,
    key: Option<Key>,
}

static AREA: Shared<[u8; AREA_LEN]> = Shared::new([0; AREA_LEN]);
static RESULT: Shared<[u8; RESULT_LEN]> = Shared::new([0; RESULT_LEN]);
static KEYS: Shared<[Slot; SLOTS]> = Shared::new([const { Slot { stamp: 0, key: None } }; SLOTS]);
static HASH: Shared<Option<Sha256>> = Shared::new(None);
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
    let area = AREA.get();
    let mut random = [0; secret::RANDOM_LEN];
    random.copy_from_slice(&area[..secret::RANDOM_LEN]);
    RESULT.get()[..secret::GENERATED_LEN].copy_from_slice(&secret::generate(&random));
    random.zeroize();
    area[..secret::RANDOM_LEN].zeroize();
}

/// Area: the expected secret, the candidate. 0 if they are equal.
#[wasm_bindgen]
pub fn verify_secret(expected_len: usize, candidate_len: usize) -> u32 {
    let area = AREA.get();
    let (expected, rest) = area.split_at(expected_len);
    let answer = match secret::verify(&rest[..candidate_len], expected) {
        Ok(equal) => answer(equal),
        Err(error) => error as u32,
    };
    area[..expected_len + candidate_len].zeroize();
    answer
}

/// Area: a secret. Result: the digest that [`matches_digest`] takes.
#[wasm_bindgen]
pub fn digest_secret(len: usize) -> u32 {
    let area = AREA.get();
    let answer = match secret::digest(&area[..len]) {
        Ok(mut digest) => {
            RESULT.get()[..32].copy_from_slice(&digest);
            digest.zeroize();
            0
        }
        Err(error) => error as u32,
    };
    area[..len].zeroize();
    answer
}

/// Area: a digest of 32 bytes, the candidate. 0 if it is the secret that the digest was made of.
#[wasm_bindgen]
pub fn matches_digest(candidate_len: usize) -> u32 {
    let area = AREA.get();
    let (digest, rest) = area.split_at(32);
    let equal = digest.try_into().is_ok_and(|digest| secret::matches(digest, &rest[..candidate_len]));
    area[..32 + candidate_len].zeroize();
    answer(equal)
}

/// Area: a secret. Result: its problems, a number whose bits are those of [`secret::Problems`].
#[wasm_bindgen]
pub fn problems(len: usize) -> u32 {
    let area = AREA.get();
    let bits = secret::problems(&area[..len]).bits();
    area[..len].zeroize();
    bits
}

/// Area: a secret. Result: its fingerprint, 16 characters.
#[wasm_bindgen]
pub fn fingerprint(len: usize) -> u32 {
    let area = AREA.get();
    let answer = match Derivation::new(&area[..len]) {
        Ok(derivation) => {
            RESULT.get()[..ID_LEN].copy_from_slice(&derivation.fingerprint());
            0
        }
        Err(error) => error as u32,
    };
    area[..len].zeroize();
    answer
}

/// Area: the keyring's `count` entries so far, a secret. Result: the key id (16 characters) and the key (32 bytes) that
/// follow from it for this caller, if it is not [`DUPLICATE`].
#[wasm_bindgen]
pub fn derive_key(count: usize, caller: u32, secret_len: usize) -> u32 {
    let area = AREA.get();
    let (entries, rest) = area.split_at_mut(count * ENTRY_LEN);
    let answer = match Derivation::new(&rest[..secret_len]) {
        Ok(derivation) => {
            match keyring::admit(entries.chunks_exact(ENTRY_LEN).filter_map(listed), Listed { id: derivation.key_id(), caller }) {
                Ok(Admission::New) => {
                    let result = RESULT.get();
                    result[..ID_LEN].copy_from_slice(derivation.key_id().as_bytes());
                    result[ID_LEN..ID_LEN + keyring::KEY_LEN].copy_from_slice(&*derivation.call_key());
                    0
                }
                Ok(Admission::Duplicate) => DUPLICATE,
                Err(error) => error as u32,
            }
        }
        Err(error) => error as u32,
    };
    rest[..secret_len].zeroize();
    answer
}

/// Area: a key's bytes. Makes them the key with this stamp, in place of whatever is in its slot.
#[wasm_bindgen]
pub fn load_key(stamp: u32, len: usize) {
    let area = AREA.get();
    let slot = slot(stamp);
    slot.stamp = stamp;
    slot.key = Some(Key::new(&area[..len]));
    area[..len].zeroize();
}

/// Forgets the key with this stamp.
#[wasm_bindgen]
pub fn free_key(stamp: u32) {
    let slot = slot(stamp);
    if slot.stamp == stamp {
        slot.stamp = 0;
        slot.key = None;
    }
}

/// Area: the message. Result: its MAC.
#[wasm_bindgen]
pub fn sign_mac(stamp: u32, len: usize) -> u32 {
    let Some(key) = key(stamp) else { return NOT_LOADED };
    RESULT.get()[..MAC_LEN].copy_from_slice(&key.sign(&AREA.get()[..len]));
    0
}

/// Area: a MAC, the message. 0 if the one is the other's.
#[wasm_bindgen]
pub fn verify_mac(stamp: u32, mac_len: usize, len: usize) -> u32 {
    let Some(key) = key(stamp) else { return NOT_LOADED };
    let (mac, message) = AREA.get().split_at(mac_len);
    answer(key.verify(&message[..len], mac))
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
        mac.add(&AREA.get()[..len]);
    }
}

/// Result: the MAC of the message. [`NOT_LOADED`] if none was begun.
#[wasm_bindgen]
pub fn end_mac() -> u32 {
    let Some(mac) = MAC.get().take() else { return NOT_LOADED };
    RESULT.get()[..MAC_LEN].copy_from_slice(&mac.sign());
    0
}

/// Area: a MAC. 0 if it is the message's. [`NOT_LOADED`] if none was begun.
#[wasm_bindgen]
pub fn end_mac_verify(mac_len: usize) -> u32 {
    let Some(mac) = MAC.get().take() else { return NOT_LOADED };
    answer(mac.verify(&AREA.get()[..mac_len]))
}

/// Area: the next piece of a key that does not fit into the area.
#[wasm_bindgen]
pub fn hash_key(len: usize) {
    let area = AREA.get();
    HASH.get().get_or_insert_with(Sha256::new).update(&area[..len]);
    area[..len].zeroize();
}

/// Result: the hash of the key, which RFC 2104 puts in place of a key of over 64 bytes.
#[wasm_bindgen]
pub fn end_hash_key() {
    let hash = HASH.get().take().unwrap_or_default();
    RESULT.get()[..32].copy_from_slice(&hash.finalize());
}

/// Area: an encoded value; or it is in the large area. Result, if it is refused: the number of the [`value::Fault`], and the offset.
#[wasm_bindgen]
pub fn check_value(len: usize, in_large: bool) -> u32 {
    let Some(args) = args(AREA.get(), len, in_large) else { return Error::ValueUnsupported as u32 };
    refuse_value(args)
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
    let mut rest: &[u8] = AREA.get();
    let (id, mut nonce) = (KeyId::parse(split(&mut rest, ID_LEN)), [0; NONCE_LEN]);
    nonce.copy_from_slice(split(&mut rest, NONCE_LEN));
    let (audience, name) = (split(&mut rest, audience_len), split(&mut rest, name_len));
    let (Some(id), Some(kind)) = (id, FunctionType::from_number(kind)) else { return Error::TypeInvalid as u32 };
    let Some(args) = args(rest, args_len, in_large) else { return Error::ValueUnsupported as u32 };
    let call = match call(audience, kind, name, args) {
        Ok(call) => call,
        Err(number) => return number,
    };
    match call.sign(key, id, u64::from(now_high) << 32 | u64::from(now_low), nonce) {
        Ok(token) => {
            let mut text = [0; MAX_TOKEN_LEN];
            let len = token.write(&mut text);
            RESULT.get()[..len].copy_from_slice(&text[..len]);
            256 + len as u32
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
    let mut rest: &[u8] = AREA.get();
    let entries = split(&mut rest, count * ENTRY_LEN);
    let (token, audience, name) = (split(&mut rest, token_len), split(&mut rest, audience_len), split(&mut rest, name_len));
    let Some(kind) = FunctionType::from_number(kind) else { return Error::TypeInvalid as u32 };
    let Some(args) = args(rest, args_len, in_large) else { return Error::ValueUnsupported as u32 };
    let call = match call(audience, kind, name, args) {
        Ok(call) => call,
        Err(number) => return number,
    };
    let token = match Token::parse(token) {
        Ok(token) => token,
        Err(error) => return error as u32,
    };
    let found = keyring::find(entries.chunks_exact(ENTRY_LEN).filter_map(|entry| listed(entry).map(|key| key.id)), &token.key_id);
    // An unknown key id costs the same work, done with the first key.
    let index = found.unwrap_or(0);
    let Some(stamp) = entries.chunks_exact(ENTRY_LEN).nth(index).and_then(|entry| number(&entry[ID_LEN..])) else {
        return Error::KeyUnknown as u32;
    };
    let result = RESULT.get();
    result[..4].copy_from_slice(&(index as u32).to_le_bytes());
    let Some(key) = key(stamp) else { return NOT_LOADED };
    match call.verify(&token, key, found.is_some(), u64::from(now_high) << 32 | u64::from(now_low), tolerance_ms) {
        Ok(()) => {
            result[4..8].copy_from_slice(&((token.issued_at >> 32) as u32).to_le_bytes());
            result[8..12].copy_from_slice(&(token.issued_at as u32).to_le_bytes());
            result[12..12 + NONCE_LEN].copy_from_slice(&token.nonce);
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

fn listed(entry: &[u8]) -> Option<Listed> {
    Some(Listed { id: KeyId::parse(&entry[..ID_LEN])?, caller: number(&entry[ID_LEN + 4..])? })
}

fn number(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

fn split<'a>(rest: &mut &'a [u8], len: usize) -> &'a [u8] {
    let (taken, left) = rest.split_at(len);
    *rest = left;
    taken
}

fn call<'a>(audience: &'a [u8], kind: FunctionType, name: &'a [u8], args: &'a [u8]) -> Result<Call<'a>, u32> {
    Call::new(audience, kind, name, args).map_err(|error| if error == Error::ValueUnsupported { refuse_value(args) } else { error as u32 })
}

/// Says in the result what is wrong with a value.
fn refuse_value(args: &[u8]) -> u32 {
    match value::check(args) {
        Ok(()) => 0,
        Err(refusal) => {
            let result = RESULT.get();
            result[..4].copy_from_slice(&(refusal.fault as u32).to_le_bytes());
            result[4..8].copy_from_slice(&(refusal.offset as u32).to_le_bytes());
            Error::ValueUnsupported as u32
        }
    }
}

fn args(rest: &[u8], len: usize, in_large: bool) -> Option<&[u8]> {
    if !in_large {
        return rest.get(..len);
    }
    let large = *LARGE.get();
    if large == 0 || len > value::MAX_LEN {
        return None;
    }
    // SAFETY: the large area is MAX_LEN bytes that were grown for it and are never given back; nothing writes to it while Rust runs.
    Some(unsafe { core::slice::from_raw_parts(large as *const u8, len) })
}

#[cfg(not(feature = "std"))]
mod bare {
    //! What the standard library would bring.
    use core::alloc::{GlobalAlloc, Layout};

    /// There is no heap. Something that asks for one gets nothing, and the call traps.
    struct NoHeap;

    // SAFETY: a null pointer says that there is no memory, which is always true here.
    unsafe impl GlobalAlloc for NoHeap {
        unsafe fn alloc(&self, _: Layout) -> *mut u8 {
            core::ptr::null_mut()
        }

        unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
    }

    #[global_allocator]
    static HEAP: NoHeap = NoHeap;

    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
        core::arch::wasm32::unreachable()
    }
}
