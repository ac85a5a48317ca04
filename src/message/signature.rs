//! The two header fields of a signature, `Signature-Input` and `Signature`, and what ours says in them.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::base::{Headers, field_value};
use super::fields::{Bare, Dictionary, List, Value, dictionary, parameter};
use super::{ALGORITHM, MAX_NONCE_CHARS};
use crate::error::Error;
use crate::keyring::KeyId;
use crate::mac::MAC_LEN;

use core::fmt;

/// The two fields that carry signatures.
pub(super) struct SignatureFields {
    input: Vec<u8>,
    signature: Vec<u8>,
}

impl SignatureFields {
    pub(super) fn of(headers: Headers<'_>) -> Result<Self, Error> {
        let value = |name| field_value(headers, name).map(|value| value.filter(|value| !value.is_empty()));
        match (value(b"signature-input")?, value(b"signature")?) {
            (Some(input), Some(signature)) => Ok(Self { input, signature }),
            _ => Err(Error::SignatureMissing),
        }
    }

    /// The one signature with this tag. Others may be beside it: whoever passes a message on may sign it too.
    pub(super) fn find(&self, tag: &[u8]) -> Result<Signature<'_>, Error> {
        let inputs = dictionary(&self.input).ok_or(Error::SignatureMalformed)?;
        let mut ours = None;
        for (label, value) in inputs {
            let Value::List(list) = value else { return Err(Error::SignatureMalformed) };
            if string(&list, "tag") == Some(tag) && ours.replace((label, list)).is_some() {
                return Err(Error::SignatureMalformed);
            }
        }
        let (label, list) = ours.ok_or(Error::SignatureMissing)?;
        let signatures = dictionary(&self.signature).ok_or(Error::SignatureMalformed)?;
        Signature::read(label, list, &signatures).ok_or(Error::SignatureMalformed)
    }
}

/// A signature of ours, taken apart. Having one says nothing about whether it is good.
pub(super) struct Signature<'a> {
    label: &'a [u8],
    pub(super) list: List<'a>,
    pub(super) key_id: KeyId,
    pub(super) created: u64,
    pub(super) expires: Option<u64>,
    pub(super) nonce: Option<&'a [u8]>,
    pub(super) mac: [u8; MAC_LEN],
}

impl<'a> Signature<'a> {
    fn read(label: &'a [u8], list: List<'a>, signatures: &Dictionary<'a>) -> Option<Self> {
        let (_, Value::Item(item)) = signatures.iter().find(|(other, _)| *other == label)? else { return None };
        let (Bare::Bytes(mac), []) = (&item.bare, item.parameters.as_slice()) else { return None };
        let mac = mac.as_slice().try_into().ok()?;
        if string(&list, "alg")? != ALGORITHM {
            return None;
        }
        let key_id = KeyId::parse(string(&list, "keyid")?)?;
        let nonce = if parameter(&list.parameters, "nonce").is_some() { Some(string(&list, "nonce")?) } else { None };
        if nonce.is_some_and(|nonce| nonce.is_empty() || nonce.len() > MAX_NONCE_CHARS) {
            return None;
        }
        let created = time(&list, "created")?;
        let expires = if parameter(&list.parameters, "expires").is_some() { Some(time(&list, "expires")?) } else { None };
        Some(Self { label, list, key_id, created, expires, nonce, mac })
    }

    /// Refuses a signature that leaves one of these out.
    pub(super) fn check_coverage(&self, components: &[&[u8]]) -> Result<(), Error> {
        let covers = |component: &&[u8]| self.list.items.iter().any(|item| item.text == *component);
        if components.iter().all(covers) { Ok(()) } else { Err(Error::SignatureMalformed) }
    }

    pub(super) fn coverage(&self) -> String {
        format!("covered is {}", String::from_utf8_lossy(self.list.text))
    }

    /// How the response to a message with this signature covers it.
    pub(super) fn as_component(&self) -> Vec<u8> {
        [b"\"signature\";req;key=\"", self.label, b"\""].concat()
    }
}

impl fmt::Display for Signature<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = String::from_utf8_lossy(self.label);
        write!(f, "the signature labelled {label} was made with key {} at {} ms", self.key_id, self.created)
    }
}

/// A parameter that is a string, as it is written.
fn string<'a>(list: &List<'a>, name: &str) -> Option<&'a [u8]> {
    match parameter(&list.parameters, name)? {
        Bare::String(text) => Some(text),
        _ => None,
    }
}

/// A parameter that is a time in seconds, in milliseconds.
fn time(list: &List<'_>, name: &str) -> Option<u64> {
    match parameter(&list.parameters, name)? {
        Bare::Integer(seconds) => Some(u64::try_from(*seconds).ok()? * 1000),
        _ => None,
    }
}
