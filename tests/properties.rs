//! What holds for all inputs, seen from outside: keyrings, the boundaries between what a MAC covers, windows and secrets.

use countersign::call::{Call, FunctionType, MAX_TOKEN_LEN, Token};
use countersign::error::Error;
use countersign::keyring::{self, Admission, Derivation, KeyId, Listed};
use countersign::mac::{self, Key};
use countersign::replay;
use countersign::secret;
use countersign::value::{self, Fault, Refusal, Value};
use countersign::window::{self, MAX_TIME_MS, MAX_TOLERANCE_MS};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

/// Proptest finds no place beside a test of this kind to write failures to; it prints them.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}

fn id(number: u64) -> KeyId {
    KeyId::parse(format!("{number:016x}").as_bytes()).unwrap()
}

/// Few enough that they meet.
fn few_ids() -> impl Strategy<Value = u64> {
    prop_oneof![0..6_u64, Just(u64::MAX), Just(1 << 60), Just(0x0100)]
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_keyring_holds_each_key_once_and_never_for_two_callers(offered in prop::collection::vec((few_ids(), 0..3_u32), 0..30)) {
        let mut keys: Vec<Listed> = vec![];
        for (number, caller) in offered {
            let key = Listed { id: id(number), caller };
            let holder = keys.iter().find(|listed| listed.id == key.id).map(|listed| listed.caller);
            let admission = keyring::admit(keys.iter().copied(), key);
            prop_assert_eq!(admission, match holder {
                None => Ok(Admission::New),
                Some(holder) if holder == caller => Ok(Admission::Duplicate),
                Some(_) => Err(Error::KeyConflict),
            });
            if admission == Ok(Admission::New) {
                keys.push(key);
            }
        }
    }

    #[test]
    fn a_full_keyring_still_knows_its_own(number in 0..100_u64, caller in 0..2_u32) {
        let full = (0..keyring::MAX_KEYS as u64).map(|number| Listed { id: id(number), caller: 0 });
        let expected = match (number < keyring::MAX_KEYS as u64, caller) {
            (true, 0) => Ok(Admission::Duplicate),
            (true, _) => Err(Error::KeyConflict),
            (false, _) => Err(Error::Misconfigured),
        };
        prop_assert_eq!(keyring::admit(full, Listed { id: id(number), caller }), expected);
    }

    #[test]
    fn a_key_is_found_where_it_is_and_nowhere_else(numbers in prop::collection::hash_set(few_ids(), 0..9), wanted in few_ids()) {
        let keys: Vec<KeyId> = numbers.into_iter().map(id).collect();
        match keyring::find(keys.iter().copied(), &id(wanted)) {
            Some(at) => prop_assert_eq!(keys[at], id(wanted)),
            None => prop_assert!(!keys.contains(&id(wanted))),
        }
    }

    #[test]
    fn different_secrets_have_different_keys(one: [u8; 32], other: [u8; 32]) {
        prop_assume!(one != other);
        let [one, other] = [one, other].map(|random| Derivation::new(&secret::generate(&random)).unwrap());
        prop_assert_ne!(one.key_id(), other.key_id());
        prop_assert_ne!(one.fingerprint(), other.fingerprint());
        prop_assert_ne!(one.call_key().to_vec(), other.call_key().to_vec());
        // A fingerprint is shown to people, a key id to the whole network: neither is the other, nor a part of the key.
        prop_assert_ne!(*one.key_id().as_bytes(), one.fingerprint());
    }
}

/// A call with all that its MAC covers.
#[derive(Clone, Debug, PartialEq)]
struct Signed {
    id: KeyId,
    audience: String,
    kind: FunctionType,
    name: String,
    issued_at: u64,
    nonce: [u8; 16],
    args: Vec<u8>,
    /// Only of a mutation.
    idempotency_key: Option<String>,
}

impl Signed {
    fn token(&self, key: &Key) -> Token {
        self.call().sign(key, self.id, self.issued_at, self.nonce).unwrap()
    }

    fn call(&self) -> Call<'_> {
        let call = Call::new(self.audience.as_bytes(), self.kind, self.name.as_bytes(), &self.args).unwrap();
        call.with_idempotency_key(self.idempotency_key.as_deref().map(str::as_bytes)).unwrap()
    }

    /// The last part of its token.
    fn mac(&self, key: &Key) -> String {
        let mut out = [0; MAX_TOKEN_LEN];
        let len = self.token(key).write(&mut out);
        std::str::from_utf8(&out[..len]).unwrap().rsplit('.').next().unwrap().to_owned()
    }
}

fn kind() -> impl Strategy<Value = FunctionType> {
    prop::sample::select(vec![FunctionType::Query, FunctionType::Mutation, FunctionType::Action])
}

/// Texts made of pieces that meet at boundaries: the names of types with the byte that CBOR puts in front of them, separators, and letters.
fn text() -> impl Strategy<Value = String> {
    let pieces = vec![
        "nidempotencyKey",
        "a",
        "b",
        "\n",
        "\0",
        ".",
        ":",
        ",",
        " ",
        "equery",
        "query",
        "hmutation",
        "mutation",
        "faction",
        "\u{1b}",
        "P",
        "\u{60}",
    ];
    prop::collection::vec(prop::sample::select(pieces), 1..5).prop_map(|pieces| pieces.concat())
}

fn args() -> impl Strategy<Value = Vec<u8>> {
    let small = prop_oneof![
        Just(Value::Null),
        (-3..3_i64).prop_map(Value::Int64),
        (-3..3_i32).prop_map(|number| Value::Float64(number.into())),
        text().prop_map(Value::Text),
        text().prop_map(|text| Value::Bytes(text.into_bytes())),
    ];
    prop::collection::btree_map("[ab]{0,2}", small, 0..3).prop_map(|fields| Value::Object(fields.into_iter().collect()).encode())
}

fn signed() -> impl Strategy<Value = Signed> {
    let time = prop_oneof![0..30_u64, Just(MAX_TIME_MS), 250..260_u64, 65530..65540_u64];
    let nonce = prop_oneof![any::<[u8; 16]>(), Just([0; 16])];
    let key = prop::option::of(text());
    (few_ids(), text(), kind(), text(), time, nonce, args(), key).prop_map(|(number, audience, kind, name, issued_at, nonce, args, key)| {
        let idempotency_key = key.filter(|_| kind == FunctionType::Mutation);
        Signed { id: id(number), audience, kind, name, issued_at, nonce, args, idempotency_key }
    })
}

proptest! {
    #![proptest_config(cases(1024))]

    #[test]
    fn where_one_text_ends_and_the_next_begins_is_signed(pieces in prop::collection::vec(text(), 2..4), at: [prop::sample::Index; 2], signed in signed()) {
        // The same characters in the same order, cut in two places.
        let whole = pieces.concat();
        let ends: Vec<usize> = (1..whole.len()).filter(|end| whole.is_char_boundary(*end)).collect();
        prop_assume!(!ends.is_empty());
        let [one, other] = at.map(|at| {
            let (audience, name) = whole.split_at(ends[at.index(ends.len())]);
            Signed { audience: audience.to_owned(), name: name.to_owned(), ..signed.clone() }
        });
        let key = Key::new(b"k");
        prop_assert_eq!(one.mac(&key) == other.mac(&key), one == other);
    }

    #[test]
    fn where_arguments_end_and_an_idempotency_key_begins_is_signed(signed in signed(), pieces in prop::collection::vec(text(), 2..4), at: [prop::sample::Index; 2]) {
        // The same characters, cut in two places: into a name and a key, or into an argument and a key.
        let whole = pieces.concat();
        let ends: Vec<usize> = (1..whole.len()).filter(|end| whole.is_char_boundary(*end)).collect();
        prop_assume!(!ends.is_empty());
        let signed = Signed { kind: FunctionType::Mutation, ..signed };
        let key = Key::new(b"k");
        let cuts = at.map(|at| whole.split_at(ends[at.index(ends.len())]));
        let [one, other] = cuts.map(|(name, key)| Signed { name: name.into(), idempotency_key: Some(key.into()), ..signed.clone() });
        prop_assert_eq!(one.mac(&key) == other.mac(&key), one == other);
        prop_assert_eq!(replay::use_name(&one.call()) == replay::use_name(&other.call()), one == other);
        let [one, other] = cuts.map(|(argument, key)| {
            let args = Value::Object(vec![("a".into(), Value::Text(argument.into()))]).encode();
            Signed { args, idempotency_key: Some(key.into()), ..signed.clone() }
        });
        prop_assert_eq!(one.mac(&key) == other.mac(&key), one == other);
        prop_assert_eq!(replay::args_name(&one.call()) == replay::args_name(&other.call()), one == other);
        // A key is no argument of this name, nor the other way round.
        let fields = |once: &str| Value::Object(vec![("idempotencyKey".into(), Value::Text(once.into()))]).encode();
        let as_argument = Signed { args: fields(&whole), idempotency_key: None, ..signed.clone() };
        let as_key = Signed { args: vec![0xa0], idempotency_key: Some(whole), ..signed };
        prop_assert_ne!(as_argument.mac(&key), as_key.mac(&key));
    }

    #[test]
    fn calls_are_remembered_by_what_must_not_happen_twice_and_by_nothing_else(one in signed(), other in signed(), fields: [bool; 4]) {
        let other = Signed {
            id: if fields[0] { one.id } else { other.id },
            nonce: if fields[1] { one.nonce } else { other.nonce },
            name: if fields[2] { one.name.clone() } else { other.name },
            idempotency_key: if fields[3] { one.idempotency_key.clone() } else { other.idempotency_key },
            kind: if fields[3] { one.kind } else { other.kind },
            ..other
        };
        let key = Key::new(b"k");
        let nonces = [&one, &other].map(|signed| replay::nonce_name(&signed.token(&key)));
        prop_assert_eq!(nonces[0] == nonces[1], (one.id, one.nonce) == (other.id, other.nonce));
        let args = [&one, &other].map(|signed| replay::args_name(&signed.call()));
        prop_assert_eq!(args[0] == args[1], one.args == other.args);
        let uses = [&one, &other].map(|signed| replay::use_name(&signed.call()));
        prop_assert_eq!(uses.map(|used| used.is_some()), [&one, &other].map(|signed| signed.idempotency_key.is_some()));
        if let [Some(used), Some(of_other)] = uses {
            prop_assert_eq!(used == of_other, (&one.name, &one.idempotency_key) == (&other.name, &other.idempotency_key));
        }
        for names in [nonces.to_vec(), args.to_vec(), uses.into_iter().flatten().collect()] {
            prop_assert!(names.iter().flatten().all(|c| c.is_ascii_alphanumeric() || b"-_".contains(c)));
        }
    }

    #[test]
    fn a_nonce_is_kept_until_its_token_can_no_longer_be_accepted(issued_at in time(), tolerance in 0..=MAX_TOLERANCE_MS, later in 0..1000_u64) {
        prop_assume!(issued_at <= MAX_TIME_MS);
        let until = replay::keep_until(issued_at);
        // In whatever window, by a clock that is not a minute behind the one that forgets.
        prop_assert_ne!(window::check(issued_at, until - 59_999 + later, tolerance), Ok(()));
    }

    #[test]
    fn a_text_cannot_hold_the_fields_that_follow_it(signed in signed(), kind in kind()) {
        // The type and the name written into the audience, as an encoding without lengths would have them.
        let key = Key::new(b"k");
        for between in ["", "\0", "\n", ".", "h", "equery", "hmutation", "faction"] {
            let moved = Signed { audience: format!("{}{between}{}{between}{}", signed.audience, kind.name(), signed.name), ..signed.clone() };
            prop_assert_ne!(moved.mac(&key), signed.mac(&key));
        }
    }

    #[test]
    fn all_that_is_signed_is_told_apart(one in signed(), other in signed(), fields: [bool; 8]) {
        // `other` with some of its fields taken from `one`, so that calls differ in one field as often as in all.
        let other = Signed {
            id: if fields[0] { one.id } else { other.id },
            audience: if fields[1] { one.audience.clone() } else { other.audience },
            kind: if fields[2] { one.kind } else { other.kind },
            name: if fields[3] { one.name.clone() } else { other.name },
            issued_at: if fields[4] { one.issued_at } else { other.issued_at },
            nonce: if fields[5] { one.nonce } else { other.nonce },
            args: if fields[6] { one.args.clone() } else { other.args },
            idempotency_key: if fields[7] { one.idempotency_key.clone() } else { other.idempotency_key },
        };
        let other = Signed { idempotency_key: other.idempotency_key.filter(|_| other.kind == FunctionType::Mutation), ..other };
        let key = Key::new(b"k");
        prop_assert_eq!(one.mac(&key) == other.mac(&key), one == other);
        let call = |signed: &Signed| (signed.audience.clone(), signed.kind, signed.name.clone(), signed.args.clone(), signed.idempotency_key.clone());
        let expected = if call(&one) == call(&other) { Ok(()) } else { Err(Error::SignatureInvalid) };
        prop_assert_eq!(other.call().verify(&one.token(&key), &key, true, one.issued_at, 0), expected);
        prop_assert_eq!(other.call().verify(&one.token(&key), &key, false, one.issued_at, 0), Err(Error::KeyUnknown));
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn what_follows_a_value_is_refused_where_it_begins(value in args(), more in prop::collection::vec(any::<u8>(), 1..9)) {
        prop_assert_eq!(value::check(&value), Ok(()));
        let both = [&value[..], &more].concat();
        prop_assert_eq!(value::check(&both), Err(Refusal { fault: Fault::Length, offset: value.len() }));
    }

    #[test]
    fn more_items_than_bytes_are_refused_before_any_is_read(items in 1..200_usize, missing in 1..200_usize, is_map: bool) {
        let major = if is_map { 0xb9 } else { 0x99 };
        let count = u16::try_from(256 + items + missing).unwrap().to_be_bytes();
        let bytes = [&[major], &count[..], &vec![0xf6; 256 + items]].concat();
        prop_assert_eq!(value::check(&bytes), Err(Refusal { fault: Fault::Length, offset: 0 }));
    }
}

fn time() -> impl Strategy<Value = u64> {
    prop_oneof![any::<u64>(), 0..=MAX_TIME_MS, 0..2_000_000_u64, MAX_TIME_MS - 2_000_000..=MAX_TIME_MS, u64::MAX - 9..=u64::MAX]
}

proptest! {
    #![proptest_config(cases(2048))]

    #[test]
    fn a_window_is_a_distance(issued_at in time(), now in time(), near in -1_000_000_i64..1_000_000, is_near: bool, tolerance in 0..=MAX_TOLERANCE_MS + 9) {
        let issued_at = if is_near { now.saturating_add_signed(near) } else { issued_at };
        let age = i128::from(now) - i128::from(issued_at);
        let expected = if tolerance > MAX_TOLERANCE_MS || now > MAX_TIME_MS {
            Err(Error::TypeInvalid)
        } else if age > i128::from(tolerance) {
            Err(Error::Expired)
        } else if -age > i128::from(tolerance) {
            Err(Error::NotYetValid)
        } else {
            Ok(())
        };
        prop_assert_eq!(window::check(issued_at, now, tolerance), expected);
    }

    #[test]
    fn both_edges_of_a_window_are_inside(now in MAX_TOLERANCE_MS.into()..=MAX_TIME_MS - u64::from(MAX_TOLERANCE_MS) - 1, tolerance in 0..=MAX_TOLERANCE_MS) {
        let distance = u64::from(tolerance);
        prop_assert_eq!(window::check(now - distance, now, tolerance), Ok(()));
        prop_assert_eq!(window::check(now + distance, now, tolerance), Ok(()));
        prop_assert_eq!(window::check(now + distance + 1, now, tolerance), Err(Error::NotYetValid));
        if let Some(before) = (now - distance).checked_sub(1) {
            prop_assert_eq!(window::check(before, now, tolerance), Err(Error::Expired));
        }
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_secret_is_equal_to_itself_only(random: [u8; 32], at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
        let expected = secret::generate(&random);
        let mut candidate = expected;
        candidate[at.index(expected.len())] = byte;
        prop_assert_eq!(secret::verify(&candidate, &expected), Ok(candidate == expected));
        prop_assert_eq!(secret::verify(&expected[..cut.index(expected.len())], &expected), Ok(false));
        prop_assert_eq!(secret::verify(&[&expected[..], &[byte]].concat(), &expected), Ok(false));
        let mut digest = secret::digest(&expected).unwrap();
        prop_assert!(secret::matches(&digest, &expected));
        digest[at.index(digest.len())] ^= byte.max(1);
        prop_assert!(!secret::matches(&digest, &expected));
    }

    #[test]
    fn a_hash_of_pieces_is_that_of_the_whole(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..5)) {
        let borrowed: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        prop_assert_eq!(mac::sha256(&borrowed), <[u8; 32]>::from(Sha256::digest(pieces.concat())));
    }
}
