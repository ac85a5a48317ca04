//! The deliveries of `tests/vectors/webhooks.json`, and what can be done to each of them.

use countersign::error::Error;
use countersign::hash::hash;
use countersign::webhook::{MAX_SECRETS, verify};
use countersign::window::MAX_TIME_MS;

use crate::deliveries::{deliveries, files, good, named};

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
