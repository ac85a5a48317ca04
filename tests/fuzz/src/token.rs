//! Tokens: `cs1.<key id>.<issued at>.<nonce>.<mac>`, one text each.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use countersign::call::{MAX_TOKEN_LEN, Token};
use countersign::error::Error;

use crate::choices::Choices;
use crate::secret::hex;

const MAX_TIME: u64 = 9_007_199_254_740_991;

/// A token as a plain reader takes it apart.
#[derive(Clone, Debug)]
pub struct Parts {
    pub key_id: String,
    pub issued_at: u64,
    pub nonce: Vec<u8>,
    pub mac: Vec<u8>,
}

/// Takes a token apart at its full stops.
///
/// # Errors
/// [`Error::SignatureMissing`], [`Error::VersionUnsupported`] or [`Error::SignatureMalformed`].
pub fn read(text: &[u8]) -> Result<Parts, Error> {
    if text.is_empty() {
        return Err(Error::SignatureMissing);
    }
    let parts: Vec<&[u8]> = text.split(|c| *c == b'.').collect();
    match parts[..] {
        [b"cs1", key_id, time, nonce, mac] => read_parts(key_id, time, nonce, mac).ok_or(Error::SignatureMalformed),
        [[b'c', b's', version @ ..], _, ..] if version != b"1" && !version.is_empty() && version.iter().all(u8::is_ascii_digit) => {
            Err(Error::VersionUnsupported)
        }
        _ => Err(Error::SignatureMalformed),
    }
}

fn read_parts(key_id: &[u8], time: &[u8], nonce: &[u8], mac: &[u8]) -> Option<Parts> {
    let key_id = read_key_id(key_id)?;
    let time = std::str::from_utf8(time).ok()?;
    let issued_at = time.parse().ok().filter(|number: &u64| *number <= MAX_TIME && number.to_string() == time)?;
    let nonce = BASE64URL.decode(nonce).ok().filter(|bytes| bytes.len() == 16)?;
    let mac = BASE64URL.decode(mac).ok().filter(|bytes| bytes.len() == 32)?;
    Some(Parts { key_id, issued_at, nonce, mac })
}

/// 16 lower-case hexadecimal digits.
pub fn read_key_id(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    let is_id = text.chars().count() == 16 && text.chars().all(|c| "0123456789abcdef".contains(c));
    is_id.then(|| text.to_owned())
}

/// The one text of a token.
pub fn write(parts: &Parts) -> String {
    let Parts { key_id, issued_at, nonce, mac } = parts;
    format!("cs1.{key_id}.{issued_at}.{}.{}", BASE64URL.encode(nonce), BASE64URL.encode(mac))
}

/// The text that the crate writes.
pub fn written(token: &Token) -> Vec<u8> {
    let mut out = [0; MAX_TOKEN_LEN];
    let len = token.write(&mut out);
    out[..len].to_vec()
}

/// Holds the crate's reading of a text to the plain one.
fn compare(text: &[u8]) -> bool {
    let parsed = Token::parse(text);
    match (&parsed, read(text)) {
        (Ok(token), Ok(parts)) => {
            assert_eq!(token.key_id.to_string(), parts.key_id);
            assert_eq!(token.issued_at, parts.issued_at);
            assert_eq!(token.nonce[..], parts.nonce);
            assert_eq!(write(&parts).as_bytes(), text, "the plain reader itself is at fault");
            assert_eq!(written(token), text, "a token that is accepted is written back the same");
            true
        }
        (Err(error), Err(expected)) => {
            assert_eq!(*error, expected);
            false
        }
        (parsed, expected) => panic!("{parsed:?} where a plain reading says {expected:?}: {:?}", String::from_utf8_lossy(text)),
    }
}

/// The fuzz target.
pub fn run(data: &[u8]) -> bool {
    let mut choices = Choices::new(data);
    let parts = Parts {
        key_id: hex(&choices.array::<8>()),
        issued_at: choices.number(),
        nonce: choices.array::<16>().to_vec(),
        mac: choices.array::<32>().to_vec(),
    };
    let mut text = write(&parts).into_bytes();
    assert_eq!(compare(&text), parts.issued_at <= MAX_TIME, "{}", String::from_utf8_lossy(&text));
    choices.edit(&mut text);
    compare(&text);
    compare(data)
}
