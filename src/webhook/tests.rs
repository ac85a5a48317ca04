use super::headers::{is_field_name, is_name, is_value};
use super::*;
use proptest::prelude::*;

#[test]
fn a_time_has_one_form() {
    assert_eq!(Unit::Seconds.read(b"1"), Some(1000));
    assert_eq!(Unit::Seconds.read(b"1800000000"), Some(1_800_000_000_000));
    assert_eq!(Unit::Milliseconds.read(b"1800000000000"), Some(1_800_000_000_000));
    assert_eq!(Unit::Milliseconds.read(b"9007199254740991"), Some(MAX_TIME_MS));
    assert_eq!(Unit::Seconds.read(b"9007199254740"), Some(9_007_199_254_740_000));
    for text in
        ["", "0", "01", "+1", "-1", " 1", "1 ", "1.0", "1e3", "0x1", "1_000", "9007199254740992", "9999999999999999", "10000000000000000"]
    {
        assert_eq!(Unit::Milliseconds.read(text.as_bytes()), None, "{text}");
    }
    assert_eq!(Unit::Seconds.read(b"9007199254741"), None);
    assert_eq!(Unit::Seconds.read(b"9999999999999999"), None);
    assert_eq!(Unit::Seconds.write(1_800_000_000_999), b"1800000000");
}

#[test]
fn headers_hold_printable_ascii_and_names_neither_commas_nor_spaces() {
    assert!(is_value(b"") && is_value(b" ~") && is_value(&[b'x'; MAX_VALUE_LEN]));
    assert!(is_name(b"!~") && is_name(&[b'x'; MAX_ID_LEN]) && is_field_name(b"x-Sig_1"));
    for byte in (0..0x20).chain(0x7f..=0xff) {
        assert!(!is_value(&[b'a', byte]) && !is_name(&[b'a', byte]) && !is_field_name(&[b'a', byte]), "{byte:#x}");
    }
    assert!(!is_value(&[b'x'; MAX_VALUE_LEN + 1]) && !is_name(&[b'x'; MAX_ID_LEN + 1]) && !is_field_name(&[b'x'; 101]));
    for text in ["", "a,b", "a b"] {
        assert!(!is_name(text.as_bytes()), "{text}");
    }
    for text in ["", "a b", "a:b", "a,b", "a/b", "(a)", "a\"b"] {
        assert!(!is_field_name(text.as_bytes()), "{text}");
    }
}

#[test]
fn every_candidate_is_compared_under_every_key() {
    let keys: Vec<Key> = [b"one", b"two"].map(|key| Key::new(key)).into();
    let right = keys[1].sign(b"message");
    let mut wrong = right;
    wrong[31] ^= 1;
    let pieces: [&[u8]; 3] = [b"mess", b"", b"age"];
    for candidates in [vec![right], vec![right, wrong], vec![wrong, right]] {
        assert_eq!(is_signed(&keys, &pieces, &candidates, &mut Unwatched), Ok(()));
        assert_eq!(is_signed(&keys[..1], &pieces, &candidates, &mut Unwatched), Err(Error::SignatureInvalid));
    }
    for candidates in [vec![], vec![wrong], vec![[0; MAC_LEN]]] {
        assert_eq!(is_signed(&keys, &pieces, &candidates, &mut Unwatched), Err(Error::SignatureInvalid));
    }
    assert_eq!(is_signed(&[], &pieces, &[right], &mut Unwatched), Err(Error::SignatureInvalid));
}

proptest! {
    #[test]
    fn a_time_that_is_written_is_read_back(time in 1000..=MAX_TIME_MS) {
        prop_assert_eq!(Unit::Milliseconds.read(&Unit::Milliseconds.write(time)), Some(time));
        prop_assert_eq!(Unit::Seconds.read(&Unit::Seconds.write(time)), Some(time / 1000 * 1000));
    }

    #[test]
    fn a_time_that_is_read_would_be_written_the_same(text in "[0-9+. ]{0,18}") {
        if let Some(time) = Unit::Milliseconds.read(text.as_bytes()) {
            prop_assert_eq!(Unit::Milliseconds.write(time), text.as_bytes());
        }
    }
}

#[test]
fn a_delivery_is_signed_up_to_the_last_time_there_is() {
    let secrets: [&[u8]; 1] = [b"a-Secret-of-the-provider-0123456789"];
    let sign_at =
        |timestamp| sign(&Provider::GITHUB, &secrets, &Draft { id: b"", timestamp, event: b"", url: b"", body: b"{}" }).map(|_| ());
    assert_eq!(sign_at(MAX_TIME_MS), Ok(()));
    assert_eq!(sign_at(MAX_TIME_MS + 1), Err(Error::TypeInvalid));
}
