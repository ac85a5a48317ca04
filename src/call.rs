//! Signed function calls, version 1: what a signature covers, the token that carries it, and whether a token is good.
//!
//! A token is `cs1.<key id>.<issued at>.<nonce>.<mac>`. Its MAC is HMAC-SHA256 over the deterministic CBOR (RFC 8949, 4.2.1) of
//! `["countersign.call.v1", key id, audience, type, name, issued at, nonce, args]`. A mutation may carry an idempotency key; the array
//! then has a ninth element, the map `{ "idempotencyKey": key }`.

use core::fmt;

use subtle::{Choice, ConditionallySelectable as _};

use crate::error::Error;
use crate::keyring::{ID_LEN, KeyId};
use crate::mac::{Key, MAC_LEN, Mac};
use crate::text::{base64url_len, is_utf8, read_base64url, write_base64url};
use crate::value::{self, head};
use crate::window;

/// The length of a nonce, in bytes.
pub const NONCE_LEN: usize = 16;

/// The longest a token can be, in characters.
pub const MAX_TOKEN_LEN: usize = VERSION.len() + ID_LEN + 1 + MAX_DIGITS + TAIL_LEN;

/// The longest audience or function name, in bytes.
pub const MAX_NAME_LEN: usize = 1024;

/// The longest idempotency key, in bytes.
pub const MAX_IDEMPOTENCY_KEY_LEN: usize = 256;

const VERSION: &[u8] = b"cs1.";
/// What the array begins with: a text.
const DOMAIN: &[u8] = b"\x73countersign.call.v1";
/// What the ninth element begins with: a map of one entry, and that with its name.
const IDEMPOTENCY_KEY: &[u8] = b"\xa1\x6eidempotencyKey";
const MAX_DIGITS: usize = 16;
const NONCE_CHARS: usize = base64url_len(NONCE_LEN);
const MAC_CHARS: usize = base64url_len(MAC_LEN);
/// The length of what comes after the time: a full stop, the nonce, a full stop, the MAC.
const TAIL_LEN: usize = 1 + NONCE_CHARS + 1 + MAC_CHARS;

/// The type of a Convex function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum FunctionType {
    /// A query.
    Query = 0,
    /// A mutation.
    Mutation = 1,
    /// An action.
    Action = 2,
}

impl FunctionType {
    /// The type with this number.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        match number {
            0 => Some(Self::Query),
            1 => Some(Self::Mutation),
            2 => Some(Self::Action),
            _ => None,
        }
    }

    /// The name that is signed.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Action => "action",
        }
    }
}

/// A function call: what the two sides must agree on, byte for byte.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    audience: &'a [u8],
    pub(crate) kind: FunctionType,
    pub(crate) name: &'a [u8],
    pub(crate) args: &'a [u8],
    pub(crate) idempotency_key: Option<&'a [u8]>,
}

impl<'a> Call<'a> {
    /// A call of the function `name` (`path/to/module:function`) on the deployment `audience`, its arguments encoded as [`value`] has it.
    ///
    /// # Errors
    /// [`Error::TypeInvalid`] for an audience or name that is empty or over [`MAX_NAME_LEN`] bytes, [`Error::TextMalformed`] for one that
    /// is not UTF-8, [`Error::ValueUnsupported`] for arguments that are not in their deterministic form ([`value::check`] says why).
    pub fn new(audience: &'a [u8], kind: FunctionType, name: &'a [u8], args: &'a [u8]) -> Result<Self, Error> {
        check_text(audience, MAX_NAME_LEN)?;
        check_text(name, MAX_NAME_LEN)?;
        value::check(args).map_err(|_| Error::ValueUnsupported)?;
        Ok(Self { audience, kind, name, args, idempotency_key: None })
    }

    /// The same call, to be run once however often it is sent with this key. `None` leaves it as it is.
    ///
    /// # Errors
    /// [`Error::TypeInvalid`] for a key that is empty or over [`MAX_IDEMPOTENCY_KEY_LEN`] bytes, and for any key with a query or an action:
    /// only a mutation's result can be recorded in the transaction that makes it. [`Error::TextMalformed`] for one that is not UTF-8.
    pub fn with_idempotency_key(self, key: Option<&'a [u8]>) -> Result<Self, Error> {
        if let Some(key) = key {
            check_text(key, MAX_IDEMPOTENCY_KEY_LEN)?;
            if self.kind != FunctionType::Mutation {
                return Err(Error::TypeInvalid);
            }
        }
        Ok(Self { idempotency_key: key, ..self })
    }

    /// Begins the MAC of this call.
    fn mac(&self, key: &Key, token: &Token) -> Mac {
        let mut mac = key.begin();
        self.write_signed(token, &mut mac);
        mac
    }

    /// Writes everything that is signed. This is done here and nowhere else.
    pub(crate) fn write_signed(&self, token: &Token, out: &mut impl Sink) {
        add_head(out, 4, 8 + u64::from(self.idempotency_key.is_some()));
        out.add(DOMAIN);
        for text in [token.key_id.as_bytes(), self.audience, self.kind.name().as_bytes(), self.name] {
            add_run(out, 3, text);
        }
        add_head(out, 0, token.issued_at);
        add_run(out, 2, &token.nonce);
        out.add(self.args);
        if let Some(key) = self.idempotency_key {
            out.add(IDEMPOTENCY_KEY);
            add_run(out, 3, key);
        }
    }

    /// Signs this call.
    ///
    /// # Errors
    /// [`Error::TypeInvalid`] if `issued_at` is over [`window::MAX_TIME_MS`].
    pub fn sign(&self, key: &Key, id: KeyId, issued_at: u64, nonce: [u8; NONCE_LEN]) -> Result<Token, Error> {
        if issued_at > window::MAX_TIME_MS {
            return Err(Error::TypeInvalid);
        }
        let mut token = Token { key_id: id, issued_at, nonce, mac: [0; MAC_LEN] };
        token.mac = self.mac(key, &token).sign();
        Ok(token)
    }

    /// Whether `token` is a signature over this call, made with `key`, at a time within the window. `known` is false if no
    /// key has the token's id; `key` is then another one, so that the same work is done.
    ///
    /// # Errors
    /// In this order: [`Error::KeyUnknown`], [`Error::SignatureInvalid`], and those of [`window::check`].
    pub fn verify(&self, token: &Token, key: &Key, known: bool, now: u64, tolerance_ms: u32) -> Result<(), Error> {
        match self.verdict(token, key, Choice::from(u8::from(known)), now, tolerance_ms) {
            0 => Ok(()),
            number => Err(Error::from_number(number).unwrap_or(Error::SignatureInvalid)),
        }
    }

    /// What [`Call::verify`] says, as a number: 0, or that of the error. Nothing branches on whether the key is known or the MAC right.
    #[must_use]
    pub fn verdict(&self, token: &Token, key: &Key, known: Choice, now: u64, tolerance_ms: u32) -> u32 {
        let valid = self.mac(key, token).ct_verify(&token.mac);
        let in_time = window::check(token.issued_at, now, tolerance_ms).map_or_else(|error| error as u32, |()| 0);
        let of_known = u32::conditional_select(&(Error::SignatureInvalid as u32), &in_time, valid);
        u32::conditional_select(&(Error::KeyUnknown as u32), &of_known, known)
    }
}

impl fmt::Display for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Both were checked to be text when the call was made.
        let text = |bytes| core::str::from_utf8(bytes).unwrap_or("?");
        let once = if self.idempotency_key.is_some() { " and an idempotency key" } else { "" };
        write!(
            f,
            "the {} {} on {} with {} bytes of arguments{once}",
            self.kind.name(),
            text(self.name),
            text(self.audience),
            self.args.len()
        )
    }
}

/// Where signed bytes go: into a MAC, or, for an explanation, into memory.
pub(crate) trait Sink {
    fn add(&mut self, piece: &[u8]);
}

impl Sink for Mac {
    fn add(&mut self, piece: &[u8]) {
        Self::add(self, piece);
    }
}

#[cfg(any(feature = "std", test))]
impl Sink for Vec<u8> {
    fn add(&mut self, piece: &[u8]) {
        self.extend_from_slice(piece);
    }
}

fn add_run(out: &mut impl Sink, major: u8, bytes: &[u8]) {
    add_head(out, major, bytes.len() as u64);
    out.add(bytes);
}

fn add_head(out: &mut impl Sink, major: u8, number: u64) {
    head(major, number, |byte| out.add(&[byte]));
}

fn check_text(text: &[u8], max_len: usize) -> Result<(), Error> {
    if text.is_empty() || text.len() > max_len {
        return Err(Error::TypeInvalid);
    }
    if is_utf8(text) { Ok(()) } else { Err(Error::TextMalformed) }
}

/// A token, taken apart. Having one says nothing about whether it is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The key it says it was made with.
    pub key_id: KeyId,
    /// The time it says it was made, in milliseconds since 1970.
    pub issued_at: u64,
    /// What makes it different from every other token.
    pub nonce: [u8; NONCE_LEN],
    mac: [u8; MAC_LEN],
}

impl Token {
    /// Reads a token. Accepts exactly what [`Token::write`] makes.
    ///
    /// # Errors
    /// [`Error::SignatureMissing`] for no text at all, [`Error::VersionUnsupported`] for a token of another version,
    /// [`Error::SignatureMalformed`] for anything else that is not a token.
    pub fn parse(text: &[u8]) -> Result<Self, Error> {
        if text.is_empty() {
            return Err(Error::SignatureMissing);
        }
        match text.strip_prefix(VERSION) {
            Some(rest) => Self::parse_parts(rest).ok_or(Error::SignatureMalformed),
            None if is_other_version(text) => Err(Error::VersionUnsupported),
            None => Err(Error::SignatureMalformed),
        }
    }

    /// All parts but the time have a fixed length, so it is what is left in the middle.
    fn parse_parts(text: &[u8]) -> Option<Self> {
        let ([key_id @ .., b'.'], text) = text.split_first_chunk::<{ ID_LEN + 1 }>()? else { return None };
        let (time, [b'.', tail @ ..]) = text.split_last_chunk::<TAIL_LEN>()? else { return None };
        let (nonce, [b'.', mac @ ..]) = tail.split_at(NONCE_CHARS) else { return None };
        let mut token = Self { key_id: KeyId::parse(key_id)?, issued_at: parse_time(time)?, nonce: [0; NONCE_LEN], mac: [0; MAC_LEN] };
        let is_read = read_base64url(nonce, &mut token.nonce) & read_base64url(mac, &mut token.mac);
        is_read.then_some(token)
    }

    /// Writes the token's text into `out` and returns its length.
    pub fn write(&self, out: &mut [u8; MAX_TOKEN_LEN]) -> usize {
        let mut digits = [0; MAX_DIGITS];
        let digits = write_time(self.issued_at, &mut digits);
        let mut tail = [b'.'; TAIL_LEN];
        let (nonce, mac) = tail.split_at_mut(1 + NONCE_CHARS);
        write_base64url(&self.nonce, &mut nonce[1..]);
        write_base64url(&self.mac, &mut mac[1..]);
        let mut places = out.iter_mut();
        for part in [VERSION, self.key_id.as_bytes(), b".", digits, &tail] {
            for (char, place) in part.iter().zip(&mut places) {
                *place = *char;
            }
        }
        MAX_TOKEN_LEN - places.len()
    }
}

/// `cs`, digits, a full stop: a token, if it does not begin with [`VERSION`], of another version.
fn is_other_version(text: &[u8]) -> bool {
    let Some([b'0'..=b'9', rest @ ..]) = text.strip_prefix(b"cs") else { return false };
    let mut rest = rest;
    while let [b'0'..=b'9', left @ ..] = rest {
        rest = left;
    }
    rest.starts_with(b".")
}

/// Decimal digits and nothing else, no leading zero, at most [`window::MAX_TIME_MS`].
fn parse_time(digits: &[u8]) -> Option<u64> {
    if matches!(digits, [] | [b'0', _, ..]) || digits.len() > MAX_DIGITS {
        return None;
    }
    let time = digits.iter().try_fold(0, |sum, c| c.is_ascii_digit().then(|| sum * 10 + u64::from(c - b'0')))?;
    (time <= window::MAX_TIME_MS).then_some(time)
}

fn write_time(mut time: u64, digits: &mut [u8; MAX_DIGITS]) -> &[u8] {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (time % 10) as u8;
        time /= 10;
    }
    let mut text = digits.as_slice();
    while let [b'0', rest @ ..] = text
        && !rest.is_empty()
    {
        text = rest;
    }
    text
}

#[cfg(test)]
mod tests;
