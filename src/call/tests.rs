use super::*;
use crate::keyring::Derivation;
use proptest::prelude::*;

const SECRET: &[u8] = b"q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab";
const NOW: u64 = 1_800_000_000_000;
const NONCE: [u8; NONCE_LEN] = *b"sixteen bytes ..";
const ARGS: &[u8] = &[0xa1, 0x61, b'x', 0xf6];

fn key() -> (Key, KeyId) {
    let derivation = Derivation::new(SECRET).unwrap();
    (Key::new(&*derivation.call_key()), derivation.key_id())
}

fn call<'a>(audience: &'a str, name: &'a str) -> Call<'a> {
    Call::new(audience.as_bytes(), FunctionType::Mutation, name.as_bytes(), ARGS).unwrap()
}

fn text(token: &Token) -> String {
    let mut out = [0; MAX_TOKEN_LEN];
    let len = token.write(&mut out);
    String::from_utf8(out[..len].to_vec()).unwrap()
}

#[test]
fn the_mac_covers_the_array_of_the_design() {
    use crate::value::Value;
    let (key, id) = key();
    let token = call("https://a.convex.cloud", "m:f").sign(&key, id, NOW, NONCE).unwrap();
    let array = Value::Array(vec![
        Value::Text("countersign.call.v1".into()),
        Value::Text(id.to_string()),
        Value::Text("https://a.convex.cloud".into()),
        Value::Text("mutation".into()),
        Value::Text("m:f".into()),
        Value::Int64(NOW.cast_signed()),
        Value::Bytes(NONCE.to_vec()),
        Value::Object(vec![("x".into(), Value::Null)]),
    ]);
    assert!(key.verify(&array.encode(), &token.mac));
}

#[test]
fn an_idempotency_key_is_the_ninth_element() {
    use crate::value::Value;
    let (key, id) = key();
    let plain = call("https://a.convex.cloud", "m:f");
    let once = plain.with_idempotency_key(Some(b"evt_1")).unwrap();
    let token = once.sign(&key, id, NOW, NONCE).unwrap();
    let array = Value::Array(vec![
        Value::Text("countersign.call.v1".into()),
        Value::Text(id.to_string()),
        Value::Text("https://a.convex.cloud".into()),
        Value::Text("mutation".into()),
        Value::Text("m:f".into()),
        Value::Int64(NOW.cast_signed()),
        Value::Bytes(NONCE.to_vec()),
        Value::Object(vec![("x".into(), Value::Null)]),
        Value::Object(vec![("idempotencyKey".into(), Value::Text("evt_1".into()))]),
    ]);
    assert!(key.verify(&array.encode(), &token.mac));
    assert_eq!(once.verify(&token, &key, true, NOW, 60_000), Ok(()));
    for other in [plain, plain.with_idempotency_key(Some(b"evt_2")).unwrap(), plain.with_idempotency_key(None).unwrap()] {
        assert_eq!(other.verify(&token, &key, true, NOW, 60_000), Err(Error::SignatureInvalid), "{other}");
    }
    let without = plain.sign(&key, id, NOW, NONCE).unwrap();
    assert_eq!(once.verify(&without, &key, true, NOW, 60_000), Err(Error::SignatureInvalid));
}

#[test]
fn only_a_mutation_takes_an_idempotency_key_and_not_any() {
    let of = |kind, key: &[u8]| Call::new(b"https://a.convex.cloud", kind, b"m:f", ARGS).unwrap().with_idempotency_key(Some(key)).map(drop);
    assert_eq!(of(FunctionType::Mutation, &[b'k'; MAX_IDEMPOTENCY_KEY_LEN]), Ok(()));
    assert_eq!(of(FunctionType::Mutation, &[b'k'; MAX_IDEMPOTENCY_KEY_LEN + 1]), Err(Error::TypeInvalid));
    assert_eq!(of(FunctionType::Mutation, b""), Err(Error::TypeInvalid));
    assert_eq!(of(FunctionType::Mutation, b"\xed\xa0\x80"), Err(Error::TextMalformed));
    assert_eq!(of(FunctionType::Query, b"k"), Err(Error::TypeInvalid));
    assert_eq!(of(FunctionType::Action, b"k"), Err(Error::TypeInvalid));
}

#[test]
fn a_call_with_an_idempotency_key_says_so() {
    let call = call("https://a.convex.cloud", "m:f");
    assert_eq!(call.to_string(), "the mutation m:f on https://a.convex.cloud with 4 bytes of arguments");
    let once = call.with_idempotency_key(Some(b"evt_1")).unwrap();
    assert_eq!(once.to_string(), "the mutation m:f on https://a.convex.cloud with 4 bytes of arguments and an idempotency key");
}

#[test]
fn a_call_is_good_only_for_itself() {
    let (key, id) = key();
    let signed = call("https://a.convex.cloud", "m:f");
    let token = signed.sign(&key, id, NOW, NONCE).unwrap();
    assert_eq!(signed.verify(&token, &key, true, NOW, 60_000), Ok(()));
    let invalid = Err(Error::SignatureInvalid);
    for other in [
        call("https://b.convex.cloud", "m:f"),
        call("https://a.convex.cloud", "m:g"),
        call("https://a.convex.cloudm", ":f"),
        Call { kind: FunctionType::Query, ..signed },
        Call { kind: FunctionType::Action, ..signed },
        Call { args: &[0xa1, 0x61, b'y', 0xf6], ..signed },
        Call { args: &[0xa0], ..signed },
    ] {
        assert_eq!(other.verify(&token, &key, true, NOW, 60_000), invalid, "{other:?}");
    }
    let other_id = KeyId::parse(b"0123456789abcdef").unwrap();
    for other in [
        Token { issued_at: NOW + 1, ..token.clone() },
        Token { nonce: *b"sixteen bytes .!", ..token.clone() },
        Token { key_id: other_id, ..token.clone() },
    ] {
        assert_eq!(signed.verify(&other, &key, true, NOW, 60_000), invalid, "{other:?}");
    }
    assert_eq!(signed.verify(&token, &Key::new(b"another"), true, NOW, 60_000), invalid);
}

#[test]
fn the_key_is_named_before_the_mac_is_blamed_and_the_mac_before_the_window() {
    let (key, id) = key();
    let signed = call("https://a.convex.cloud", "m:f");
    let token = signed.sign(&key, id, NOW, NONCE).unwrap();
    let forged = Token { mac: [0; MAC_LEN], ..token.clone() };
    let late = NOW + 60_001;
    assert_eq!(signed.verify(&forged, &key, false, late, 60_000), Err(Error::KeyUnknown));
    assert_eq!(signed.verify(&token, &key, false, NOW, 60_000), Err(Error::KeyUnknown));
    assert_eq!(signed.verify(&forged, &key, true, late, 60_000), Err(Error::SignatureInvalid));
    assert_eq!(signed.verify(&token, &key, true, late, 60_000), Err(Error::Expired));
    assert_eq!(signed.verify(&token, &key, true, NOW - 60_001, 60_000), Err(Error::NotYetValid));
    assert_eq!(signed.verify(&token, &key, true, NOW, window::MAX_TOLERANCE_MS + 1), Err(Error::TypeInvalid));
}

#[test]
fn each_bit_of_the_mac_counts() {
    let (key, id) = key();
    let signed = call("https://a.convex.cloud", "m:f");
    let token = signed.sign(&key, id, NOW, NONCE).unwrap();
    for bit in 0..MAC_LEN * 8 {
        let mut other = token.clone();
        other.mac[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(signed.verify(&other, &key, true, NOW, 0), Err(Error::SignatureInvalid), "bit {bit}");
    }
}

#[test]
fn a_call_has_an_audience_a_name_and_deterministic_arguments() {
    let new = |audience: &[u8], name: &[u8], args: &[u8]| Call::new(audience, FunctionType::Query, name, args).map(|_| ());
    assert_eq!(new(b"a", b"m:f", ARGS), Ok(()));
    assert_eq!(new(b"", b"m:f", ARGS), Err(Error::TypeInvalid));
    assert_eq!(new(b"a", b"", ARGS), Err(Error::TypeInvalid));
    assert_eq!(new(&[b'a'; MAX_NAME_LEN], &[b'a'; MAX_NAME_LEN], ARGS), Ok(()));
    assert_eq!(new(&[b'a'; MAX_NAME_LEN + 1], b"m:f", ARGS), Err(Error::TypeInvalid));
    assert_eq!(new(b"a", &[b'a'; MAX_NAME_LEN + 1], ARGS), Err(Error::TypeInvalid));
    assert_eq!(new(b"\xff", b"m:f", ARGS), Err(Error::TextMalformed));
    assert_eq!(new(b"a", b"m\xff", ARGS), Err(Error::TextMalformed));
    assert_eq!(new(b"a", b"m:f", &[0xf7]), Err(Error::ValueUnsupported));
    assert_eq!(new(b"a", b"m:f", b""), Err(Error::ValueUnsupported));
}

#[test]
fn types_have_the_numbers_that_cross_into_webassembly_and_the_names_that_are_signed() {
    for (number, name) in [(0, "query"), (1, "mutation"), (2, "action")] {
        let kind = FunctionType::from_number(number).unwrap();
        assert_eq!((kind as u32, kind.name()), (number, name));
    }
    for number in [3, 4, u32::MAX] {
        assert_eq!(FunctionType::from_number(number), None, "{number}");
    }
}

#[test]
fn the_first_thing_that_is_wrong_with_a_call_is_named() {
    let new = |audience: &[u8], name: &[u8], args: &[u8]| Call::new(audience, FunctionType::Query, name, args).unwrap_err();
    assert_eq!(new(b"\xff", b"", &[0xf7]), Error::TextMalformed);
    assert_eq!(new(b"", b"\xff", &[0xf7]), Error::TypeInvalid);
    assert_eq!(new(b"a", b"\xff", &[0xf7]), Error::TextMalformed);
}

#[test]
fn times_that_javascript_cannot_write_are_not_signed() {
    let (key, id) = key();
    assert_eq!(call("a", "m:f").sign(&key, id, window::MAX_TIME_MS + 1, NONCE).unwrap_err(), Error::TypeInvalid);
    let last = call("a", "m:f").sign(&key, id, window::MAX_TIME_MS, NONCE).unwrap();
    assert_eq!(text(&last).len(), MAX_TOKEN_LEN);
    assert_eq!(Token::parse(text(&last).as_bytes()), Ok(last));
}

#[test]
fn only_the_one_form_of_a_token_is_read() {
    let (key, id) = key();
    let good = text(&call("a", "m:f").sign(&key, id, NOW, NONCE).unwrap());
    let parts: Vec<&str> = good.split('.').collect();
    let with = |at: usize, part: &str| {
        let mut parts = parts.clone();
        parts[at] = part;
        parts.join(".")
    };
    assert_eq!(Token::parse(b""), Err(Error::SignatureMissing));
    for other in ["cs2", "cs10", "cs01", "cs0", "cs99999999999999999999999999999999999999999999999999999"] {
        assert_eq!(Token::parse(with(0, other).as_bytes()), Err(Error::VersionUnsupported), "{other}");
    }
    let long = "A".repeat(1000);
    let mut malformed = vec![
        with(0, "cs"),
        with(0, "CS1"),
        with(0, " cs1"),
        with(0, ""),
        with(0, "v1"),
        with(0, "cs1x"),
        with(1, &parts[1].to_uppercase()),
        with(1, &parts[1][1..]),
        with(1, "__proto__"),
        with(1, ""),
        with(1, "g000000000000000"),
        with(2, ""),
        with(2, "-1"),
        with(2, "+1"),
        with(2, "1e12"),
        with(2, "0x1"),
        with(2, "1.5"),
        with(2, " 1"),
        with(2, "01"),
        with(2, "9007199254740992"),
        with(2, "99999999999999999999"),
        with(2, "18000000000００"),
        with(2, "１"),
        with(3, ""),
        with(3, &parts[3][1..]),
        with(3, &format!("{}A", parts[3])),
        with(3, &format!("{}==", parts[3])),
        with(3, &parts[3].replacen('c', "+", 1)),
        with(4, ""),
        with(4, &parts[4][1..]),
        with(4, &format!("{}A", parts[4])),
        with(4, &format!("{}=", parts[4])),
        with(4, &parts[4][..22]),
        format!("{good}."),
        format!("{good}.x"),
        format!("{good}\n"),
        format!(" {good}"),
        format!("{good}, {good}"),
        parts[..4].join("."),
        parts[1..].join("."),
        "cs1".into(),
        "cs1....".into(),
        ".".into(),
        "csx.".into(),
        "cs.".into(),
        with(4, &long),
        long,
    ];
    // The last character of the nonce holds 2 bits that must be zero, that of the MAC 4.
    let last = |text: &str, step: u8| format!("{}{}", &text[..text.len() - 1], char::from(text.as_bytes()[text.len() - 1] + step));
    malformed.push(with(3, &last("AAAAAAAAAAAAAAAAAAAAAA", 1)));
    malformed.push(with(4, &last(&"A".repeat(43), 1)));
    for token in malformed {
        assert_eq!(Token::parse(token.as_bytes()), Err(Error::SignatureMalformed), "{token}");
    }
    assert!(Token::parse(with(2, "0").as_bytes()).is_ok());
}

fn token() -> impl Strategy<Value = Token> {
    let time = prop_oneof![0..=window::MAX_TIME_MS, 0..1000_u64];
    (any::<u64>(), time, any::<[u8; NONCE_LEN]>(), any::<[u8; MAC_LEN]>()).prop_map(|(id, issued_at, nonce, mac)| Token {
        key_id: KeyId::parse(format!("{id:016x}").as_bytes()).unwrap(),
        issued_at,
        nonce,
        mac,
    })
}

proptest! {
    #[test]
    fn what_is_printed_is_parsed(token in token()) {
        prop_assert_eq!(Token::parse(text(&token).as_bytes()), Ok(token));
    }

    #[test]
    fn what_is_parsed_would_be_printed_the_same(token in token(), at: prop::sample::Index, with in "[A-Za-z0-9._=+ -]{0,2}", cut in 0_usize..3) {
        let mut changed = text(&token);
        let at = at.index(changed.len());
        let end = (at + cut).min(changed.len());
        changed.replace_range(at..end, &with);
        if let Ok(parsed) = Token::parse(changed.as_bytes()) {
            prop_assert_eq!(text(&parsed), changed);
        }
    }

    #[test]
    fn no_text_panics(bytes in prop::collection::vec(any::<u8>(), 0..150)) {
        let _ = Token::parse(&bytes);
    }
}
