//! The limits that the documents name, as the numbers that stand there: what is at the limit is accepted, and what is one beyond it refused.
//! And what people read: each text there once, and none of them with a key in it.

use std::collections::HashSet;

use countersign::call::{Call, FunctionType, MAX_TOKEN_LEN, Token};
use countersign::error::Error;
use countersign::explain::{KnownKey, Step, explain};
use countersign::keyring::{Derivation, KeyId, Listed, admit, find};
use countersign::mac::Key;
use countersign::replay::{NAME_LEN, args_name, keep_until, nonce_name};
use countersign::secret::{self, Problem};
use countersign::value::{self, Fault, Value};
use countersign::window;

const SECRET: &str = "q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab";
const NOW: u64 = 1_800_000_000_000;
/// The last whole number that a JavaScript number holds with all below it.
const LAST_TIME: u64 = 9_007_199_254_740_991;
const FIFTEEN_MINUTES: u32 = 900_000;

/// A text of any length with no problem but perhaps its length.
fn varied(len: usize) -> String {
    (0..len).map(|at| char::from(b'0' + u8::try_from((at * at / 3 + at) % 74).unwrap())).collect()
}

fn known(caller: &str) -> KnownKey {
    let keys = Derivation::new(SECRET.as_bytes()).unwrap();
    KnownKey { id: keys.key_id(), caller: caller.into(), key: Key::new(&*keys.call_key()) }
}

fn call(args: &[u8]) -> Call<'_> {
    Call::new(b"https://a.convex.cloud", FunctionType::Mutation, b"m:f", args).unwrap()
}

fn print(token: &Token) -> String {
    let mut out = [0; MAX_TOKEN_LEN];
    let len = token.write(&mut out);
    std::str::from_utf8(&out[..len]).unwrap().to_owned()
}

#[test]
fn a_window_is_a_minute_and_at_most_fifteen() {
    assert_eq!(window::DEFAULT_TOLERANCE_MS, 60_000);
    assert_eq!(window::check(NOW - 900_000, NOW, FIFTEEN_MINUTES), Ok(()));
    assert_eq!(window::check(NOW + 900_000, NOW, FIFTEEN_MINUTES), Ok(()));
    assert_eq!(window::check(NOW - 900_001, NOW, FIFTEEN_MINUTES), Err(Error::Expired));
    assert_eq!(window::check(NOW + 900_001, NOW, FIFTEEN_MINUTES), Err(Error::NotYetValid));
    for tolerance in [FIFTEEN_MINUTES + 1, u32::MAX] {
        assert_eq!(window::check(NOW, NOW, tolerance), Err(Error::TypeInvalid), "{tolerance}");
    }
}

#[test]
fn times_end_where_the_whole_numbers_of_javascript_do() {
    assert_eq!(window::check(LAST_TIME, LAST_TIME, 0), Ok(()));
    assert_eq!(window::check(LAST_TIME + 1, LAST_TIME + 1, 0), Err(Error::TypeInvalid));
    assert_eq!(window::check(0, 0, 0), Ok(()));
    assert_eq!(window::check(LAST_TIME + 1, LAST_TIME, 0), Err(Error::NotYetValid));
    let (key, id) = (Key::new(b"k"), KeyId::parse(b"0123456789abcdef").unwrap());
    assert_eq!(call(&[0xa0]).sign(&key, id, LAST_TIME, [0; 16]).map(|token| token.issued_at), Ok(LAST_TIME));
    assert_eq!(call(&[0xa0]).sign(&key, id, LAST_TIME + 1, [0; 16]), Err(Error::TypeInvalid));
}

#[test]
fn the_longest_token_has_the_length_of_its_parts() {
    let key = known("web");
    let token = call(&[0xa0]).sign(&key.key, key.id, LAST_TIME, [0xff; 16]).unwrap();
    assert_eq!(print(&token).split('.').map(str::len).collect::<Vec<_>>(), ["cs1".len(), 16, 16, 22, 43]);
    assert_eq!(print(&token).len(), 104);
    assert_eq!(MAX_TOKEN_LEN, 104);
}

#[test]
fn a_secret_has_32_bytes_to_16_kibibytes() {
    for (len, problem) in [(31, Some(Problem::TooShort)), (32, None), (33, None), (16_384, None), (16_385, Some(Problem::TooLong))] {
        let secret = varied(len);
        assert_eq!(secret::problems(secret.as_bytes()).iter().collect::<Vec<_>>(), problem.into_iter().collect::<Vec<_>>(), "{len} bytes");
        let expected = problem.map_or(Ok(true), |problem| Err(problem.error()));
        assert_eq!(secret::verify(secret.as_bytes(), secret.as_bytes()), expected, "{len} bytes");
    }
    // The longest secret is equal to itself, and what is longer is equal to nothing.
    let (longest, longer) = (varied(16_384), varied(16_385));
    let digest = secret::digest(longest.as_bytes()).unwrap();
    assert!(secret::matches(&digest, longest.as_bytes()));
    assert!(!secret::matches(&digest, longer.as_bytes()));
    assert_eq!(secret::verify(longer.as_bytes(), longest.as_bytes()), Ok(false));
}

#[test]
fn each_problem_comes_alone_and_has_a_bit_of_its_own() {
    let cases = [
        (Problem::Missing, String::new(), Error::SecretMissing),
        (Problem::Padded, format!(" {SECRET}"), Error::SecretMalformed),
        (Problem::Padded, format!("{SECRET}\u{7f}"), Error::SecretMalformed),
        (Problem::Padded, format!("\t{SECRET}\n"), Error::SecretMalformed),
        (Problem::Quoted, format!("\"{SECRET}\""), Error::SecretMalformed),
        (Problem::Quoted, format!("'{SECRET}"), Error::SecretMalformed),
        (Problem::Quoted, format!("{SECRET}`"), Error::SecretMalformed),
        (Problem::Checksum, format!("csk_{}", varied(50)), Error::SecretMalformed),
        (Problem::TooLong, varied(16_385), Error::SecretMalformed),
        (Problem::TooShort, varied(31), Error::SecretWeak),
        (Problem::FewDistinct, format!("abcdefg{}", "gfedcba".repeat(4)), Error::SecretWeak),
        (Problem::Repeated, "0123456789abcdef".repeat(2), Error::SecretWeak),
        (Problem::Placeholder, format!("{SECRET}changeme"), Error::SecretWeak),
    ];
    for (problem, secret, error) in &cases {
        let problems = secret::problems(secret.as_bytes());
        assert_eq!(problems.iter().collect::<Vec<_>>(), [*problem], "{secret:?}");
        assert_eq!(problems.bits(), 1 << *problem as u32, "{secret:?}");
        assert_eq!(secret::check(secret.as_bytes()), Err(*error), "{secret:?}");
        for other in Problem::ALL {
            assert_eq!(problems.has(*other), other == problem, "{other:?} of {secret:?}");
        }
    }
    assert!(Problem::ALL.iter().all(|problem| cases.iter().any(|(case, _, _)| case == problem)));
    assert_eq!(secret::problems(SECRET.as_bytes()).bits(), 0);
    // Two at once are two bits.
    assert_eq!(secret::problems(format!("\" {SECRET}\n").as_bytes()).bits(), 0b110);
}

#[test]
fn what_is_said_of_a_problem_or_a_fault_is_said_of_no_other_and_says_what_to_do() {
    let messages: HashSet<_> = Problem::ALL.iter().map(|problem| problem.message()).collect();
    assert_eq!(messages.len(), Problem::ALL.len());
    for message in messages {
        assert!(["generateSecret()", "Copy", "take them away"].iter().any(|remedy| message.contains(remedy)), "{message}");
    }
    let faults = [
        (Fault::TooLong, "16 MiB"),
        (Fault::TooDeep, "64 deep"),
        (Fault::Length, "too early"),
        (Fault::Item, "deterministic form"),
        (Fault::IntegerRange, "64 bits"),
        (Fault::Text, "Unicode"),
        (Fault::FieldName, "1024 printable ASCII"),
        (Fault::FieldOrder, "twice"),
    ];
    for (fault, words) in faults {
        assert!(fault.message().contains(words), "{fault:?}: {}", fault.message());
    }
}

#[test]
fn errors_are_found_by_their_numbers_and_print_as_their_codes() {
    for (at, error) in Error::ALL.iter().enumerate() {
        assert_eq!(*error as usize, at + 1);
        assert_eq!(Error::from_number(*error as u32), Some(*error));
        assert_eq!(error.to_string(), error.code());
    }
    for number in [0, 22, u32::MAX] {
        assert_eq!(Error::from_number(number), None, "{number}");
    }
}

#[test]
fn a_keyring_holds_64_keys() {
    let listed = |number: usize| Listed { id: KeyId::parse(format!("{number:016x}").as_bytes()).unwrap(), caller: 7 };
    assert_eq!(admit((0..63).map(listed), listed(1000)), Ok(countersign::keyring::Admission::New));
    assert_eq!(admit((0..64).map(listed), listed(1000)), Err(Error::Misconfigured));
    for at in 0..64 {
        assert_eq!(find((0..64).map(|number| listed(number).id), &listed(at).id), Some(at));
    }
    assert_eq!(find((0..64).map(|number| listed(number).id), &listed(64).id), None);
    // An id that is there more than once is there.
    for numbers in [[1, 1, 2, 3], [2, 1, 3, 1], [1, 2, 1, 1], [1, 1, 1, 1]] {
        let at = find(numbers.map(|number| listed(number).id), &listed(1).id).unwrap();
        assert_eq!(numbers[at], 1, "{numbers:?}");
    }
}

#[test]
fn key_ids_are_16_digits_of_lower_case_hexadecimal() {
    let good = *b"0123456789abcdef";
    assert_eq!(KeyId::parse(&good).unwrap().as_bytes(), &good);
    for at in 0..16 {
        for byte in 0..=255 {
            let mut text = good;
            text[at] = byte;
            let is_digit = b"0123456789abcdef".contains(&byte);
            assert_eq!(KeyId::parse(&text).map(|id| *id.as_bytes()), is_digit.then_some(text), "{byte} at {at}");
        }
        assert_eq!(KeyId::parse(&good[..at]), None);
    }
    assert_eq!(KeyId::parse(b"0123456789abcdef0"), None);
    assert_eq!(format!("{:?}", KeyId::parse(&good).unwrap()), "KeyId(0123456789abcdef)");
}

#[test]
fn values_are_64_deep_and_names_1024_bytes_long() {
    for (container, name) in [(&[0x81][..], "arrays"), (&[0xa1, 0x61, b'x'], "objects")] {
        let nested = |depth: usize| [&container.repeat(depth)[..], &[0xf6]].concat();
        for (depth, expected) in [(1, Ok(())), (63, Ok(())), (64, Ok(())), (65, Err(Fault::TooDeep)), (100_000, Err(Fault::TooDeep))] {
            assert_eq!(value::check(&nested(depth)).map_err(|refusal| refusal.fault), expected, "{depth} {name}");
        }
    }
    for (len, is_accepted) in [(1023, true), (1024, true), (1025, false)] {
        let name = "n".repeat(len);
        assert_eq!(value::check(&Value::Object(vec![(name.clone(), Value::Null)]).encode()).is_ok(), is_accepted, "{len}");
        let call =
            |audience: &str, function: &str| Call::new(audience.as_bytes(), FunctionType::Query, function.as_bytes(), &[0xa0]).is_ok();
        assert_eq!((call(&name, "f"), call("a", &name)), (is_accepted, is_accepted), "{len}");
    }
}

#[test]
fn an_idempotency_key_has_256_bytes() {
    for (len, is_accepted) in [(0, false), (1, true), (255, true), (256, true), (257, false)] {
        let key = "k".repeat(len);
        let once = call(&[0xa0]).with_idempotency_key(Some(key.as_bytes()));
        assert_eq!(once.map(drop), if is_accepted { Ok(()) } else { Err(Error::TypeInvalid) }, "{len}");
    }
    // It is bytes that count.
    assert!(call(&[0xa0]).with_idempotency_key(Some("\u{e9}".repeat(128).as_bytes())).is_ok());
    assert_eq!(call(&[0xa0]).with_idempotency_key(Some("\u{e9}".repeat(129).as_bytes())).map(drop), Err(Error::TypeInvalid));
}

#[test]
fn names_have_43_characters_and_nonces_are_kept_a_minute_more() {
    let key = known("web");
    let token = call(&[0xa0]).sign(&key.key, key.id, NOW, [0xff; 16]).unwrap();
    assert_eq!([nonce_name(&token).len(), args_name(&call(&[0xa0])).len(), NAME_LEN], [43; 3]);
    assert_eq!(keep_until(NOW), NOW + 960_000);
    assert_eq!(keep_until(LAST_TIME), LAST_TIME + 960_000, "no time is too late to be kept");
}

#[test]
fn a_value_has_16_mebibytes() {
    let bytes = |len: u32| [&[0x5a][..], &(len - 5).to_be_bytes(), &vec![0; len as usize - 5]].concat();
    assert_eq!(value::check(&bytes(16_777_216)), Ok(()));
    assert_eq!(value::check(&bytes(16_777_217)).map_err(|refusal| (refusal.fault, refusal.offset)), Err((Fault::TooLong, 0)));
}

#[test]
fn heads_grow_where_rfc_8949_says() {
    // Section 3: up to 23 in the first byte, then in one, two, four and eight more.
    for (number, head) in [
        (0, vec![0x00]),
        (23, vec![0x17]),
        (24, vec![0x18, 24]),
        (255, vec![0x18, 0xff]),
        (256, vec![0x19, 1, 0]),
        (65_535, vec![0x19, 0xff, 0xff]),
        (65_536, vec![0x1a, 0, 1, 0, 0]),
        (4_294_967_295, vec![0x1a, 0xff, 0xff, 0xff, 0xff]),
        (4_294_967_296, vec![0x1b, 0, 0, 0, 1, 0, 0, 0, 0]),
        (i64::MAX, vec![0x1b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    ] {
        let negative: Vec<u8> = head.iter().enumerate().map(|(at, byte)| if at == 0 { byte | 0x20 } else { *byte }).collect();
        for (value, bytes) in [(number, &head), (-1 - number, &negative)] {
            assert_eq!(&Value::Int64(value).encode(), bytes, "{value}");
            assert_eq!(value::check(bytes), Ok(()), "{value}");
        }
        // The same number in any longer form is another text for it, and refused.
        for (info, len) in [(24, 1), (25, 2), (26, 4), (27, 8)] {
            if len + 1 > head.len() {
                let longer = [&[info][..], &number.to_be_bytes()[8 - len..]].concat();
                assert_eq!(value::check(&longer).map_err(|refusal| refusal.fault), Err(Fault::Item), "{number} in {len} bytes");
            }
        }
    }
}

#[test]
fn nothing_that_holds_a_key_prints_it() {
    let key = Key::new(SECRET.as_bytes());
    assert_eq!(format!("{key:?} {:?}", key.begin()), "Key(..) Mac(..)");
    assert_eq!(format!("{:?}", Derivation::new(SECRET.as_bytes()).unwrap()), "Derivation(..)");
}

#[test]
fn an_explanation_says_what_was_found() {
    let keys = [known("web")];
    let token = call(&[0xa0]).sign(&keys[0].key, keys[0].id, NOW, [0xab; 16]).unwrap();
    let detail = |token: &str, step: &str| -> String {
        let steps = explain(&keys, token.as_bytes(), Ok(call(&[0xa0])), NOW, 0);
        steps.into_iter().find(|found| found.step == step).map(|Step { detail, .. }| detail).unwrap()
    };
    let text = print(&token);
    assert_eq!(detail(&text, "call"), "the mutation m:f on https://a.convex.cloud with 1 bytes of arguments");
    assert_eq!(detail(&text, "form"), "a token of version 1 with nonce abababababababababababababababab");
    assert_eq!(detail(&text, "key"), format!("key {} of the caller \"web\"", keys[0].id));
    assert_eq!(detail("", "form"), "signature_missing: there is no token");
    assert_eq!(detail("cs2.x", "form"), "version_unsupported: a token of another version; this one reads cs1");
    assert!(detail("cs1.x", "form").starts_with("signature_malformed: not cs1."));
    let unknown = text.replacen(&keys[0].id.to_string(), "0123456789abcdef", 1);
    assert_eq!(detail(&unknown, "key"), format!("key_unknown: the token names key 0123456789abcdef; accepted are {}", keys[0].id));
}
