//! What a provider's secret looks like, and which keys follow from it. The form is the provider's: it is never guessed from the text.

use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::{MAX_SECRETS, MIN_SECRET_LEN};
use crate::error::Error;
use crate::hash::ct_eq;
use crate::mac::Key;
use crate::secret::{self, Problem};
use crate::text::{read_base64, read_hex};

/// The form of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A text that begins so; the key is the whole text as UTF-8.
    Text(&'static [u8]),
    /// The key in base64 with padding, behind this prefix.
    Base64(&'static [u8]),
    /// The key in lower-case hexadecimal.
    Hex,
    /// Either of Polar's: the key is the whole text as UTF-8 (before 2026-09-08), or what stands behind `whsec_` in base64 (since). The
    /// text does not say when it was made, so both keys are tried.
    Polar,
}

const WHSEC: &[u8] = b"whsec_";

/// The keys of all secrets.
pub fn keys(form: Form, secrets: &[&[u8]]) -> Result<Vec<Key>, Error> {
    let mut keys = Vec::with_capacity(secrets.len() * 2);
    for secret in bounded(secrets)? {
        keys.push(key(form, secret)?);
        if form == Form::Polar {
            keys.extend(standard_key(secret));
        }
    }
    Ok(keys)
}

/// The keys that sign, one for each secret: of Polar's two the one that Polar signs with, if the secret can have been made since.
pub fn signing_keys(form: Form, secrets: &[&[u8]]) -> Result<Vec<Key>, Error> {
    bounded(secrets)?
        .iter()
        .map(|secret| {
            let key = key(form, secret)?;
            Ok(if form == Form::Polar { standard_key(secret).unwrap_or(key) } else { key })
        })
        .collect()
}

fn bounded<'s, 'a>(secrets: &'s [&'a [u8]]) -> Result<&'s [&'a [u8]], Error> {
    match secrets.len() {
        0 => Err(Error::SecretMissing),
        1..=MAX_SECRETS => Ok(secrets),
        _ => Err(Error::Misconfigured),
    }
}

fn key(form: Form, secret: &[u8]) -> Result<Key, Error> {
    // Everything but the length: providers' secrets are shorter than ours.
    let problems = secret::problems(secret).bits() & !(1 << Problem::TooShort as u32);
    if problems != 0 {
        return Err(Problem::ALL[problems.trailing_zeros() as usize].error());
    }
    match form {
        Form::Text(prefix) => {
            let rest = behind(prefix, secret).ok_or(Error::SecretMalformed)?;
            long_enough(rest).map(|()| Key::new(secret))
        }
        Form::Base64(prefix) => {
            let bytes = behind(prefix, secret).and_then(decode).ok_or(Error::SecretMalformed)?;
            long_enough(&bytes).map(|()| Key::new(&bytes))
        }
        Form::Hex => {
            let mut bytes = Zeroizing::new(vec![0; secret.len() / 2]);
            if !read_hex(secret, &mut bytes) {
                return Err(Error::SecretMalformed);
            }
            long_enough(&bytes).map(|()| Key::new(&bytes))
        }
        Form::Polar => long_enough(behind(WHSEC, secret).unwrap_or(secret)).map(|()| Key::new(secret)),
    }
}

/// What stands behind the prefix, which is compared all at once.
fn behind<'a>(prefix: &[u8], secret: &'a [u8]) -> Option<&'a [u8]> {
    let (start, rest) = secret.split_at_checked(prefix.len())?;
    bool::from(ct_eq(start, prefix)).then_some(rest)
}

/// Base64 with padding. How much of that there is is found by trying, so that no length is reckoned from a secret's bytes.
fn decode(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    (0..3).find_map(|padding| {
        let mut bytes = Zeroizing::new(vec![0; (text.len() / 4 * 3).checked_sub(padding)?]);
        read_base64(text, &mut bytes).then_some(bytes)
    })
}

/// The key of a secret of Standard Webhooks, if it is one.
fn standard_key(secret: &[u8]) -> Option<Key> {
    key(Form::Base64(WHSEC), secret).ok()
}

fn long_enough(bytes: &[u8]) -> Result<(), Error> {
    if bytes.len() < MIN_SECRET_LEN { Err(Error::SecretWeak) } else { Ok(()) }
}
