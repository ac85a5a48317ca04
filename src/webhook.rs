//! Webhooks: deliveries of other services, signed with HMAC-SHA256 in one of a few shapes.
//!
//! | module | what it decides |
//! |---|---|
//! | `provider` | which provider uses which scheme, header names and form of secret |
//! | `secrets` | what a provider's secret looks like, and which keys follow from it |
//! | `headers` | that a header is there once, and holds what a header may hold |
//! | `standard` | Standard Webhooks: an id, a time and several signatures, in a header each |
//! | `pairs` | a time and several signatures in one header: Stripe, `WorkOS`, Paddle |
//! | `hmac` | one signature in one header, perhaps a time in another: GitHub, Slack, Shopify, Linear, Lemon Squeezy, and others |
//! | `qstash` | a JSON Web Token that holds the hash of the body |
//! | `json` | a flat JSON object, read strictly |
//!
//! Every secret and every signature is tried, whether or not one before it was right, and there is a limit to both.

mod headers;
mod hmac;
mod json;
mod pairs;
mod provider;
mod qstash;
mod secrets;
mod standard;

use alloc::borrow::ToOwned as _;
use alloc::format;
use alloc::vec::Vec;

use subtle::Choice;

use crate::error::Error;
use crate::hash::{HASH_LEN, ct_eq, hash};
use crate::mac::{Key, MAC_LEN};
use crate::text::to_decimal;
use crate::watch::{Unwatched, Watch};
use crate::window::{self, MAX_TIME_MS, MAX_TOLERANCE_MS};

pub use hmac::{Encoding, Stamp};
pub use provider::{Custom, Provider};
pub use secrets::Form;

use headers::Headers;
use provider::Scheme;

/// How far a delivery's time may be from now, to either side, unless the caller says otherwise.
pub const DEFAULT_TOLERANCE_MS: u32 = 300_000;

/// The most secrets that are tried.
pub const MAX_SECRETS: usize = 16;

/// The most signatures that one delivery may bring.
pub const MAX_SIGNATURES: usize = 16;

/// The fewest bytes of a secret, its prefix not counted.
pub const MIN_SECRET_LEN: usize = 16;

/// The most bytes of a header's value.
pub const MAX_VALUE_LEN: usize = 8 * 1024;

/// The most bytes of an id or of the name of an event.
pub const MAX_ID_LEN: usize = 200;

/// A name and a value, as they came.
pub type Header<'a> = (&'a [u8], &'a [u8]);

/// What a delivery says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<'a> {
    /// The id that a header or the token gives the delivery.
    pub id: Option<Vec<u8>>,
    /// Whether the signature covers the id.
    pub covered: bool,
    /// When it was signed, in milliseconds since 1970; covered by the signature.
    pub timestamp: Option<u64>,
    /// The name of the event, if a header has it; no signature covers it.
    pub event: Option<&'a [u8]>,
    /// SHA-256 of the body, where nothing else that is covered names the delivery.
    pub digest: Option<[u8; HASH_LEN]>,
}

/// Verifies a delivery: the form of the secrets, the form of the headers, the signature, the window. `url` is where the delivery was sent,
/// which only `QStash` signs.
///
/// # Errors
/// Those of the secrets; [`Error::TypeInvalid`] if the time or the tolerance is out of range; [`Error::SignatureMissing`],
/// [`Error::HeaderInvalid`], [`Error::SignatureMalformed`], [`Error::SignatureInvalid`], [`Error::Expired`], [`Error::NotYetValid`].
pub fn verify<'a>(
    provider: &Provider<'_>,
    secrets: &[&[u8]],
    headers: &[Header<'a>],
    body: &[u8],
    url: &[u8],
    now: u64,
    tolerance_ms: u32,
) -> Result<Verified<'a>, Error> {
    watch_delivery(provider, secrets, headers, body, url, now, tolerance_ms, &mut Unwatched)
}

/// The same, with somebody who listens. The checks: `secret`, `form`, `mac`, for `QStash` `claims`, where there is a time `window`, and `names`.
#[expect(clippy::too_many_arguments, reason = "those of verify, and who listens")]
pub(crate) fn watch_delivery<'a>(
    provider: &Provider<'_>,
    secrets: &[&[u8]],
    headers: &[Header<'a>],
    body: &[u8],
    url: &[u8],
    now: u64,
    tolerance_ms: u32,
    watch: &mut impl Watch,
) -> Result<Verified<'a>, Error> {
    watch.check("secret");
    if tolerance_ms > MAX_TOLERANCE_MS || now > MAX_TIME_MS {
        return Err(Error::TypeInvalid);
    }
    let keys = secrets::keys(provider.secret, secrets)?;
    watch.found(|| format!("{} of the form that the provider gives out", if keys.len() == 1 { "one secret" } else { "several secrets" }));
    watch.check("form");
    let headers = Headers::new(headers);
    let (id, timestamp) = match &provider.scheme {
        Scheme::Standard(names) => standard::verify(names, &keys, &headers, body, watch)?,
        Scheme::Pairs(shape) => pairs::verify(shape, &keys, &headers, body, watch)?,
        Scheme::Hmac(shape) => hmac::verify(shape, &keys, &headers, body, watch)?,
        Scheme::Qstash => qstash::verify(&keys, &headers, body, url, now, watch)?,
    };
    if let Some(timestamp) = timestamp {
        watch.check("window");
        watch.found(|| window::detail(timestamp, now, tolerance_ms));
        window::check(timestamp, now, tolerance_ms)?;
    }
    watch.check("names");
    let covered = id.is_some();
    let id = id.or(headers.name(provider.id)?.map(<[u8]>::to_vec));
    let event = headers.name(provider.event)?;
    watch.found(|| "id and event, where headers have them, are of their form".to_owned());
    Ok(Verified { id, covered, timestamp, event, digest: provider.digest.then(|| hash(body)) })
}

/// What is to be signed.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'a> {
    /// The delivery's id; empty if there is none.
    pub id: &'a [u8],
    /// Milliseconds since 1970.
    pub timestamp: u64,
    /// The name of the event; empty if there is none.
    pub event: &'a [u8],
    /// Where it goes, which only `QStash` signs.
    pub url: &'a [u8],
    /// The body, byte for byte.
    pub body: &'a [u8],
}

/// A header to send.
pub type Signed<'a> = (&'a [u8], Vec<u8>);

/// Signs a delivery as the provider does. Where the scheme knows several signatures there is one for each secret; otherwise the first
/// secret signs.
///
/// # Errors
/// Those of the secrets; [`Error::HeaderInvalid`] for an id, an event or an address that no header can carry; [`Error::TypeInvalid`] for
/// a time out of range.
pub fn sign<'p>(provider: &Provider<'p>, secrets: &[&[u8]], draft: &Draft<'_>) -> Result<Vec<Signed<'p>>, Error> {
    if draft.timestamp > MAX_TIME_MS {
        return Err(Error::TypeInvalid);
    }
    let keys = secrets::signing_keys(provider.secret, secrets)?;
    let mut signed = match &provider.scheme {
        Scheme::Standard(names) => standard::sign(names, &keys, draft)?,
        Scheme::Pairs(shape) => pairs::sign(shape, &keys, draft),
        Scheme::Hmac(shape) => hmac::sign(shape, &keys, draft),
        Scheme::Qstash => qstash::sign(&keys, draft)?,
    };
    for (name, text) in [(provider.id, draft.id), (provider.event, draft.event)] {
        if let Some(name) = name.filter(|_| !text.is_empty()) {
            if !headers::is_name(text) {
                return Err(Error::HeaderInvalid);
            }
            signed.push((name, text.to_vec()));
        }
    }
    Ok(signed)
}

/// What a signature covers beside the body: the id and the time, where the provider signs them.
type Covered = (Option<Vec<u8>>, Option<u64>);

/// A MAC as it came.
type Candidate = [u8; MAC_LEN];

/// Whether one of the candidates is the MAC of the pieces under one of the keys. All of them are compared.
fn is_signed(keys: &[Key], pieces: &[&[u8]], candidates: &[Candidate], watch: &mut impl Watch) -> Result<(), Error> {
    watch.found(|| "the headers are of the form that the provider writes".to_owned());
    watch.check("mac");
    watch.signed(pieces);
    watch.found(|| format!("signatures: {}, keys to try: {}", candidates.len(), keys.len()));
    let mut found = Choice::from(0);
    for key in keys {
        let mac = mac(key, pieces);
        for candidate in candidates {
            found |= ct_eq(&mac, candidate);
        }
    }
    if found.into() { Ok(()) } else { Err(Error::SignatureInvalid) }
}

fn mac(key: &Key, pieces: &[&[u8]]) -> [u8; MAC_LEN] {
    let mut mac = key.begin();
    for piece in pieces {
        mac.add(piece);
    }
    mac.sign()
}

/// What a time is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Milliseconds,
}

impl Unit {
    /// Reads a time: decimal digits, no zero in front, at most as late as JavaScript can count.
    fn read(self, text: &[u8]) -> Option<u64> {
        let number = whole_number(text)?;
        let milliseconds = number.checked_mul(self.milliseconds())?;
        Some(milliseconds).filter(|time| *time <= MAX_TIME_MS)
    }

    fn write(self, milliseconds: u64) -> Vec<u8> {
        to_decimal(milliseconds / self.milliseconds())
    }

    const fn milliseconds(self) -> u64 {
        match self {
            Self::Seconds => 1000,
            Self::Milliseconds => 1,
        }
    }
}

/// A whole number from 1 up, of at most 16 digits, in the one form it has.
fn whole_number(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 16 || text[0] == b'0' {
        return None;
    }
    text.iter().try_fold(0_u64, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u64::from(digit - b'0')))
}

#[cfg(test)]
mod tests;
