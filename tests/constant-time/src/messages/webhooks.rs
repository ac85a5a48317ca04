//! Deliveries: signed by the module, verified by it, and refused, with secret and body marked. What came over the wire is public, the
//! right signature is not.

use super::{Bytes, Checked, Messages, lines, list, public, secret, time};
use crate::lean::ensure;

const SECRET_MISSING: u64 = 1;
const SECRET_WEAK: u64 = 2;
const SECRET_MALFORMED: u64 = 3;
const SIGNATURE_INVALID: u64 = 10;

/// 2027-01-15.
const NOW: u64 = 1_800_000_000_000;
const TOLERANCE: u64 = 300_000;
const URL: &[u8] = b"https://app.example/api/hook";
const ID: &[u8] = b"id-1";

/// What describes a provider that has no number: the header of its signature, what stands before that, how it is written, the form of its
/// secrets, the header of its time, the time's unit, what stands before and after it, the headers of id and event.
type Custom = [&'static [u8]; 10];

pub struct Scheme {
    number: u64,
    custom: Option<Custom>,
    secret: &'static [u8],
    /// The way in the contracts.
    way: &'static str,
    /// The headers that it signs with.
    headers: &'static [&'static [u8]],
}

const fn known(number: u64, secret: &'static [u8], way: &'static str, headers: &'static [&'static [u8]]) -> Scheme {
    Scheme { number, custom: None, secret, way, headers }
}

const fn custom(described: Custom, secret: &'static [u8], way: &'static str, headers: &'static [&'static [u8]]) -> Scheme {
    Scheme { number: 0, custom: Some(described), secret, way, headers }
}

const WHSEC: &[u8] = b"whsec_bXlzdGFuZGFyZGtleTEyMzQ1Njc4OTA+Pz8/";
const TEXT: &[u8] = b"q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab";

pub const SCHEMES: &[Scheme] = &[
    known(0, WHSEC, "base64", &[b"webhook-id", b"webhook-timestamp", b"webhook-signature"]),
    known(1, b"whsec_c3ZpeGtleTE6IDIzIGJ5dGVzLi4uLiE=", "base64, padded", &[b"svix-id", b"svix-timestamp", b"svix-signature"]),
    known(2, WHSEC, "two keys", &[b"webhook-id", b"webhook-timestamp", b"webhook-signature"]),
    known(3, b"whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH", "prefixed text", &[b"stripe-signature"]),
    known(4, TEXT, "text and digest", &[b"x-hub-signature-256"]),
    known(5, TEXT, "text", &[b"x-slack-request-timestamp", b"x-slack-signature"]),
    known(6, TEXT, "text, base64, and digest", &[b"x-shopify-hmac-sha256"]),
    known(7, TEXT, "text and digest", &[b"linear-signature"]),
    known(8, TEXT, "text and digest", &[b"x-signature"]),
    known(9, b"pdl_ntfset_01hsdn8d43dt7mezr1ef2jtbaw_hKkRiCGy", "prefixed text", &[b"paddle-signature"]),
    known(10, TEXT, "text", &[b"workos-signature"]),
    known(11, b"sig_7kYjw48mhY7kAjqNGcy6cr29RJ6r", "token", &[b"upstash-signature"]),
    custom(
        [b"x-sig", b"v0=", b"hex", b"hex", b"x-time", b"s", b"v0:", b":", b"x-id", b"x-event"],
        b"6f7e1c0a9b8d2e3f4a5b6c7d8e9fa0b1c2d3e4f5061728394a5b6c7d8e9f0a1b",
        "hexadecimal",
        &[b"x-time", b"x-sig"],
    ),
    custom(
        [b"x-sig", b"", b"base64url", b"base64", b"x-time", b"ms", b"", b".", b"", b""],
        b"bXlzdGFuZGFyZGtleTEyMzQ1Njc4OTA+Pz8/",
        "base64 without a prefix",
        &[b"x-time", b"x-sig"],
    ),
];

/// The way of a delivery whose signature is not right.
fn refused(way: &str) -> &'static str {
    match way {
        "base64" => "base64, refused",
        "base64, padded" => "base64, padded, refused",
        "base64 without a prefix" => "base64 without a prefix, refused",
        "hexadecimal" => "hexadecimal, refused",
        "two keys" => "two keys, refused",
        "prefixed text" | "token" => "prefixed text, refused",
        _ => "text, refused",
    }
}

fn described(custom: Option<Custom>) -> Bytes {
    list(custom.into_iter().flatten().map(public))
}

impl Messages<'_> {
    /// A list of the headers that it is signed with.
    fn sign(&mut self, scheme: &Scheme, body: &[u8]) -> Result<Bytes, String> {
        let Scheme { number, custom, way, headers: names, .. } = scheme;
        let inputs = [described(*custom), list([secret(scheme.secret)]), public(ID), public(b""), public(URL), secret(body)];
        let (error, result) = self.call("sign_webhook", way, &inputs, &[&[*number][..], &time(NOW)].concat())?;
        ensure(error == 0, || format!("provider {number}: not signed: {error}"))?;
        let made = lines(&result);
        let value = |wanted: &&[u8]| made.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
        let mut headers = vec![];
        for name in *names {
            headers.extend([public(name), public(&value(name).ok_or_else(|| format!("provider {number}: no such header"))?)]);
        }
        Ok(list(headers))
    }

    /// The number of the error that comes out.
    fn verify(&mut self, scheme: &Scheme, given: &[u8], way: &str, headers: &Bytes, body: &[u8]) -> Result<u64, String> {
        let inputs = [described(scheme.custom), list([secret(given)]), headers.clone(), public(URL), secret(body)];
        let numbers = [&[scheme.number][..], &time(NOW), &[TOLERANCE]].concat();
        let (error, result) = self.call("verify_webhook", way, &inputs, &numbers)?;
        ensure((error == 0) != result.is_empty(), || format!("{way}: {error}, and {} bytes are told", result.len()))?;
        Ok(error)
    }

    /// Signs, verifies, and verifies what was changed.
    pub fn delivery(&mut self, scheme: &Scheme) -> Checked {
        let Scheme { number, secret, way, .. } = scheme;
        let body = br#"{"id":"evt_1","type":"order.paid","data":{"amount":1}}"#;
        let headers = self.sign(scheme, body)?;
        let found = self.verify(scheme, secret, way, &headers, body)?;
        ensure(found == 0, || format!("provider {number}: not its own signature: {found}"))?;
        for at in [0, body.len() / 2, body.len() - 1] {
            let mut other = *body;
            other[at] ^= 1;
            let refused = if *way == "token" { "token, another body" } else { refused(way) };
            let found = self.verify(scheme, secret, refused, &headers, &other)?;
            ensure(found == SIGNATURE_INVALID, || format!("provider {number}: another body, {found}"))?;
        }
        let mut other = secret.to_vec();
        let at = other.len() - 4;
        other[at] ^= 1;
        let found = self.verify(scheme, &other, refused(way), &headers, body)?;
        ensure(found == SIGNATURE_INVALID, || format!("provider {number}: another secret, {found}"))
    }

    /// Secrets that are none, a hash of a body, and a time.
    pub fn webhook_others(&mut self) -> Checked {
        let headers = list([public(b"x-hub-signature-256"), public(&[b"sha256=".as_slice(), &[b'0'; 64]].concat())]);
        let (stripe, github) = (&SCHEMES[3], &SCHEMES[4]);
        for (scheme, given, way, code) in [
            (github, b"".as_slice(), "no secret", SECRET_MISSING),
            (github, b"short", "refused", SECRET_WEAK),
            (github, b"changeme-changeme-changeme-please", "refused", SECRET_WEAK),
            (github, b"q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab ", "refused", SECRET_MALFORMED),
            (stripe, TEXT, "another prefix", SECRET_MALFORMED),
        ] {
            let found = self.verify(scheme, given, way, &headers, b"{}")?;
            ensure(found == code, || format!("a secret that is {way}: {found}"))?;
        }
        let (error, digest) = self.call("digest_webhook", "", &[secret(b"a body")], &[])?;
        ensure(error == 0 && digest.starts_with(b"771824de4228"), || format!("another digest: {}", String::from_utf8_lossy(&digest)))?;
        let (error, _) = self.call("check_webhook_time", "", &[], &[&time(NOW)[..], &time(NOW), &[0]].concat())?;
        ensure(error == 0, || format!("now is not within the window: {error}"))
    }
}
