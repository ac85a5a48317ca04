//! Deliveries: signed by the module, verified by it, and refused, with secret and body marked. What came over the wire is public, the
//! right signature is not.

use super::{Checked, Rich};
use crate::lean::ensure;
use crate::rich::Arg::{Mixed, Number, Public, Secret};

const SIGNATURE_INVALID: u64 = f64::to_bits(10.0);
const SECRET_WEAK: u64 = f64::to_bits(2.0);
const SECRET_MALFORMED: u64 = f64::to_bits(3.0);
const SECRET_MISSING: u64 = f64::to_bits(1.0);

/// 2027-01-15.
const NOW: f64 = 1_800_000_000_000.0;
const TOLERANCE: u64 = 300_000;
const URL: &[u8] = b"https://app.example/api/hook";
const ID: &[u8] = b"id-1";

/// A provider: its number, its secret, the way in the contracts, and the headers that it signs with.
pub type Scheme = (u64, &'static [u8], &'static str, &'static [&'static [u8]]);

pub const SCHEMES: &[Scheme] = &[
    (0, b"whsec_bXlzdGFuZGFyZGtleTEyMzQ1Njc4OTA+Pz8/", "base64", &[b"webhook-id", b"webhook-timestamp", b"webhook-signature"]),
    (1, b"whsec_c3ZpeGtleTE6IDIzIGJ5dGVzLi4uLiE=", "base64, padded", &[b"svix-id", b"svix-timestamp", b"svix-signature"]),
    (2, b"whsec_bXlzdGFuZGFyZGtleTEyMzQ1Njc4OTA+Pz8/", "two keys", &[b"webhook-id", b"webhook-timestamp", b"webhook-signature"]),
    (3, b"whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH", "prefixed text", &[b"stripe-signature"]),
    (4, b"q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab", "text and digest", &[b"x-hub-signature-256"]),
    (5, b"q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab", "text", &[b"x-slack-request-timestamp", b"x-slack-signature"]),
    (6, b"q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab", "text, base64, and digest", &[b"x-shopify-hmac-sha256"]),
    (7, b"q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab", "text and digest", &[b"linear-signature"]),
    (8, b"q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab", "text and digest", &[b"x-signature"]),
    (9, b"pdl_ntfset_01hsdn8d43dt7mezr1ef2jtbaw_hKkRiCGy", "prefixed text", &[b"paddle-signature"]),
    (10, b"q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab", "text", &[b"workos-signature"]),
    (11, b"sig_7kYjw48mhY7kAjqNGcy6cr29RJ6r", "token", &[b"upstash-signature"]),
];

/// The way of a delivery whose signature is not right.
fn refused(way: &str) -> &'static str {
    match way {
        "base64" => "base64, refused",
        "base64, padded" => "base64, padded, refused",
        "two keys" => "two keys, refused",
        "prefixed text" | "token" => "prefixed text, refused",
        _ => "text, refused",
    }
}

/// A list of one text as TypeScript packs it: the length is public, the text is not.
fn packed(text: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let bytes = [&(text.len() as u32).to_le_bytes(), text].concat();
    let marks = [&[0; 4][..], &vec![0xff; text.len()]].concat();
    (bytes, marks)
}

fn list(texts: &[&[u8]]) -> Vec<u8> {
    texts.iter().flat_map(|text| packed(text).0).collect()
}

impl Rich<'_> {
    fn sign(&mut self, (provider, secret, way, names): &Scheme, body: &[u8]) -> Result<Vec<u8>, String> {
        let (secrets, marks) = packed(secret);
        let args = [
            Number(*provider),
            Public(b""),
            Mixed(&secrets, &marks),
            Public(ID),
            Number(NOW.to_bits()),
            Public(b""),
            Public(URL),
            Secret(body),
        ];
        let (_, texts) = self.call("sign_webhook", way, &args, false)?;
        // Each value is made behind its name.
        let value = |name: &&[u8]| texts.iter().position(|text| text == name).and_then(|at| texts.get(at + 1)).ok_or("no such header");
        let mut headers = vec![];
        for name in *names {
            headers.extend([*name, value(name)?.as_slice()]);
        }
        Ok(list(&headers))
    }

    /// The bits of the number of the error that comes out.
    fn verify(&mut self, provider: u64, secret: &[u8], way: &str, headers: &[u8], body: &[u8]) -> Result<u64, String> {
        let (secrets, marks) = packed(secret);
        let before = self.session.machine.state.host.numbers().count();
        let args = [
            Number(provider),
            Public(b""),
            Mixed(&secrets, &marks),
            Public(headers),
            Secret(body),
            Public(URL),
            Number(NOW.to_bits()),
            Number(TOLERANCE),
        ];
        self.call("verify_webhook", way, &args, false)?;
        self.session.machine.state.host.numbers().nth(before).map(f64::to_bits).ok_or_else(|| "no number of an error".into())
    }

    /// Signs, verifies, and verifies what was changed.
    pub fn delivery(&mut self, scheme: &Scheme) -> Checked {
        let (provider, secret, way, _) = scheme;
        let body = br#"{"id":"evt_1","type":"order.paid","data":{"amount":1}}"#;
        self.reset();
        let headers = self.sign(scheme, body)?;
        self.reset();
        let found = self.verify(*provider, secret, way, &headers, body)?;
        ensure(found == 0, || format!("provider {provider}: not its own signature: {found}"))?;
        for at in [0, body.len() / 2, body.len() - 1] {
            let mut other = *body;
            other[at] ^= 1;
            self.reset();
            let refused = if *way == "token" { "token, another body" } else { refused(way) };
            let found = self.verify(*provider, secret, refused, &headers, &other)?;
            ensure(found == SIGNATURE_INVALID, || format!("provider {provider}: another body, {found}"))?;
        }
        let mut other = secret.to_vec();
        let at = other.len() - 4;
        other[at] ^= 1;
        self.reset();
        let found = self.verify(*provider, &other, refused(way), &headers, body)?;
        ensure(found == SIGNATURE_INVALID, || format!("provider {provider}: another secret, {found}"))
    }

    /// Secrets that are none, a hash of a body, and a time.
    pub fn webhook_others(&mut self) -> Checked {
        let headers = list(&[b"x-hub-signature-256", &[b"sha256=".as_slice(), &[b'0'; 64]].concat()]);
        for (provider, secret, way, code) in [
            (4, b"".as_slice(), "no secret", SECRET_MISSING),
            (4, b"short", "refused", SECRET_WEAK),
            (4, b"changeme-changeme-changeme-please", "refused", SECRET_WEAK),
            (4, b"q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab ", "refused", SECRET_MALFORMED),
            (3, b"q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab", "another prefix", SECRET_MALFORMED),
        ] {
            self.reset();
            let found = self.verify(provider, secret, way, &headers, b"{}")?;
            ensure(found == code, || format!("a secret that is {way}: {found}"))?;
        }
        self.reset();
        self.call("digest_webhook", "", &[Secret(b"a body")], true)?;
        self.reset();
        let (numbers, _) = self.call("check_webhook_time", "", &[Number(NOW.to_bits()), Number(NOW.to_bits()), Number(0)], false)?;
        ensure(numbers == [0], || format!("now is not within the window: {numbers:?}"))
    }
}
