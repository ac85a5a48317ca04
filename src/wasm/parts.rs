//! What TypeScript packs for the modules that know HTTP messages and webhooks: lists of texts and bytes, each behind its length, 4 bytes, the
//! lowest first (pkg-template/src/core/packed.ts).

use alloc::vec::Vec;

use crate::error::Error;
use crate::keyring::{ID_LEN, KEY_LEN, KeyId};
use crate::message::KnownKey;
use crate::webhook::{Custom, Encoding, Form, Provider, Stamp, Unit};

/// What is in a packed list, in order. It ends where the list is cut off.
#[derive(Clone)]
pub(super) struct Packed<'a>(pub &'a [u8]);

impl<'a> Iterator for Packed<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (len, rest) = self.0.split_first_chunk()?;
        let (item, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
        self.0 = rest;
        Some(item)
    }
}

/// The same, two by two: names and values.
pub(super) fn pairs(list: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut items = Packed(list);
    core::iter::from_fn(|| Some((items.next()?, items.next()?))).collect()
}

/// The keys of HTTP messages: for each its id (16 characters) and its bytes (32).
pub(super) fn known(keys: &[u8]) -> Vec<KnownKey<'_>> {
    let entries: &[[u8; ID_LEN + KEY_LEN]] = keys.as_chunks().0;
    let known = entries.iter().filter_map(|entry| {
        let (id, key) = entry.split_at(ID_LEN);
        Some(KnownKey { id: KeyId::parse(id)?, key })
    });
    known.collect()
}

/// A provider by its number, or, if that is not empty, by its description.
pub(super) fn provider<'a>(number: u32, custom: &'a [u8]) -> Result<Provider<'a>, Error> {
    if custom.is_empty() {
        return Provider::from_number(number).copied().ok_or(Error::TypeInvalid);
    }
    let parts: Vec<&[u8]> = Packed(custom).collect();
    let &[header, prefix, encoding, secret, stamp, unit, before, after, id, event] = parts.as_slice() else {
        return Err(Error::TypeInvalid);
    };
    let encoding = match encoding {
        b"hex" => Encoding::Hex,
        b"base64" => Encoding::Base64,
        b"base64url" => Encoding::Base64Url,
        _ => return Err(Error::TypeInvalid),
    };
    let secret = match secret {
        b"utf8" => Form::Text(b""),
        b"base64" => Form::Base64(b""),
        b"hex" => Form::Hex,
        _ => return Err(Error::TypeInvalid),
    };
    let unit = match unit {
        b"s" => Unit::Seconds,
        b"ms" => Unit::Milliseconds,
        _ => return Err(Error::TypeInvalid),
    };
    let given = |name: &'a [u8]| Some(name).filter(|name| !name.is_empty());
    let stamp = given(stamp).map(|header| Stamp { header, unit, before, after });
    Provider::custom(&Custom { header, prefix, encoding, secret, stamp, id: given(id), event: given(event) })
}
