//! Deliveries of `tests/vectors/webhooks.json`, and what can be done to each of them.

#[path = "vectors/files.rs"]
mod files;

use countersign::error::Error;
use countersign::hash::hash;
use countersign::webhook::{
    Custom, Draft, Encoding, Form, MAX_ID_LEN, MAX_SECRETS, MAX_VALUE_LEN, Provider, Stamp, Unit, Verified, sign, verify,
};
use countersign::window::MAX_TIME_MS;
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Delivery {
    name: String,
    provider: String,
    custom: Option<CustomOptions>,
    secret: Vec<String>,
    headers: Vec<(String, String)>,
    body: String,
    url: String,
    now: u64,
    tolerance_ms: u32,
    code: Option<String>,
    #[serde(default)]
    in_body: bool,
    covered: Option<String>,
    timestamp: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CustomOptions {
    header: String,
    encoding: String,
    #[serde(default)]
    prefix: String,
    secret_encoding: Option<String>,
    timestamp: Option<StampOptions>,
    id_header: Option<String>,
    event_header: Option<String>,
}

#[derive(Deserialize)]
struct StampOptions {
    header: String,
    unit: String,
    #[serde(default)]
    before: String,
    after: String,
}

impl Delivery {
    fn provider(&self) -> Result<Provider<'_>, Error> {
        let Some(custom) = &self.custom else { return Ok(named(&self.provider)) };
        Provider::custom(&Custom {
            header: custom.header.as_bytes(),
            prefix: custom.prefix.as_bytes(),
            encoding: match custom.encoding.as_str() {
                "hex" => Encoding::Hex,
                "base64" => Encoding::Base64,
                "base64url" => Encoding::Base64Url,
                other => panic!("{other}"),
            },
            secret: match custom.secret_encoding.as_deref() {
                None => Form::Text(b""),
                Some("hex") => Form::Hex,
                Some("base64") => Form::Base64(b""),
                Some(other) => panic!("{other}"),
            },
            stamp: custom.timestamp.as_ref().map(|stamp| Stamp {
                header: stamp.header.as_bytes(),
                unit: if stamp.unit == "ms" { Unit::Milliseconds } else { Unit::Seconds },
                before: stamp.before.as_bytes(),
                after: stamp.after.as_bytes(),
            }),
            id: custom.id_header.as_deref().map(str::as_bytes),
            event: custom.event_header.as_deref().map(str::as_bytes),
        })
    }

    fn headers(&self) -> Vec<(&[u8], &[u8])> {
        self.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect()
    }

    fn with<'a>(&'a self, headers: &[(&'a [u8], &'a [u8])], body: &[u8]) -> Result<Verified<'a>, Error> {
        let secrets: Vec<&[u8]> = self.secret.iter().map(String::as_bytes).collect();
        verify(&self.provider()?, &secrets, headers, body, self.url.as_bytes(), self.now, self.tolerance_ms)
    }

    fn verify(&self) -> Result<Verified<'_>, Error> {
        self.with(&self.headers(), &files::unhex(&self.body))
    }
}

fn named(name: &str) -> Provider<'static> {
    match name {
        "standard" => Provider::STANDARD,
        "svix" | "clerk" | "resend" => Provider::SVIX,
        "polar" => Provider::POLAR,
        "stripe" => Provider::STRIPE,
        "github" => Provider::GITHUB,
        "slack" => Provider::SLACK,
        "shopify" => Provider::SHOPIFY,
        "linear" => Provider::LINEAR,
        "lemonsqueezy" => Provider::LEMON_SQUEEZY,
        "paddle" => Provider::PADDLE,
        "workos" => Provider::WORKOS,
        "qstash" => Provider::QSTASH,
        other => panic!("{other}"),
    }
}

fn deliveries() -> Vec<Delivery> {
    files::read("webhooks")
}

fn good() -> Vec<Delivery> {
    deliveries().into_iter().filter(|each| each.code.is_none()).collect()
}

#[test]
fn each_delivery_is_taken_or_refused_as_it_should_be() {
    let mut providers = std::collections::BTreeSet::new();
    for each in deliveries() {
        let found = each.verify();
        if let Some(code) = each.code.as_deref().filter(|_| !each.in_body) {
            assert_eq!(found.map_err(Error::code), Err(code), "{}", each.name);
            continue;
        }
        let found = found.unwrap_or_else(|error| panic!("{}: {error}", each.name));
        // Linear's time is in the body, which TypeScript reads.
        if each.provider != "linear" {
            assert_eq!(found.timestamp, each.timestamp, "{}", each.name);
        }
        assert_eq!(found.covered, each.covered.is_some(), "{}", each.name);
        if let Some(id) = &each.covered {
            assert_eq!(found.id.as_deref(), Some(id.as_bytes()), "{}", each.name);
        }
        assert!(found.digest.is_none_or(|digest| digest == hash(&files::unhex(&each.body))), "{}", each.name);
        providers.insert(each.provider.clone());
    }
    assert_eq!(providers.len(), 15);
}

/// The headers that no signature covers.
fn is_covered(name: &str) -> bool {
    let names = ["x-github-delivery", "x-github-event", "x-shopify-topic", "x-shopify-webhook-id", "linear-delivery", "linear-event"];
    !names.contains(&name) && !["x-event-name", "x-id", "x-event"].contains(&name)
}

#[test]
fn no_byte_of_a_delivery_can_be_changed() {
    for each in good() {
        let body = files::unhex(&each.body);
        for at in 0..body.len() {
            let mut other = body.clone();
            other[at] ^= 1 << (at % 8);
            assert_eq!(each.with(&each.headers(), &other), Err(Error::SignatureInvalid), "{}: byte {at} of the body", each.name);
        }
        for changed in [[&body[..], b"\0"].concat(), [b" ", &body[..]].concat()] {
            assert_eq!(each.with(&each.headers(), &changed), Err(Error::SignatureInvalid), "{}", each.name);
        }
        // Several signatures and pairs that are not looked at may change, of course.
        let several =
            each.headers.iter().any(|(_, value)| value.contains("v0=0") || value.matches("1=").count() > 1 || value.contains(' '));
        for (index, (name, value)) in each.headers.iter().enumerate().filter(|(_, (name, _))| is_covered(&name.to_ascii_lowercase())) {
            for at in 0..value.len() {
                for changed in [1_u8, 2, 16, 32, 128] {
                    let mut other = value.clone().into_bytes();
                    other[at] ^= changed;
                    let mut headers = each.headers();
                    headers[index] = (name.as_bytes(), &other);
                    let secrets: Vec<&[u8]> = each.secret.iter().map(String::as_bytes).collect();
                    let found =
                        verify(&each.provider().unwrap(), &secrets, &headers, &body, each.url.as_bytes(), each.now, each.tolerance_ms);
                    assert!(found.is_err() || several, "{}: {name} {}", each.name, String::from_utf8_lossy(&other));
                }
            }
        }
    }
}

#[test]
fn no_header_can_be_missing_doubled_or_of_another_provider() {
    for each in good() {
        for (index, (name, _)) in each.headers.iter().enumerate() {
            let mut doubled = each.headers();
            doubled.push(doubled[index]);
            assert_eq!(each.with(&doubled, &files::unhex(&each.body)), Err(Error::HeaderInvalid), "{}: {name} twice", each.name);
            if is_covered(&name.to_ascii_lowercase()) {
                let mut left = each.headers();
                left.remove(index);
                let found = each.with(&left, &files::unhex(&each.body)).unwrap_err();
                assert!([Error::HeaderInvalid, Error::SignatureMissing].contains(&found), "{}: without {name}", each.name);
            }
        }
    }
}

#[test]
fn a_secret_verifies_wherever_it_stands_in_the_list() {
    for each in good().iter().filter(|each| each.secret.len() == 1 && each.custom.is_none()) {
        let secret = each.secret[0].as_bytes();
        let other = [secret, secret].concat();
        let other = if each.provider == "standard" || matches!(each.provider.as_str(), "svix" | "clerk" | "resend") {
            b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx".as_slice()
        } else {
            &other
        };
        let try_with = |secrets: &[&[u8]]| {
            let body = files::unhex(&each.body);
            verify(&named(&each.provider), secrets, &each.headers(), &body, each.url.as_bytes(), each.now, each.tolerance_ms).map(drop)
        };
        for place in 0..MAX_SECRETS {
            let mut secrets = vec![other; MAX_SECRETS];
            secrets[place] = secret;
            assert_eq!(try_with(&secrets), Ok(()), "{} at {place}", each.name);
        }
        assert_eq!(try_with(&[other; MAX_SECRETS]), Err(Error::SignatureInvalid), "{}", each.name);
        assert_eq!(try_with(&[secret; MAX_SECRETS + 1]), Err(Error::Misconfigured), "{}", each.name);
        assert_eq!(try_with(&[]), Err(Error::SecretMissing), "{}", each.name);
        for (bad, error) in
            [(b"".as_slice(), Error::SecretMissing), (b" \t", Error::SecretMissing), (&[secret, b" "].concat(), Error::SecretMalformed)]
        {
            assert_eq!(try_with(&[secret, bad]), Err(error), "{}", each.name);
        }
        assert_eq!(try_with(&[&vec![b'k'; 16 * 1024 + 1]]), Err(Error::SecretMalformed), "{}", each.name);
    }
}

#[test]
fn the_clock_and_the_tolerance_have_bounds() {
    for each in good() {
        let secrets: Vec<&[u8]> = each.secret.iter().map(String::as_bytes).collect();
        let body = files::unhex(&each.body);
        let at = |now, tolerance| {
            verify(&each.provider().unwrap(), &secrets, &each.headers(), &body, each.url.as_bytes(), now, tolerance).map(drop)
        };
        assert_eq!(at(MAX_TIME_MS + 1, 0), Err(Error::TypeInvalid), "{}", each.name);
        assert_eq!(at(each.now, 900_001), Err(Error::TypeInvalid), "{}", each.name);
        assert_eq!(at(each.now, u32::MAX), Err(Error::TypeInvalid), "{}", each.name);
        if let Some(time) = each.timestamp.filter(|_| each.provider != "linear") {
            assert_eq!(at(time, 0), Ok(()), "{}", each.name);
            assert_eq!(at(time + 1, 0), Err(Error::Expired), "{}", each.name);
            assert_eq!(at(time - 1, 0), Err(Error::NotYetValid), "{}", each.name);
            assert_eq!(at(0, 900_000), Err(Error::NotYetValid), "{}", each.name);
            assert_eq!(at(MAX_TIME_MS, 900_000), Err(Error::Expired), "{}", each.name);
        }
    }
}

#[test]
fn what_is_signed_here_is_what_the_examples_hold() {
    let mut same = 0;
    for each in good().iter().filter(|each| each.secret.len() == 1 && each.custom.is_none() && each.provider != "qstash") {
        let headers = each.headers();
        let body = files::unhex(&each.body);
        let header = |names: &[&str]| {
            let found = headers.iter().find(|(name, _)| names.iter().any(|wanted| name.eq_ignore_ascii_case(wanted.as_bytes())));
            found.map_or(b"".as_slice(), |(_, value)| value)
        };
        let draft = Draft {
            id: header(&["webhook-id", "svix-id", "x-github-delivery", "x-shopify-webhook-id", "linear-delivery"]),
            event: header(&["x-github-event", "x-shopify-topic", "linear-event", "x-event-name"]),
            timestamp: each.timestamp.unwrap_or(0),
            url: b"",
            body: &body,
        };
        for (name, value) in sign(&named(&each.provider), &[each.secret[0].as_bytes()], &draft).unwrap() {
            let wanted = header(&[core::str::from_utf8(name).unwrap()]);
            let signature = value.ends_with(wanted) || wanted.ends_with(&value) || wanted.starts_with(&value);
            // Of two signatures we make one, and of Polar's two keys the newer.
            if wanted == value {
                same += 1;
            } else {
                let why = ["while", "last of", "16 signatures", "as it was used before"].iter().any(|part| each.name.contains(part));
                assert!(why || signature || each.name == "stripe", "{}: {}", each.name, String::from_utf8_lossy(&value));
            }
        }
    }
    assert!(same > 40, "{same}");
}

fn all_signers() -> Vec<(&'static str, Provider<'static>, &'static [u8])> {
    let text: &[u8] = b"q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab";
    let whsec: &[u8] = b"whsec_bXlzdGFuZGFyZGtleTEyMzQ1Njc4OTA+Pz8/";
    let names =
        ["standard", "svix", "polar", "stripe", "github", "slack", "shopify", "linear", "lemonsqueezy", "paddle", "workos", "qstash"];
    let mut signers: Vec<_> = names
        .iter()
        .map(|name| {
            let secret = match *name {
                "standard" | "svix" | "polar" | "stripe" => whsec,
                "paddle" => b"pdl_ntfset_01hsdn8d43dt7mezr1ef2jtbaw_hKkRiCGy",
                "qstash" => b"sig_7kYjw48mhY7kAjqNGcy6cr29RJ6r",
                _ => text,
            };
            (*name, named(name), secret)
        })
        .collect();
    for (encoding, stamp) in [
        (Encoding::Hex, None),
        (Encoding::Base64, Some(Stamp { header: b"x-time", unit: Unit::Milliseconds, before: b"", after: b"." })),
        (Encoding::Base64Url, Some(Stamp { header: b"x-time", unit: Unit::Seconds, before: b"v0:", after: b":" })),
    ] {
        let custom = Custom {
            header: b"X-Sig",
            prefix: b"p=",
            encoding,
            secret: Form::Text(b""),
            stamp,
            id: Some(b"x-id"),
            event: Some(b"x-event"),
        };
        signers.push(("hmac", Provider::custom(&custom).unwrap(), text));
    }
    signers
}

#[test]
fn what_no_header_can_carry_is_not_signed() {
    let long = [b'x'; MAX_ID_LEN + 1];
    for (name, provider, secret) in all_signers() {
        let draft = Draft { id: b"id-1", timestamp: 1_800_000_000_000, event: b"made", url: b"https://app.example/", body: b"{}" };
        assert!(sign(&provider, &[secret], &draft).is_ok(), "{name}");
        assert_eq!(sign(&provider, &[secret], &Draft { timestamp: MAX_TIME_MS + 1, ..draft }), Err(Error::TypeInvalid), "{name}");
        assert_eq!(sign(&provider, &[], &draft), Err(Error::SecretMissing), "{name}");
        assert_eq!(sign(&provider, &[b"short"], &draft).map_err(|error| error.code().starts_with("secret_")), Err(true), "{name}");
        for bad in [b"a\r\nx-admin: 1".as_slice(), b"a\0", b"a b", b"a,b", "\u{e9}".as_bytes(), &long] {
            let with_id = sign(&provider, &[secret], &Draft { id: bad, ..draft });
            let with_event = sign(&provider, &[secret], &Draft { event: bad, ..draft });
            // Those that have no header for it do not look at it.
            for (found, used) in [
                (with_id, !["stripe", "slack", "lemonsqueezy", "paddle", "workos"].contains(&name)),
                (with_event, ["github", "shopify", "linear", "lemonsqueezy", "hmac"].contains(&name)),
            ] {
                assert_eq!(found.is_err(), used, "{name}: {bad:?}");
                assert!(found.is_ok_and(|headers| headers.iter().all(|(_, value)| !value.contains(&b'\n'))) || used, "{name}");
            }
        }
    }
    let draft = Draft { id: b"jwt_1", timestamp: 1, event: b"", url: b"", body: b"" };
    let sign_for = |url| sign(&Provider::QSTASH, &[b"sig_7kYjw48mhY7kAjqNGcy6cr29RJ6r"], &Draft { url, ..draft }).map(drop);
    assert_eq!(sign_for(b""), Err(Error::HeaderInvalid));
    assert_eq!(sign_for(b"https://a/\n"), Err(Error::HeaderInvalid));
    assert_eq!(sign_for(&[b'u'; MAX_VALUE_LEN + 1]), Err(Error::HeaderInvalid));
}

#[test]
fn every_secret_signs_where_the_scheme_knows_several_signatures() {
    let draft = Draft { id: b"id-1", timestamp: 1_800_000_000_000, event: b"", url: b"https://app.example/", body: b"{}" };
    for (name, provider, secret) in all_signers() {
        let other = if name == "standard" || name == "svix" {
            b"whsec_T3RoZXIga2V5IG9mIHRoZSBzdWl0ZSwgMzIgYnl0ZXM=".to_vec()
        } else {
            [secret, secret].concat()
        };
        let signed = sign(&provider, &[secret, &other], &draft).unwrap();
        let headers: Vec<(&[u8], &[u8])> = signed.iter().map(|(name, value)| (*name, value.as_slice())).collect();
        let verifies = |secret: &[u8]| verify(&provider, &[secret], &headers, draft.body, draft.url, draft.timestamp, 1000).is_ok();
        assert!(verifies(secret), "{name}");
        assert_eq!(verifies(&other), ["standard", "svix", "polar", "stripe", "paddle", "workos"].contains(&name), "{name}");
    }
}

proptest! {
    #[test]
    fn what_is_signed_verifies_and_nothing_else(
        which in 0..15_usize, id in "[!-+/-~-]{1,200}", event in "[!-+--~]{0,60}", body: Vec<u8>, url in "https://[!-~]{1,40}", time in 1000..MAX_TIME_MS / 2, at: prop::sample::Index,
    ) {
        let (name, provider, secret) = all_signers()[which];
        let draft = Draft { id: id.as_bytes(), timestamp: time, event: event.as_bytes(), url: url.as_bytes(), body: &body };
        let signed = sign(&provider, &[secret], &draft).unwrap();
        let headers: Vec<(&[u8], &[u8])> = signed.iter().map(|(name, value)| (*name, value.as_slice())).collect();
        let check = |body: &[u8], url: &str, now| verify(&provider, &[secret], &headers, body, url.as_bytes(), now, 1000);
        let found = check(&body, &url, time).unwrap();
        prop_assert!(found.timestamp.is_none_or(|found| time - found < 1000), "{}", name);
        prop_assert!(found.id.is_none_or(|found| found == id.as_bytes()));
        prop_assert!(found.event.is_none_or(|found| found == event.as_bytes()));
        prop_assert_eq!(check(&body, &format!("{url}/"), time).is_err(), name == "qstash");
        prop_assert_eq!(check(&body, &url, time + 2000).is_err(), found.timestamp.is_some());
        let mut other = body.clone();
        other.push(0);
        prop_assert_eq!(check(&other, &url, time).map(drop), Err(Error::SignatureInvalid));
        if !body.is_empty() {
            let mut other = body.clone();
            other[at.index(body.len())] ^= 1;
            prop_assert_eq!(check(&other, &url, time).map(drop), Err(Error::SignatureInvalid));
        }
    }

    #[test]
    fn nothing_that_is_made_up_verifies_or_panics(which in 0..15_usize, values in prop::collection::vec("[ -~]{0,80}|(t|v1|ts|h1)=[0-9a-f]{0,64}(,|;|, )?|v1,[A-Za-z0-9+/]{43}=", 4), raw: Vec<u8>, now in 0..MAX_TIME_MS) {
        let (_, provider, secret) = all_signers()[which];
        let names = [
            "webhook-id", "webhook-timestamp", "webhook-signature", "svix-id", "svix-timestamp", "svix-signature", "stripe-signature", "x-hub-signature-256",
            "x-slack-signature", "x-slack-request-timestamp", "x-shopify-hmac-sha256", "linear-signature", "x-signature", "paddle-signature", "workos-signature", "upstash-signature",
            "x-sig", "x-time",
        ];
        let mut headers: Vec<(&[u8], &[u8])> = names.iter().enumerate().map(|(index, name)| (name.as_bytes(), values[index % 4].as_bytes())).collect();
        let found = verify(&provider, &[secret], &headers, b"[]", b"https://app.example/", now, 900_000);
        prop_assert!(found.is_err());
        for header in &mut headers {
            header.1 = &raw;
        }
        let found = verify(&provider, &[secret], &headers, b"[]", b"https://app.example/", now, 900_000);
        prop_assert!(found.is_err());
    }
}
