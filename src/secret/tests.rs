use super::*;
use proptest::prelude::*;

const GOOD: &str = "Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MGFi";

fn list(secret: &str) -> Vec<Problem> {
    problems(secret.as_bytes()).iter().collect()
}

#[test]
fn a_long_and_varied_text_is_usable() {
    assert_eq!(GOOD.len(), MIN_LEN);
    assert_eq!(list(GOOD), []);
}

#[test]
fn nothing_and_white_space_are_missing() {
    for secret in ["", " ", "\t\r\n", &" ".repeat(40)] {
        assert_eq!(list(secret)[0], Problem::Missing, "{secret:?}");
        assert_eq!(check(secret.as_bytes()), Err(Error::SecretMissing));
    }
}

#[test]
fn each_problem_is_found_and_refused_with_its_code() {
    let malformed = [
        (format!(" {GOOD}"), Problem::Padded),
        (format!("{GOOD}\n"), Problem::Padded),
        (format!("{GOOD}\r"), Problem::Padded),
        (format!("\"{GOOD}\""), Problem::Quoted),
        (format!("'{GOOD}"), Problem::Quoted),
        (format!("{GOOD}`"), Problem::Quoted),
        ("csk_0000".into(), Problem::Checksum),
        (GOOD.repeat(MAX_LEN / GOOD.len() + 1), Problem::TooLong),
    ];
    for (secret, problem) in malformed {
        assert!(list(&secret).contains(&problem), "{problem:?}");
        assert_eq!(check(secret.as_bytes()), Err(Error::SecretMalformed), "{problem:?}");
    }
    let weak = [
        (GOOD[1..].to_owned(), Problem::TooShort),
        ("abcdefg".chars().cycle().take(61).collect(), Problem::FewDistinct),
        ("0123456789abcdef".repeat(2), Problem::Repeated),
        ("abcdefgh".repeat(4) + "abc", Problem::Repeated),
        ("ChangeMe-0123456789-ABCDEFGHIJKLM".into(), Problem::Placeholder),
        ("your-secret-value".into(), Problem::Placeholder),
        ("this-is-YOUR_SECRET-put-it-here-12".into(), Problem::Placeholder),
        ("undefined".into(), Problem::Placeholder),
        ("null".into(), Problem::Placeholder),
    ];
    for (secret, problem) in weak {
        assert!(list(&secret).contains(&problem), "{secret}: {:?}", list(&secret));
        assert_eq!(check(secret.as_bytes()), Err(Error::SecretWeak), "{secret}");
    }
}

#[test]
fn seven_values_are_too_few_and_eight_enough() {
    let of = |letters: &str| -> String {
        // Not periodic: runs of growing length.
        letters.chars().enumerate().flat_map(|(i, c)| std::iter::repeat_n(c, i + 3)).collect()
    };
    assert_eq!(list(&of("abcdefg")), [Problem::FewDistinct]);
    assert_eq!(list(&of("abcdefgh")), []);
}

#[test]
fn generated_secrets_are_usable_and_any_change_to_them_is_seen() {
    let secret = generate(&core::array::from_fn(|i| i as u8 * 7));
    assert_eq!(secret.len(), 54);
    assert_eq!(check(&secret), Ok(()));
    for i in PREFIX.len()..secret.len() {
        let mut changed = secret;
        changed[i] = if changed[i] == b'x' { b'y' } else { b'x' };
        assert_eq!(check(&changed), Err(Error::SecretMalformed), "character {i}");
    }
    for len in PREFIX.len()..secret.len() {
        assert_eq!(check(&secret[..len]), Err(Error::SecretMalformed), "first {len}");
    }
    assert_eq!(check(&[&secret[..], b"x"].concat()), Err(Error::SecretMalformed));
}

#[test]
fn a_right_checksum_does_not_make_up_for_a_wrong_length() {
    for len in [GENERATED_LEN - 1, GENERATED_LEN, GENERATED_LEN + 1, 100] {
        let text = [&PREFIX[..], &GOOD.repeat(4).as_bytes()[..len - PREFIX.len() - TAIL_LEN]].concat();
        let secret = [&text[..], &tail(&text)].concat();
        let expected = if len == GENERATED_LEN { Ok(()) } else { Err(Error::SecretMalformed) };
        assert_eq!(check(&secret), expected, "{len} characters");
    }
}

#[test]
fn a_text_one_bit_away_from_the_words_of_examples_is_no_placeholder() {
    let words = ["changeme", "change-m", "your-sec", "placehol", "supersec", "undefine"];
    for word in words {
        for bit in 0..64 {
            let mut text = [GOOD.as_bytes(), word.as_bytes(), b"~~~"].concat();
            assert!(problems(&text).has(Problem::Placeholder), "{word}");
            text[GOOD.len() + bit / 8] ^= 1 << (bit % 8);
            // Bit 5 is what upper and lower case differ in.
            assert_eq!(problems(&text).has(Problem::Placeholder), bit % 8 == 5, "{word}, bit {bit}");
        }
    }
}

#[test]
fn differences_that_cancel_each_other_out_are_differences() {
    for period in 1..=16 {
        let text: Vec<u8> = (b'A'..).take(period).cycle().take(64).collect();
        assert!(problems(&text).has(Problem::Repeated), "{period}");
        for (one, other) in [(0, 40), (20, 41), (30, 63), (62, 63)] {
            let mut changed = text.clone();
            changed[one] ^= 0x80;
            changed[other] ^= 0x80;
            assert!(!problems(&changed).has(Problem::Repeated), "{period}, {one} and {other}");
        }
    }
}

#[test]
fn equality_is_over_every_byte_and_the_length() {
    let expected = GOOD.as_bytes();
    assert_eq!(verify(expected, expected), Ok(true));
    for i in 0..expected.len() {
        let mut other = expected.to_vec();
        other[i] ^= 1;
        assert_eq!(verify(&other, expected), Ok(false), "byte {i}");
    }
    for candidate in ["", &GOOD[1..], &GOOD[..31], &format!("{GOOD}\0"), &GOOD.repeat(1000)] {
        assert_eq!(verify(candidate.as_bytes(), expected), Ok(false));
    }
}

#[test]
fn a_missing_or_weak_expectation_lets_nobody_in() {
    assert_eq!(verify(b"", b""), Err(Error::SecretMissing));
    assert_eq!(verify(b"undefined", b"undefined"), Err(Error::SecretWeak));
    assert_eq!(digest(b"short"), Err(Error::SecretWeak));
}

proptest! {
    #[test]
    fn every_generated_secret_is_usable(random: [u8; 32]) {
        prop_assert_eq!(problems(&generate(&random)), Problems::default());
    }

    #[test]
    fn random_text_of_32_characters_is_usable(secret in "[A-Za-z0-9+/]{32,64}") {
        prop_assume!(!secret.starts_with("csk_"));
        prop_assert_eq!(problems(secret.as_bytes()), Problems::default());
    }

    #[test]
    fn no_input_panics(secret: Vec<u8>) {
        let _ = problems(&secret);
    }
}

#[test]
fn each_problem_has_a_word_of_its_own() {
    let kinds: Vec<_> = Problem::ALL.iter().map(|problem| problem.kind()).collect();
    assert_eq!(kinds, ["missing", "padded", "quoted", "checksum", "too_long", "too_short", "few_distinct", "repeated", "placeholder"]);
}
