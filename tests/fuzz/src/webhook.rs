//! Webhooks: what is answered to a delivery of each provider, to its secrets and to a clock.
//!
//! The second implementation reads headers with regular expressions, tokens with `serde_json`, and has HMAC and SHA-256 from the crate `hmac-sha256`.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use countersign::error::Error;
use countersign::webhook::Encoding;
use hmac_sha256::{HMAC, Hash};
use regex_lite::Regex;

use crate::secret::hex;

pub mod fuzz;
mod object;

use object::Members;

const MAX_TIME: u64 = 9_007_199_254_740_991;
pub const MAX_TOLERANCE: u32 = 900_000;

pub type Lines = Vec<(Vec<u8>, Vec<u8>)>;

/// How a provider signs, in the words of its documentation.
#[derive(Clone, Debug)]
pub enum Scheme {
    /// `id.time.body`; the headers' common prefix.
    Standard(&'static str),
    /// The header, what is between pairs, the names of time and signature, milliseconds in a unit of time, what stands behind the time.
    Pairs(&'static str, &'static str, &'static str, &'static str, u64, &'static str),
    /// The header, the prefix, the encoding; the time's header, its unit, what stands before it and behind it.
    Hmac(String, String, Encoding, Option<(String, u64, String, String)>),
    Token,
}

/// What a second implementation knows of a provider.
#[derive(Clone, Debug)]
pub struct Plain {
    pub scheme: Scheme,
    pub id: Option<String>,
    pub event: Option<String>,
    pub digest: bool,
}

/// What is delivered.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    pub headers: Lines,
    pub body: Vec<u8>,
    pub url: Vec<u8>,
}

/// What a good delivery says: an id, whether it is covered, a time, an event, a digest.
pub type Verdict = (Option<Vec<u8>>, bool, Option<u64>, Option<Vec<u8>>, Option<[u8; 32]>);

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern")
}

static NUMBER: LazyLock<Regex> = LazyLock::new(|| pattern("^[1-9][0-9]{0,15}$"));
static NAME: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[!-+\--~]{1,200}$"));
static HEX: LazyLock<Regex> = LazyLock::new(|| pattern("^[0-9a-f]{64}$"));

fn is_name(text: &str) -> bool {
    NAME.is_match(text)
}

/// A time in milliseconds.
fn time(text: &str, unit: u64) -> Option<u64> {
    let number: u64 = NUMBER.is_match(text).then(|| text.parse().ok())??;
    number.checked_mul(unit).filter(|time| *time <= MAX_TIME)
}

fn read_mac(text: &str, encoding: Encoding) -> Option<Vec<u8>> {
    let mac = match encoding {
        Encoding::Hex if HEX.is_match(text) => (0..32).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()).collect(),
        Encoding::Hex => None,
        Encoding::Base64 => BASE64_STANDARD.decode(text).ok(),
        Encoding::Base64Url => BASE64_URL_SAFE_NO_PAD.decode(text).ok(),
    };
    mac.filter(|mac: &Vec<u8>| mac.len() == 32)
}

/// 32 bytes as they are written.
fn write_mac(mac: &[u8], encoding: Encoding) -> String {
    match encoding {
        Encoding::Hex => hex(mac),
        Encoding::Base64 => BASE64_STANDARD.encode(mac),
        Encoding::Base64Url => BASE64_URL_SAFE_NO_PAD.encode(mac),
    }
}

fn mac(key: &[u8], pieces: &[&[u8]]) -> Vec<u8> {
    HMAC::mac(pieces.concat(), key).to_vec()
}

impl Delivery {
    /// The one header of a name.
    fn header(&self, name: &str) -> Result<Option<String>, Error> {
        let mut values = self.headers.iter().filter(|(other, _)| other.to_ascii_lowercase() == name.to_ascii_lowercase().as_bytes());
        let Some((_, value)) = values.next() else { return Ok(None) };
        let is_value = value.len() <= 8192 && value.iter().all(|c| (b' '..=b'~').contains(c));
        if values.next().is_none() && is_value { Ok(Some(String::from_utf8_lossy(value).into_owned())) } else { Err(Error::HeaderInvalid) }
    }

    fn signature(&self, name: &str) -> Result<String, Error> {
        self.header(name)?.filter(|value| !value.is_empty()).ok_or(Error::SignatureMissing)
    }

    fn named(&self, name: Option<&String>) -> Result<Option<Vec<u8>>, Error> {
        let Some(value) = name.map_or(Ok(None), |name| self.header(name))? else { return Ok(None) };
        if is_name(&value) { Ok(Some(value.into_bytes())) } else { Err(Error::HeaderInvalid) }
    }
}

/// What the answer should be: in this order the headers, the signature, the time, what names the delivery.
fn expected(plain: &Plain, keys: &[Vec<u8>], delivery: &Delivery, now: u64, tolerance: u32) -> Result<Verdict, Error> {
    if tolerance > MAX_TOLERANCE || now > MAX_TIME {
        return Err(Error::TypeInvalid);
    }
    let is_signed = |pieces: &[&[u8]], macs: &[Vec<u8>]| {
        if keys.iter().any(|key| macs.contains(&mac(key, pieces))) { Ok(()) } else { Err(Error::SignatureInvalid) }
    };
    let (id, timestamp) = match &plain.scheme {
        Scheme::Standard(prefix) => {
            let signature = delivery.signature(&format!("{prefix}-signature"))?;
            let required = |name: &str| delivery.header(&format!("{prefix}-{name}"))?.ok_or(Error::HeaderInvalid);
            let (id, text) = (required("id")?, required("timestamp")?);
            let timestamp = time(&text, 1000).filter(|_| is_name(&id) && !id.contains('.')).ok_or(Error::HeaderInvalid)?;
            let macs = standard(&signature).ok_or(Error::SignatureMalformed)?;
            is_signed(&[format!("{id}.{text}.").as_bytes(), &delivery.body], &macs)?;
            (Some(id.into_bytes()), Some(timestamp))
        }
        Scheme::Pairs(header, between, time_name, mac_name, unit, separator) => {
            let signature = delivery.signature(header)?;
            let (text, macs) = pairs(&signature, between, time_name, mac_name).ok_or(Error::SignatureMalformed)?;
            let timestamp = time(&text, *unit).ok_or(Error::SignatureMalformed)?;
            is_signed(&[format!("{text}{separator}").as_bytes(), &delivery.body], &macs)?;
            (None, Some(timestamp))
        }
        Scheme::Hmac(header, prefix, encoding, stamp) => {
            let signature = delivery.signature(header)?;
            let mac =
                signature.strip_prefix(prefix.as_str()).and_then(|text| read_mac(text, *encoding)).ok_or(Error::SignatureMalformed)?;
            let Some((header, unit, before, after)) = stamp else {
                is_signed(&[&delivery.body], &[mac])?;
                return named(plain, delivery, None, None, now, tolerance);
            };
            let text = delivery.header(header)?.ok_or(Error::HeaderInvalid)?;
            let timestamp = time(&text, *unit).ok_or(Error::HeaderInvalid)?;
            is_signed(&[format!("{before}{text}{after}").as_bytes(), &delivery.body], &[mac])?;
            (None, Some(timestamp))
        }
        Scheme::Token => {
            let token = delivery.signature("upstash-signature")?;
            let parts: Vec<&str> = token.split('.').collect();
            let [header, claims, signature] = parts[..] else { return Err(Error::SignatureMalformed) };
            let mac = read_mac(signature, Encoding::Base64Url).ok_or(Error::SignatureMalformed)?;
            is_signed(&[format!("{header}.{claims}").as_bytes()], &[mac])?;
            let (id, issued) = token_says(header, claims, delivery, now)?;
            (Some(id), Some(issued))
        }
    };
    named(plain, delivery, id, timestamp, now, tolerance)
}

/// The checks that are the same for all.
fn named(
    plain: &Plain,
    delivery: &Delivery,
    id: Option<Vec<u8>>,
    timestamp: Option<u64>,
    now: u64,
    tolerance: u32,
) -> Result<Verdict, Error> {
    if let Some(timestamp) = timestamp {
        match i128::from(now) - i128::from(timestamp) {
            age if age > i128::from(tolerance) => return Err(Error::Expired),
            age if -age > i128::from(tolerance) => return Err(Error::NotYetValid),
            _ => {}
        }
    }
    let is_covered = id.is_some();
    let named = delivery.named(plain.id.as_ref())?;
    let digest = plain.digest.then(|| Hash::hash(&delivery.body));
    Ok((id.or(named), is_covered, timestamp, delivery.named(plain.event.as_ref())?, digest))
}

/// The signatures of version 1, of at most 16 of any version.
fn standard(field: &str) -> Option<Vec<Vec<u8>>> {
    let parts: Vec<(&str, &str)> =
        field.split(' ').map(|part| part.split_once(',').filter(|(version, _)| !version.is_empty())).collect::<Option<_>>()?;
    let macs: Vec<Vec<u8>> =
        parts.iter().filter(|(version, _)| *version == "v1").map(|(_, text)| read_mac(text, Encoding::Base64)).collect::<Option<_>>()?;
    (parts.len() <= 16 && !macs.is_empty()).then_some(macs)
}

/// The time and the signatures, beside at most 16 pairs in all but one.
fn pairs(field: &str, between: &str, time_name: &str, mac_name: &str) -> Option<(String, Vec<Vec<u8>>)> {
    let (mark, space) = between.split_at(1);
    let parts: Vec<(&str, &str)> = field
        .split(mark)
        .enumerate()
        .map(|(at, part)| if at > 0 { part.strip_prefix(space).unwrap_or(part) } else { part })
        .map(|part| part.split_once('=').filter(|(name, _)| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric())))
        .collect::<Option<_>>()?;
    let macs: Vec<Vec<u8>> =
        parts.iter().filter(|(name, _)| *name == mac_name).map(|(_, text)| read_mac(text, Encoding::Hex)).collect::<Option<_>>()?;
    let times: Vec<&str> = parts.iter().filter(|(name, _)| *name == time_name).map(|(_, text)| *text).collect();
    match times[..] {
        [text] if parts.len() <= 17 && !macs.is_empty() => Some((text.to_owned(), macs)),
        _ => None,
    }
}

/// What a signed token says (RFC 7519), and whether that is so.
fn token_says(header: &str, claims: &str, delivery: &Delivery, now: u64) -> Result<(Vec<u8>, u64), Error> {
    let read = |text| Members::read(&BASE64_URL_SAFE_NO_PAD.decode(text).ok()?);
    let header =
        read(header).filter(|header| header.text("alg") == Some("HS256") && !header.has("crit")).ok_or(Error::SignatureMalformed)?;
    drop(header);
    let claims = read(claims).ok_or(Error::SignatureMalformed)?;
    let moment = |name| claims.number(name).and_then(|text| time(&text, 1000)).ok_or(Error::SignatureMalformed);
    let id = claims.text("jti").filter(|id| is_name(id)).ok_or(Error::SignatureMalformed)?;
    let (issued, from, until) = (moment("iat")?, moment("nbf")?, moment("exp")?);
    let digest = claims.text("body").ok_or(Error::SignatureMalformed)?;
    let wanted = BASE64_URL_SAFE_NO_PAD.encode(Hash::hash(&delivery.body));
    let is_of_this = claims.text("iss") == Some("Upstash") && claims.text("sub").is_some_and(|url| url.as_bytes() == delivery.url);
    if !is_of_this || (digest != wanted && digest != format!("{wanted}=")) {
        return Err(Error::SignatureInvalid);
    }
    if now >= until {
        return Err(Error::Expired);
    }
    if from > issued && now < from {
        return Err(Error::NotYetValid);
    }
    Ok((id.as_bytes().to_vec(), issued))
}
