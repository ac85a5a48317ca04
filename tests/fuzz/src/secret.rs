//! Secrets: what is wrong with one, whether two are equal, and which keys follow.

use std::collections::HashSet;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use countersign::keyring::Derivation;
use countersign::secret::{self, Problem};
use hmac_sha256::{HKDF, Hash};

use crate::choices::Choices;

/// Examples begin with these; case, and whether it is `-` or what differs from it as cases do, makes no difference.
const WORDS: [&str; 16] = [
    "changeme", "change-m", "change_m", "your-sec", "your_sec", "yoursecr", "replace-", "replace_", "replacem", "placehol", "my-secre",
    "my_secre", "supersec", "super-se", "super_se", "undefine",
];

fn is_blank(byte: u8) -> bool {
    byte <= b' ' || byte == 0x7f
}

/// `csk_`, 43 characters, `_`, and the first 6 characters of the hash of what is before it. The hash decides, not the alphabet.
fn is_generated(text: &[u8]) -> bool {
    text.len() == 54 && text[47] == b'_' && BASE64URL.encode(Hash::hash(&text[..47])).as_bytes()[..6] == text[48..]
}

fn is_repeated(text: &[u8]) -> bool {
    (1..=16).any(|period| text.len() >= 2 * period && text.chunks(period).all(|piece| text.starts_with(piece)))
}

fn is_placeholder(text: &[u8]) -> bool {
    let fold = |text: &[u8]| text.iter().map(|byte| byte | 0x20).collect::<Vec<_>>();
    let (folded, words) = (fold(text), WORDS.map(|word| fold(word.as_bytes())));
    text == b"null" || folded.windows(8).any(|window| words.iter().any(|word| window == word))
}

/// All that is wrong with a text, the first to mend in front.
pub fn problems(text: &[u8]) -> Vec<Problem> {
    if text.len() > 16 * 1024 {
        return vec![Problem::TooLong];
    }
    let [first, last] = [text.first(), text.last()].map(Option::<&u8>::copied);
    let at_an_end = |test: &dyn Fn(u8) -> bool| first.is_some_and(test) || last.is_some_and(test);
    let is_missing = text.iter().copied().all(is_blank);
    let is_there = !is_missing;
    let is_ours = text.starts_with(b"csk_");
    let distinct: HashSet<&u8> = text.iter().collect();
    let found = [
        (Problem::Missing, is_missing),
        (Problem::Padded, is_there && at_an_end(&is_blank)),
        (Problem::Quoted, at_an_end(&|byte| b"'\"`".contains(&byte))),
        (Problem::Checksum, is_ours && !is_generated(text)),
        (Problem::TooShort, is_there && text.len() < 32),
        (Problem::FewDistinct, is_there && !is_ours && distinct.len() < 8),
        (Problem::Repeated, is_there && !is_ours && is_repeated(text)),
        (Problem::Placeholder, !is_ours && is_placeholder(text)),
    ];
    found.into_iter().filter_map(|(problem, is_so)| is_so.then_some(problem)).collect()
}

/// A key that follows from a secret, by another HKDF.
pub fn derive(secret: &[u8], purpose: &str, len: usize) -> Vec<u8> {
    let mut key = vec![0; len];
    HKDF::expand(&mut key, HKDF::extract(b"countersign.v1", secret), purpose);
    key
}

pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Holds the crate to the plain reading, for one text.
fn compare(text: &[u8]) -> bool {
    let expected = problems(text);
    assert_eq!(secret::problems(text).iter().collect::<Vec<_>>(), expected, "{text:02x?}");
    let error = expected.first().map(|problem| problem.error());
    assert_eq!(secret::check(text).err(), error);
    assert_eq!(secret::verify(text, text), error.map_or(Ok(true), Err));
    match Derivation::new(text) {
        Ok(derivation) => {
            assert_eq!(derivation.key_id().to_string(), hex(&derive(text, "key-id", 8)));
            assert_eq!(derivation.fingerprint(), *hex(&derive(text, "fingerprint", 8)).as_bytes());
            assert_eq!(derivation.call_key()[..], derive(text, "call", 32));
        }
        Err(other) => assert_eq!(Some(other), error),
    }
    error.is_none()
}

/// Holds comparing two texts to comparing them.
fn compare_two(candidate: &[u8], expected: &[u8]) {
    let is_same = secret::check(expected).map(|()| candidate == expected);
    assert_eq!(secret::verify(candidate, expected), is_same, "{candidate:02x?} {expected:02x?}");
    assert_eq!(secret::digest(expected).map(|digest| secret::matches(&digest, candidate)), is_same, "{candidate:02x?} {expected:02x?}");
}

/// The fuzz target.
pub fn run(data: &[u8]) -> bool {
    let mut choices = Choices::new(data);
    let random = choices.array();
    let generated = secret::generate(&random);
    let text = format!("csk_{}", BASE64URL.encode(random));
    let checksum = &BASE64URL.encode(Hash::hash(text.as_bytes()))[..6];
    assert_eq!(String::from_utf8_lossy(&generated), format!("{text}_{checksum}"));
    assert!(compare(&generated), "a generated secret is refused");

    let mut edited = generated.to_vec();
    choices.edit(&mut edited);
    compare(&edited);
    compare_two(&edited, &generated);
    compare_two(&generated, &edited);

    let mut other = data.to_vec();
    choices.edit(&mut other);
    compare_two(&other, data);
    // Each of the words of examples, in some case, with something before and after it.
    let (upper, before, after) = (choices.byte(), choices.bytes(40), choices.bytes(40));
    for word in WORDS {
        let letters = word.bytes().enumerate().map(|(at, letter)| if upper >> at & 1 == 1 { letter.to_ascii_uppercase() } else { letter });
        let text = [&before, &letters.collect(), &after].map(Vec::as_slice).concat();
        assert_eq!(secret::problems(&text).iter().collect::<Vec<_>>(), problems(&text), "{text:02x?}");
    }
    if choices.below(8) == 7 {
        for len in [secret::MAX_LEN, secret::MAX_LEN + 1] {
            let long: Vec<u8> = data.iter().copied().cycle().take(len).collect();
            compare(&long);
            compare_two(&long, &long);
        }
    }
    compare(data)
}
