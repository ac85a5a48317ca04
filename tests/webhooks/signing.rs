//! Deliveries that are signed here: the examples of `tests/vectors/webhooks.json` again, and any other.

use countersign::error::Error;
use countersign::webhook::{Custom, Draft, Encoding, Form, MAX_ID_LEN, MAX_VALUE_LEN, Provider, Stamp, Unit, sign, verify};
use countersign::window::MAX_TIME_MS;
use proptest::prelude::*;

use crate::deliveries::{files, good, named};

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
