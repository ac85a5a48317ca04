//! Secrets: the text both sides share. What makes one usable, whether two are equal, and names for one that give nothing away.

use crate::error::Error;
use core::hint::black_box;

use subtle::Choice;

use crate::hash::{ct_eq, hash};
use crate::pair::Pair;
use crate::text::{base64url_len, within, write_base64url};

/// The fewest bytes a secret may have.
pub const MIN_LEN: usize = 32;

/// The most bytes a secret may have.
pub const MAX_LEN: usize = 16 * 1024;

/// The fewest different byte values a secret may hold.
pub const MIN_DISTINCT: u32 = 8;

/// The length of a generated secret: `csk_`, 32 bytes in base64url, `_`, and a checksum.
pub const GENERATED_LEN: usize = PREFIX.len() + RANDOM_CHARS + TAIL_LEN;

/// How many random bytes a generated secret holds.
pub const RANDOM_LEN: usize = 32;

const PREFIX: &[u8; 4] = b"csk_";
const RANDOM_CHARS: usize = base64url_len(RANDOM_LEN);
/// The underscore and the characters of the checksum.
const TAIL_LEN: usize = 7;

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
    /// A word for it, for programs.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Padded => "padded",
            Self::Quoted => "quoted",
            Self::Checksum => "checksum",
            Self::TooLong => "too_long",
            Self::TooShort => "too_short",
            Self::FewDistinct => "few_distinct",
            Self::Repeated => "repeated",
            Self::Placeholder => "placeholder",
        }
    }

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

    /// The one to mend first.
    #[must_use]
    pub fn first(self) -> Option<Problem> {
        // Without a problem there are 32 zeros.
        Problem::ALL.get(self.0.trailing_zeros() as usize).copied()
    }

    /// The same as a number: bit `n` stands for problem `n`.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Notes the problem if the lowest bit of `found` is set.
    fn note(&mut self, problem: Problem, found: u8) {
        self.0 |= u32::from(found & 1) << problem as u32;
    }
}

/// Whether `secret` may be used.
///
/// # Errors
/// [`Error::SecretMissing`], [`Error::SecretMalformed`] or [`Error::SecretWeak`], after the first of its [`problems`].
pub fn check(secret: &[u8]) -> Result<(), Error> {
    problems(secret).first().map_or(Ok(()), |problem| Err(problem.error()))
}

/// Everything that is wrong with `secret`. What is done depends on its length only.
#[must_use]
pub fn problems(secret: &[u8]) -> Problems {
    let mut found = Problems::default();
    if secret.len() > MAX_LEN {
        found.note(Problem::TooLong, 1);
        return found;
    }
    let blank = secret.iter().fold(1, |blank, byte| blank & is_blank(*byte));
    found.note(Problem::Missing, blank);
    let (Some(first), Some(last)) = (secret.first(), secret.last()) else {
        return found;
    };
    found.note(Problem::Padded, (is_blank(*first) | is_blank(*last)) & !blank);
    found.note(Problem::Quoted, is_quote(*first) | is_quote(*last));
    found.note(Problem::TooShort, u8::from(secret.len() < MIN_LEN) & !blank);
    // What generated secrets are made of needs no looking at, only whether all of it has come.
    let generated = secret.get(..PREFIX.len()).map_or(0, |start| ct_eq(start, PREFIX).unwrap_u8());
    found.note(Problem::Checksum, generated & !has_right_checksum(secret));
    let chosen = !(generated | blank);
    found.note(Problem::FewDistinct, has_few_distinct(secret, *first) & chosen);
    found.note(Problem::Repeated, is_repeated(secret) & chosen);
    found.note(Problem::Placeholder, is_placeholder(secret) & chosen);
    found
}

/// The digest that is kept of an expected secret and that candidates are compared by: SHA-256.
///
/// # Errors
/// Those of [`check`]: a secret that is missing or weak never matches anything, because there is no digest of it.
pub fn digest(expected: &[u8]) -> Result<[u8; 32], Error> {
    check(expected)?;
    Ok(hash(expected))
}

/// Whether `candidate` is the secret that [`digest`] was made of. The digests are compared in constant time.
#[must_use]
pub fn matches(digest: &[u8; 32], candidate: &[u8]) -> bool {
    ct_matches(digest, candidate).into()
}

/// Whether `candidate` is equal to `expected`. Their digests are compared in constant time; how long reading them takes
/// depends on their lengths.
///
/// # Errors
/// Those of [`check`], for `expected`.
pub fn verify(candidate: &[u8], expected: &[u8]) -> Result<bool, Error> {
    ct_verify(candidate, expected).map(Into::into)
}

/// What [`matches`] says, for callers that must not branch on the answer either.
#[must_use]
pub fn ct_matches(digest: &[u8; 32], candidate: &[u8]) -> Choice {
    // Nothing longer than the longest secret can be equal to one; so nobody can make this hash without end.
    if candidate.len() > MAX_LEN {
        return Choice::from(0);
    }
    ct_eq(&hash(candidate), digest)
}

/// What [`verify`] says, for callers that must not branch on the answer either.
///
/// # Errors
/// Those of [`check`], for `expected`.
pub fn ct_verify(candidate: &[u8], expected: &[u8]) -> Result<Choice, Error> {
    check(expected)?;
    Ok(ct_matches(&hash(expected), candidate))
}

/// Makes a secret of 32 random bytes: `csk_`, the bytes in base64url, `_`, and a checksum that tells a truncated or
/// mistyped secret from a wrong one.
#[must_use]
pub fn generate(random: &[u8; RANDOM_LEN]) -> [u8; GENERATED_LEN] {
    let mut text = [0; GENERATED_LEN];
    let (prefix, rest) = text.split_at_mut(PREFIX.len());
    prefix.copy_from_slice(PREFIX);
    write_base64url(random, &mut rest[..RANDOM_CHARS]);
    let tail = tail(&text[..GENERATED_LEN - TAIL_LEN]);
    text[GENERATED_LEN - TAIL_LEN..].copy_from_slice(&tail);
    text
}

/// What a generated secret ends with: an underscore and the first 36 bits of SHA-256 over what stands before it, in base64url.
fn tail(text: &[u8]) -> [u8; TAIL_LEN] {
    let mut tail = [b'_'; TAIL_LEN];
    write_base64url(&hash(text), &mut tail[1..]);
    tail
}

fn has_right_checksum(secret: &[u8]) -> u8 {
    match secret.split_last_chunk::<TAIL_LEN>() {
        Some((text, end)) if secret.len() == GENERATED_LEN => ct_eq(&tail(text), end).unwrap_u8(),
        _ => 0,
    }
}

/// White space or a control character: space and everything below it, and DEL.
fn is_blank(byte: u8) -> u8 {
    within(byte, 0, b' ') | within(byte, 0x7f, 0x7f)
}

fn is_quote(byte: u8) -> u8 {
    within(byte, b'"', b'"') | within(byte, b'\'', b'\'') | within(byte, b'`', b'`')
}

/// Eight bytes, each 1.
const ONES: u64 = 0x0101_0101_0101_0101;

/// Whether there are fewer than [`MIN_DISTINCT`] different byte values.
fn has_few_distinct(secret: &[u8], first: u8) -> u8 {
    // The last eight different values. If there are fewer, the first one fills the rest, so that nothing else counts as seen.
    let mut seen = u64::from(first) * ONES;
    let mut count = 1;
    for byte in secret {
        let difference = seen ^ (u64::from(*byte) * ONES);
        // The highest bit of some byte is set if and only if one of the eight is zero.
        let mut zero = difference.wrapping_sub(ONES) & !difference & (ONES << 7);
        // Down to one bit by shifting: of a comparison with zero the compiler would make a select of what to shift by.
        for distance in [32, 16, 8] {
            zero |= zero >> distance;
        }
        let new = zero >> 7 & 1 ^ 1;
        seen = seen << (8 * new) | (u64::from(*byte) & new.wrapping_neg());
        count += new;
    }
    // The sign of the difference; the compiler would make a select of a comparison.
    black_box(count.wrapping_sub(u64::from(MIN_DISTINCT)) >> 63) as u8
}

/// Whether the text is one piece of at most 16 bytes, over and over.
fn is_repeated(secret: &[u8]) -> u8 {
    let mut repeated = 0;
    for period in 1..=16 {
        let Some((_, later)) = secret.split_at_checked(period).filter(|(_, later)| later.len() >= period) else { break };
        repeated |= ct_eq(&secret[..later.len()], later).unwrap_u8();
    }
    repeated
}

/// Eight bytes, each with bit 5 set, so that upper and lower case and a hyphen or space in place of the other are one.
const CASE: u64 = 0x20 * ONES;

/// The first eight bytes of words that stand in examples, two and two.
static PLACEHOLDERS: [Pair; 8] = [
    pair(b"changeme", b"change-m"),
    pair(b"change_m", b"your-sec"),
    pair(b"your_sec", b"yoursecr"),
    pair(b"replace-", b"replace_"),
    pair(b"replacem", b"placehol"),
    pair(b"my-secre", b"my_secre"),
    pair(b"supersec", b"super-se"),
    pair(b"super_se", b"undefine"),
];

const fn pair(one: &[u8; 8], other: &[u8; 8]) -> Pair {
    Pair::new(u64::from_be_bytes(*one) | CASE, u64::from_be_bytes(*other) | CASE)
}

fn is_placeholder(secret: &[u8]) -> u8 {
    let mut equal = Pair::new(0, 0);
    let mut window = 0;
    for byte in secret {
        window = window << 8 | u64::from(*byte);
        let words = Pair::splat(window | CASE);
        for placeholders in &PLACEHOLDERS {
            equal = equal | words.equals(*placeholders);
        }
    }
    equal.any() | ct_eq(secret, b"null").unwrap_u8()
}

#[cfg(test)]
mod tests;
