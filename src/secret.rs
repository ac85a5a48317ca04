//! Secrets: the text both sides share. What makes one usable, whether two are equal, and names for one that give nothing away.

use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _, ConstantTimeLess as _};

use crate::error::Error;
use crate::hash::sha256;
use crate::text::{base64url_len, write_base64url};

/// The fewest bytes a secret may have.
pub const MIN_LEN: usize = 32;

/// The most bytes a secret may have.
pub const MAX_LEN: usize = 16 * 1024;

/// The fewest different byte values a secret may hold.
pub const MIN_DISTINCT: u32 = 8;

/// The length of a generated secret: `csk_`, 32 bytes in base64url, `_`, and a checksum.
pub const GENERATED_LEN: usize = PREFIX.len() + RANDOM_CHARS + 1 + CHECKSUM_CHARS;

/// How many random bytes a generated secret holds.
pub const RANDOM_LEN: usize = 32;

const PREFIX: &[u8; 4] = b"csk_";
const RANDOM_CHARS: usize = base64url_len(RANDOM_LEN);
const CHECKSUM_CHARS: usize = 6;
const CHECKSUM_AT: usize = PREFIX.len() + RANDOM_CHARS + 1;

/// What can be wrong with a secret. A secret may have several problems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Problem {
    /// Nothing there, or only white space.
    Missing = 0,
    /// White space or a control character at an end.
    Padded = 1,
    /// A quote at an end.
    Quoted = 2,
    /// It begins as a generated secret does, but its length or its checksum is wrong.
    Checksum = 3,
    /// More than [`MAX_LEN`] bytes.
    TooLong = 4,
    /// Fewer than [`MIN_LEN`] bytes.
    TooShort = 5,
    /// Fewer than [`MIN_DISTINCT`] different byte values.
    FewDistinct = 6,
    /// One short piece, over and over.
    Repeated = 7,
    /// It holds words that stand in examples, such as `changeme`.
    Placeholder = 8,
}

impl Problem {
    /// Every problem, the one to mend first in front.
    pub const ALL: &'static [Self] = &[
        Self::Missing,
        Self::Padded,
        Self::Quoted,
        Self::Checksum,
        Self::TooLong,
        Self::TooShort,
        Self::FewDistinct,
        Self::Repeated,
        Self::Placeholder,
    ];

    /// The error this problem is refused with.
    #[must_use]
    pub const fn error(self) -> Error {
        match self {
            Self::Missing => Error::SecretMissing,
            Self::Padded | Self::Quoted | Self::Checksum | Self::TooLong => Error::SecretMalformed,
            Self::TooShort | Self::FewDistinct | Self::Repeated | Self::Placeholder => Error::SecretWeak,
        }
    }
}

#[cfg(any(feature = "std", test))]
impl Problem {
    /// What is wrong and what to do, for people. The secret is not in it.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Missing => "There is no secret here. Set the variable; make a secret with generateSecret().",
            Self::Padded => "There is white space or a control character at an end. Copy the secret without it.",
            Self::Quoted => {
                "There is a quote at an end. Quotes of a shell or an environment file do not belong to the secret: take them away."
            }
            Self::Checksum => {
                "It begins with csk_, but its checksum does not fit: it was cut off, mistyped or changed. Copy it again from where it was made."
            }
            Self::TooLong => "It is longer than 16 KiB. Make a secret with generateSecret().",
            Self::TooShort => "It has fewer than 32 bytes. Make a secret with generateSecret().",
            Self::FewDistinct => "It has fewer than 8 different characters. Make a secret with generateSecret().",
            Self::Repeated => "It is one short piece over and over. Make a secret with generateSecret().",
            Self::Placeholder => "It is a placeholder from an example. Make a secret with generateSecret().",
        }
    }
}

/// A set of problems.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Problems(u32);

impl Problems {
    /// Whether this problem is among them.
    #[must_use]
    pub const fn has(self, problem: Problem) -> bool {
        self.0 >> problem as u32 & 1 == 1
    }

    /// The problems, the one to mend first in front.
    pub fn iter(self) -> impl Iterator<Item = Problem> {
        Problem::ALL.iter().copied().filter(move |problem| self.has(*problem))
    }

    /// The same as a number: bit `n` stands for problem `n`.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    fn note(&mut self, problem: Problem, found: Choice) {
        self.0 |= u32::from(found.unwrap_u8()) << problem as u32;
    }
}

/// Whether `secret` may be used.
///
/// # Errors
/// [`Error::SecretMissing`], [`Error::SecretMalformed`] or [`Error::SecretWeak`], after the first of its [`problems`].
pub fn check(secret: &[u8]) -> Result<(), Error> {
    problems(secret).iter().next().map_or(Ok(()), |problem| Err(problem.error()))
}

/// Everything that is wrong with `secret`. Which bytes are looked at depends on its length only, and on whether it begins with `csk_`.
#[must_use]
pub fn problems(secret: &[u8]) -> Problems {
    let mut found = Problems::default();
    let mut blank = Choice::from(1);
    if secret.len() > MAX_LEN {
        found.note(Problem::TooLong, Choice::from(1));
        return found;
    }
    for byte in secret {
        blank &= is_blank(*byte);
    }
    found.note(Problem::Missing, blank);
    let (Some(first), Some(last)) = (secret.first(), secret.last()) else {
        return found;
    };
    found.note(Problem::Padded, (is_blank(*first) | is_blank(*last)) & !blank);
    found.note(Problem::Quoted, is_quote(*first) | is_quote(*last));
    found.note(Problem::TooShort, Choice::from(u8::from(secret.len() < MIN_LEN)) & !blank);
    if secret.starts_with(PREFIX) {
        found.note(Problem::Checksum, !has_right_checksum(secret));
        return found;
    }
    found.note(Problem::FewDistinct, distinct(secret).ct_lt(&MIN_DISTINCT) & !blank);
    found.note(Problem::Repeated, is_repeated(secret));
    found.note(Problem::Placeholder, is_placeholder(secret));
    found
}

/// The digest that is kept of an expected secret and that candidates are compared by: SHA-256.
///
/// # Errors
/// Those of [`check`]: a secret that is missing or weak never matches anything, because there is no digest of it.
pub fn digest(expected: &[u8]) -> Result<[u8; 32], Error> {
    check(expected)?;
    Ok(sha256(&[expected]))
}

/// Whether `candidate` is the secret that [`digest`] was made of. The digests are compared in constant time.
#[must_use]
pub fn matches(digest: &[u8; 32], candidate: &[u8]) -> bool {
    // Nothing longer than the longest secret can be equal to one; so nobody can make this hash without end.
    candidate.len() <= MAX_LEN && bool::from(sha256(&[candidate]).ct_eq(digest))
}

/// Whether `candidate` is equal to `expected`. Their digests are compared in constant time; how long reading them takes
/// depends on their lengths.
///
/// # Errors
/// Those of [`check`], for `expected`.
pub fn verify(candidate: &[u8], expected: &[u8]) -> Result<bool, Error> {
    Ok(matches(&digest(expected)?, candidate))
}

/// Makes a secret of 32 random bytes: `csk_`, the bytes in base64url, `_`, and a checksum that tells a truncated or
/// mistyped secret from a wrong one.
#[must_use]
pub fn generate(random: &[u8; RANDOM_LEN]) -> [u8; GENERATED_LEN] {
    let mut text = [b'_'; GENERATED_LEN];
    text[..PREFIX.len()].copy_from_slice(PREFIX);
    write_base64url(random, &mut text[PREFIX.len()..CHECKSUM_AT - 1]);
    let checksum = checksum(&text);
    text[CHECKSUM_AT..].copy_from_slice(&checksum);
    text
}

/// The checksum of a generated secret: the first 36 bits of SHA-256 over what stands before the last `_`, in base64url.
fn checksum(text: &[u8; GENERATED_LEN]) -> [u8; CHECKSUM_CHARS] {
    let mut sum = [0; CHECKSUM_CHARS];
    write_base64url(&sha256(&[&text[..CHECKSUM_AT - 1]]), &mut sum);
    sum
}

fn has_right_checksum(secret: &[u8]) -> Choice {
    let Ok(text) = <&[u8; GENERATED_LEN]>::try_from(secret) else {
        return Choice::from(0);
    };
    checksum(text).ct_eq(&text[CHECKSUM_AT..]) & text[CHECKSUM_AT - 1].ct_eq(&b'_')
}

/// White space or a control character: space and everything below it, and DEL.
fn is_blank(byte: u8) -> Choice {
    byte.ct_lt(&(b' ' + 1)) | byte.ct_eq(&0x7f)
}

fn is_quote(byte: u8) -> Choice {
    byte.ct_eq(&b'"') | byte.ct_eq(&b'\'') | byte.ct_eq(&b'`')
}

/// How many different byte values there are.
fn distinct(secret: &[u8]) -> u32 {
    let mut seen = [0_u64; 4];
    for byte in secret {
        let bit = 1 << (byte & 63);
        for (quarter, bits) in seen.iter_mut().enumerate() {
            *bits |= u64::conditional_select(&0, &bit, (byte >> 6).ct_eq(&(quarter as u8)));
        }
    }
    seen.iter().map(|bits| bits.count_ones()).sum()
}

/// Whether the text is one piece of at most 16 bytes, over and over.
fn is_repeated(secret: &[u8]) -> Choice {
    let mut repeated = Choice::from(0);
    for period in (1..=16).filter(|period| 2 * period <= secret.len()) {
        let difference = secret.iter().zip(secret.iter().skip(period)).fold(0, |sum, (one, other)| sum | (one ^ other));
        repeated |= difference.ct_eq(&0);
    }
    repeated
}

/// Eight bytes, each with bit 5 set, so that upper and lower case and a hyphen or space in place of the other are one.
const CASE: u64 = 0x2020_2020_2020_2020;

/// The first eight bytes of words that stand in examples.
const PLACEHOLDERS: [u64; 16] = [
    word(b"changeme"),
    word(b"change-m"),
    word(b"change_m"),
    word(b"your-sec"),
    word(b"your_sec"),
    word(b"yoursecr"),
    word(b"replace-"),
    word(b"replace_"),
    word(b"replacem"),
    word(b"placehol"),
    word(b"my-secre"),
    word(b"my_secre"),
    word(b"supersec"),
    word(b"super-se"),
    word(b"super_se"),
    word(b"undefine"),
];

const fn word(text: &[u8; 8]) -> u64 {
    u64::from_be_bytes(*text) | CASE
}

fn is_placeholder(secret: &[u8]) -> Choice {
    let mut found = secret.ct_eq(b"null");
    let mut window = 0_u64;
    for byte in secret {
        window = window << 8 | u64::from(*byte);
        for placeholder in PLACEHOLDERS {
            found |= (window | CASE).ct_eq(&placeholder);
        }
    }
    found
}

#[cfg(test)]
mod tests {
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
        assert_eq!(distinct(&(0..=255).collect::<Vec<u8>>()), 256);
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
}
