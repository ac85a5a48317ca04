//! Signed calls: what a guard answers to a token, a call, a keyring and a clock.
//!
//! The second implementation shares nothing with the crate but the words of the specification: HMAC and HKDF are those of the crate
//! `hmac-sha256`, what is signed is written by `minicbor`, the token and the names of what must not happen twice by `base64`.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign::call::{Call, FunctionType, Token};
use countersign::error::Error;
use countersign::explain::{KnownKey, explain};
use countersign::keyring::{Derivation, KeyId, find};
use countersign::mac::Key;
use countersign::replay;
use countersign::secret::generate;
use countersign::window;
use hmac_sha256::{HMAC, Hash};
use minicbor::Encoder;

use crate::choices::Choices;
use crate::secret::{derive, hex};
use crate::token::{self, Parts, written};
use crate::value::{self, is_the_form};

const MAX_TIME: u64 = 9_007_199_254_740_991;
const MAX_TOLERANCE: u32 = 900_000;
const KINDS: [FunctionType; 3] = [FunctionType::Query, FunctionType::Mutation, FunctionType::Action];

/// A key as the crate has it, and as the second implementation does.
struct Both {
    id: KeyId,
    key: Key,
    plain_id: String,
    plain_key: Vec<u8>,
}

static KEYS: LazyLock<[Both; 6]> = LazyLock::new(|| {
    std::array::from_fn(|number| {
        let secret = generate(&[number as u8 + 1; 32]);
        let derivation = Derivation::new(&secret).expect("a generated secret is usable");
        Both {
            id: derivation.key_id(),
            key: Key::new(&*derivation.call_key()),
            plain_id: hex(&derive(&secret, "key-id", 8)),
            plain_key: derive(&secret, "call", 32),
        }
    })
});

/// A call as one side sees it: any bytes.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    audience: Vec<u8>,
    kind: FunctionType,
    name: Vec<u8>,
    args: Vec<u8>,
    idempotency_key: Option<Vec<u8>>,
}

impl Seen {
    fn call(&self) -> Result<Call<'_>, Error> {
        Call::new(&self.audience, self.kind, &self.name, &self.args)?.with_idempotency_key(self.idempotency_key.as_deref())
    }

    /// What is wrong with it, by the words of the specification.
    fn fault(&self) -> Option<Error> {
        let of_text = |text: &[u8], most: usize| match text.len() {
            0 => Some(Error::TypeInvalid),
            len if len > most => Some(Error::TypeInvalid),
            _ => std::str::from_utf8(text).is_err().then_some(Error::TextMalformed),
        };
        let of_args = || (!is_the_form(&self.args)).then_some(Error::ValueUnsupported);
        let of_key = |key: &Vec<u8>| of_text(key, 256).or((self.kind != FunctionType::Mutation).then_some(Error::TypeInvalid));
        of_text(&self.audience, 1024)
            .or_else(|| of_text(&self.name, 1024))
            .or_else(of_args)
            .or_else(|| self.idempotency_key.as_ref().and_then(of_key))
    }

    /// Under which names the call is remembered: of the nonce, of the use of an idempotency key, of the arguments.
    fn names(&self, id: &str, nonce: &[u8]) -> [Option<String>; 3] {
        let name = |pieces: &[&[u8]]| URL_SAFE_NO_PAD.encode(Hash::hash(&pieces.concat()));
        let len = u32::try_from(self.name.len()).expect("a short name").to_be_bytes();
        let used = self.idempotency_key.as_ref().map(|key| name(&[b"countersign.idempotency.v1", &len, &self.name, key]));
        [Some(name(&[b"countersign.nonce.v1", id.as_bytes(), nonce])), used, Some(name(&[b"countersign.args.v1", &self.args]))]
    }

    /// The MAC over it. Only for a call without a fault.
    fn mac(&self, key: &[u8], id: &str, issued_at: u64, nonce: &[u8]) -> Vec<u8> {
        let text = |bytes| std::str::from_utf8(bytes).expect("a call without a fault");
        let kind = match self.kind {
            FunctionType::Query => "query",
            FunctionType::Mutation => "mutation",
            FunctionType::Action => "action",
        };
        let mut signed = Encoder::new(Vec::new());
        let fields = ["countersign.call.v1", id, text(&self.audience), kind, text(&self.name)];
        let once = self.idempotency_key.as_ref();
        let mut all = signed.array(if once.is_some() { 9 } else { 8 }).expect("writing to memory");
        for field in fields {
            all = all.str(field).expect("writing to memory");
        }
        all.u64(issued_at).and_then(|all| all.bytes(nonce)).expect("writing to memory");
        let mut last = Encoder::new(Vec::new());
        if let Some(key) = once {
            last.map(1).and_then(|map| map.str("idempotencyKey")?.str(text(key))).expect("writing to memory");
        }
        let message = [signed.into_writer(), self.args.clone(), last.into_writer()].concat();
        HMAC::mac(message, key).to_vec()
    }
}

/// What a guard does (`verify_call` in src/wasm/lean/calls.rs): the place of the key that signed.
fn verify(keys: &[Both], token: &[u8], seen: &Seen, now: u64, tolerance: u32) -> Result<usize, Error> {
    let call = seen.call()?;
    let token = Token::parse(token)?;
    let found = find(keys.iter().map(|both| both.id), &token.key_id);
    let place = found.unwrap_or(0);
    call.verify(&token, &keys[place].key, found.is_some(), now, tolerance)?;
    Ok(place)
}

/// What it should: in this order the call, the token's form, its key, its MAC, its time.
fn expected(keys: &[Both], token: &[u8], seen: &Seen, now: u64, tolerance: u32) -> Result<usize, Error> {
    if let Some(error) = seen.fault() {
        return Err(error);
    }
    let Parts { key_id, issued_at, nonce, mac } = token::read(token)?;
    let place = keys.iter().position(|both| both.plain_id == key_id).ok_or(Error::KeyUnknown)?;
    if seen.mac(&keys[place].plain_key, &key_id, issued_at, &nonce) != mac {
        return Err(Error::SignatureInvalid);
    }
    if tolerance > MAX_TOLERANCE || now > MAX_TIME {
        return Err(Error::TypeInvalid);
    }
    match i128::from(now) - i128::from(issued_at) {
        age if age > i128::from(tolerance) => Err(Error::Expired),
        age if -age > i128::from(tolerance) => Err(Error::NotYetValid),
        _ => Ok(place),
    }
}

/// Holds the crate's answer to the plain one, and what people are told to both.
fn compare(keys: &[Both], token: &[u8], seen: &Seen, now: u64, tolerance: u32) -> Result<usize, Error> {
    let answer = verify(keys, token, seen, now, tolerance);
    assert_eq!(answer, expected(keys, token, seen, now, tolerance), "{}: {seen:?}", String::from_utf8_lossy(token));
    let known: Vec<KnownKey> = keys.iter().map(|both| KnownKey { id: both.id, caller: String::new(), key: both.key.clone() }).collect();
    let steps = explain(&known, token, seen.call(), now, tolerance);
    assert_eq!(steps.iter().all(|step| step.ok), answer.is_ok(), "{steps:?}");
    if let Err(error) = answer {
        let first = steps.iter().find(|step| !step.ok).map(|step| step.detail.starts_with(error.code()));
        assert_eq!(first, Some(true), "{error}, and people are told {steps:?}");
    }
    answer
}

fn text(choices: &mut Choices) -> Vec<u8> {
    match choices.below(4) {
        0 => choices.pick(&["https://happy-animal-123.convex.cloud", "webhooks:markEventProcessed", "a", "\u{e9}", ""]).into(),
        1 => vec![b'x'; choices.pick(&[23, 24, 255, 256, 1023, 1024, 1025])],
        _ => String::from_utf8_lossy(&choices.bytes(60)).into_owned().into_bytes(),
    }
}

fn idempotency_key(choices: &mut Choices) -> Vec<u8> {
    match choices.below(4) {
        0 => choices.pick(&["evt_1", "k", "\u{1f511}", "nidempotencyKeyaa", ""]).into(),
        1 => vec![b'k'; choices.pick(&[23, 24, 255, 256, 257, 1024])],
        2 => choices.bytes(40),
        _ => String::from_utf8_lossy(&choices.bytes(60)).into_owned().into_bytes(),
    }
}

fn time(choices: &mut Choices) -> u64 {
    if choices.flag() { choices.number() & MAX_TIME } else { 1_800_000_000_000 + choices.below(1 << 20) as u64 }
}

/// A time near another one: at the edges of the window, and on both of their sides.
fn near(time: u64, tolerance: u32, choices: &mut Choices) -> u64 {
    let distance = choices.pick(&[0, 1, u64::from(tolerance), u64::from(tolerance) + 1, u64::from(tolerance).saturating_sub(1)]);
    match choices.below(5) {
        0 | 1 => time.saturating_sub(distance),
        2 | 3 => time.saturating_add(distance),
        _ => choices.number(),
    }
}

fn tolerance(choices: &mut Choices) -> u32 {
    let any = choices.number() as u32;
    choices.pick(&[60_000, 0, 1, MAX_TOLERANCE, MAX_TOLERANCE + 1, u32::MAX, any])
}

/// The fuzz target.
pub fn run(data: &[u8]) -> bool {
    let mut choices = Choices::new(data);
    let first = choices.below(KEYS.len());
    let ring = &KEYS[first..=first + choices.below(KEYS.len() - first)];
    let any = choices.below(KEYS.len());
    let signer = choices.pick(&[first, any]);
    let mut seen = Seen {
        audience: text(&mut choices),
        kind: choices.pick(&KINDS),
        name: text(&mut choices),
        args: value::choose(&mut choices).encode(),
        idempotency_key: None,
    };
    let issued_at = time(&mut choices);
    let nonce: [u8; 16] = choices.array();
    let tolerance = tolerance(&mut choices);
    let now = near(issued_at, tolerance, &mut choices);
    if now <= MAX_TIME {
        let [there, back] = [window::check(issued_at, now, tolerance), window::check(now, issued_at, tolerance)];
        assert_eq!(there.is_ok(), back.is_ok(), "{issued_at} {now} {tolerance}");
    }

    if choices.flag() {
        // Of a mutation, as often as not.
        seen.kind = choices.pick(&[FunctionType::Mutation, seen.kind]);
        seen.idempotency_key = Some(idempotency_key(&mut choices));
    }

    // A token made of whatever the bytes are is good for nothing.
    let reference =
        Seen { audience: b"a".to_vec(), kind: FunctionType::Query, name: b"b:c".to_vec(), args: vec![0xa0], idempotency_key: None };
    assert!(compare(&KEYS[..], data, &reference, issued_at, MAX_TOLERANCE).is_err(), "a token out of thin air");

    let Ok(call) = seen.call() else {
        assert!(compare(ring, b"cs1", &seen, now, tolerance).is_err());
        return false;
    };
    let Both { id, key, plain_id, plain_key } = &KEYS[signer];
    let genuine = written(&call.sign(key, *id, issued_at, nonce).expect("times are in range"));
    let mac = seen.mac(plain_key, plain_id, issued_at, &nonce);
    let parts = Parts { key_id: plain_id.clone(), issued_at, nonce: nonce.to_vec(), mac };
    assert_eq!(String::from_utf8_lossy(&genuine), token::write(&parts), "{seen:?}");
    let accepted = compare(ring, &genuine, &seen, now, tolerance).is_ok();
    let parsed = Token::parse(&genuine).expect("a token that was just written");
    let names = [Some(replay::nonce_name(&parsed)), replay::use_name(&call), Some(replay::args_name(&call))];
    let names = names.map(|name| name.map(|name| String::from_utf8_lossy(&name).into_owned()));
    assert_eq!(names, seen.names(plain_id, &nonce), "{seen:?}");
    assert_eq!(u128::from(replay::keep_until(issued_at)), u128::from(issued_at) + 960_000);

    // One byte of the token is another one; or one of the MAC, written as a token has it.
    let mut flipped = vec![genuine.clone()];
    let (at, with) = (choices.below(genuine.len()), choices.byte().max(1));
    flipped[0][at] ^= with;
    for at in [0, 31, choices.below(32)] {
        let mut mac = parts.mac.clone();
        mac[at] ^= with;
        flipped.push(token::write(&Parts { mac, ..parts.clone() }).into_bytes());
    }
    for token in flipped {
        assert!(compare(ring, &token, &seen, now, tolerance).is_err(), "a changed token: {}", String::from_utf8_lossy(&token));
    }

    let (mut forged, mut other) = (genuine.clone(), seen.clone());
    let edits = choices.byte();
    let chosen = |bit: u8| edits >> bit & 1 == 1;
    if chosen(0) {
        choices.edit(&mut forged);
    }
    if chosen(1) {
        choices.edit(&mut other.audience);
    }
    if chosen(2) {
        choices.edit(&mut other.name);
    }
    if chosen(3) {
        other.kind = choices.pick(&KINDS);
    }
    if chosen(4) {
        choices.edit(&mut other.args);
    }
    if chosen(5) {
        other.args = value::choose(&mut choices).encode();
    }
    if chosen(6) {
        // The boundary between two texts moves.
        let byte = other.audience.pop();
        other.name.splice(..0, byte);
    }
    if chosen(7) {
        match (&mut other.idempotency_key, choices.below(4)) {
            // It goes, comes, changes, or takes the name's last byte.
            (once @ Some(_), 0) => *once = None,
            (once @ None, _) => *once = Some(idempotency_key(&mut choices)),
            (Some(key), 1) => choices.edit(key),
            (Some(key), _) => drop(key.splice(..0, other.name.pop())),
        }
    }
    let answer = compare(ring, &forged, &other, now, tolerance);
    if (&forged, &other) != (&genuine, &seen) {
        assert!(answer.is_err(), "a call that was not signed: {} for {other:?}", String::from_utf8_lossy(&forged));
    }
    accepted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_with_any_bit_flipped_or_any_byte_left_out_is_refused() {
        let key = Some(b"evt_1".to_vec());
        let seen = Seen {
            audience: b"https://a".to_vec(),
            kind: FunctionType::Mutation,
            name: b"b:c".to_vec(),
            args: vec![0xa0],
            idempotency_key: key,
        };
        let now = 1_800_000_000_000;
        let signed = seen.call().unwrap().sign(&KEYS[0].key, KEYS[0].id, now, [7; 16]).unwrap();
        let genuine = written(&signed);
        assert_eq!(compare(&KEYS[..2], &genuine, &seen, now, 0), Ok(0));
        let mut refused = 0;
        for at in 0..genuine.len() {
            let shorter = [&genuine[..at], &genuine[at + 1..]].concat();
            let flipped = (0..8).map(|bit| genuine.iter().enumerate().map(|(i, c)| c ^ u8::from(i == at) << bit).collect());
            for changed in flipped.chain([shorter]) {
                let changed: Vec<u8> = changed;
                // Of two equal bytes either may be left out; what is left is a byte too short all the same.
                assert!(compare(&KEYS[..2], &changed, &seen, now, MAX_TOLERANCE).is_err(), "{}", String::from_utf8_lossy(&changed));
                refused += 1;
            }
        }
        assert_eq!(refused, 101 * 9);
    }
}
