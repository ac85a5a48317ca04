//! Why a delivery is refused. The steps: `secret`, `form`, `mac`, for `QStash` `claims`, where a time is signed `window`, and `names`.

use super::trail::{Explained, Trail};
use crate::error::Error;
use crate::webhook::{Header, Provider, watch_delivery};

/// The checks of a delivery in the order in which they are made, up to the first that does not hold, and the bytes that were signed. Takes what
/// [`crate::webhook::verify`] takes.
#[must_use]
pub fn explain_webhook(
    provider: &Provider<'_>,
    secrets: &[&[u8]],
    headers: &[Header<'_>],
    body: &[u8],
    url: &[u8],
    now: u64,
    tolerance_ms: u32,
) -> Explained {
    let mut trail = Trail::default();
    let verdict = watch_delivery(provider, secrets, headers, body, url, now, tolerance_ms, &mut trail);
    trail.end(verdict.err(), advice)
}

fn advice(step: &'static str, error: Error) -> &'static str {
    match (step, error) {
        (_, Error::TypeInvalid) => "a time or the tolerance is out of its range",
        ("secret", Error::SecretMissing) => "the secret is not set",
        ("secret", Error::SecretWeak) => "the secret can be guessed, or is a placeholder: copy the endpoint's own one",
        ("secret", Error::SecretMalformed) => "the secret is not of the form that this provider gives out: copy all of it, with its prefix",
        ("secret", _) => "there are too many secrets",
        ("form", Error::SignatureMissing) => "the header that holds the signature is not there",
        ("form" | "names", Error::HeaderInvalid) => "a header is missing, there twice, or holds what it cannot hold",
        ("form", _) => "the signature is not of the form that this provider writes",
        ("mac", _) => {
            "not signed with this secret, or the body is not as it came. Is it this endpoint's secret? Was the body parsed and written again, or its line ends changed?"
        }
        ("claims", Error::SignatureInvalid) => "the token is for another address or another body",
        ("claims", Error::SignatureMalformed) => "the token lacks something that it must say",
        (_, Error::Expired) => "it is too old: it was kept or sent again, or the clocks differ",
        (_, Error::NotYetValid) => "it comes from the future: the clocks differ",
        _ => "it was refused",
    }
}

#[cfg(test)]
mod tests {
    use super::super::verdict;
    use super::*;
    use crate::webhook::{Draft, sign, verify};

    const NOW: u64 = 1_800_000_000_000;
    const SECRET: &[u8] = b"q8Zr2vXw5tNc7Lm1Pd9Kf3Hj6Gs4Ab";
    const BODY: &[u8] = b"{\"n\":1}";
    const URL: &[u8] = b"https://app.example/hook";

    /// By what they sign: Standard Webhooks with an id, a time and the body; Stripe a time and the body; GitHub the body; `QStash` a token.
    fn providers() -> Vec<(&'static Provider<'static>, Vec<u8>)> {
        let mut found: Vec<(&Provider<'static>, Vec<u8>)> = Vec::new();
        for number in 0..64 {
            let Some(provider) = Provider::from_number(number) else { continue };
            for secret in [
                SECRET.to_vec(),
                [b"whsec_", SECRET].concat(),
                [b"sig_", SECRET].concat(),
                b"whsec_cThacjJ2WHc1dE5jN0xtMVBkOUtmM0hqNkdzNEFi".to_vec(),
            ] {
                let draft = Draft { id: b"msg_1", timestamp: NOW, event: b"", url: URL, body: BODY };
                if sign(provider, &[&secret], &draft).is_ok() {
                    found.push((provider, secret));
                    break;
                }
            }
        }
        assert!(found.len() >= 10, "{}", found.len());
        found
    }

    /// Secret, headers, body, time.
    type Case<'a> = (&'a [u8], &'a [Header<'a>], &'a [u8], u64);

    #[test]
    fn the_last_step_is_the_verdict_for_every_provider() {
        for (provider, secret) in providers() {
            let draft = Draft { id: b"msg_1", timestamp: NOW, event: b"", url: URL, body: BODY };
            let signed = sign(provider, &[&secret], &draft).unwrap();
            let headers: Vec<Header<'_>> = signed.iter().map(|(name, value)| (*name, value.as_slice())).collect();
            let wrong: &[u8] = b"whsec_c29tZXRoaW5nLWVsc2UtMDEyMzQ1Njc4OWFi";
            let cases: [Case<'_>; 6] = [
                (&secret, &headers, BODY, NOW),
                (&secret, &headers, b"{\"n\":2}", NOW),
                (wrong, &headers, BODY, NOW),
                (b"", &headers, BODY, NOW),
                (&secret, &[], BODY, NOW),
                (&secret, &headers, BODY, NOW + 900_000),
            ];
            for (secret, headers, body, now) in cases {
                let verified = verify(provider, &[secret], headers, body, URL, now, 300_000);
                let explained = explain_webhook(provider, &[secret], headers, body, URL, now, 300_000);
                let last = explained.steps.last().unwrap();
                assert_eq!(verified.is_ok(), last.ok, "{}", verdict(&explained.steps));
                assert!(explained.steps[..explained.steps.len() - 1].iter().all(|step| step.ok));
                if let Err(error) = verified {
                    assert!(last.detail.starts_with(&format!("{error}: ")), "{}", last.detail);
                    assert!(!last.detail.contains("it was refused"), "{}: {}", last.step, last.detail);
                }
                assert_eq!(explained.signed.is_some(), explained.steps.iter().any(|step| step.step == "mac"));
            }
        }
    }

    #[test]
    fn what_was_signed_is_shown() {
        let seen: Vec<Vec<u8>> = providers()
            .into_iter()
            .map(|(provider, secret)| {
                let draft = Draft { id: b"msg_1", timestamp: NOW, event: b"", url: URL, body: BODY };
                let signed = sign(provider, &[&secret], &draft).unwrap();
                let headers: Vec<Header<'_>> = signed.iter().map(|(name, value)| (*name, value.as_slice())).collect();
                explain_webhook(provider, &[&secret], &headers, BODY, URL, NOW, 300_000).signed.unwrap()
            })
            .collect();
        for expected in [b"msg_1.1800000000.{\"n\":1}".as_slice(), b"1800000000.{\"n\":1}", b"{\"n\":1}"] {
            assert!(seen.iter().any(|bytes| bytes == expected), "{}", String::from_utf8_lossy(expected));
        }
    }

    #[test]
    fn the_steps_have_details() {
        let mut seen = std::collections::BTreeSet::new();
        for (provider, secret) in providers() {
            let draft = Draft { id: b"msg_1", timestamp: NOW, event: b"", url: URL, body: BODY };
            let signed = sign(provider, &[&secret], &draft).unwrap();
            let headers: Vec<Header<'_>> = signed.iter().map(|(name, value)| (*name, value.as_slice())).collect();
            let steps = explain_webhook(provider, &[&secret, &secret], &headers, BODY, URL, NOW, 300_000).steps;
            assert_eq!(steps[0].detail, "several secrets of the form that the provider gives out");
            seen.extend(steps.into_iter().map(|step| format!("{}: {}", step.step, step.detail)));
        }
        for line in [
            "form: the headers are of the form that the provider writes",
            "mac: signatures: 1, keys to try: 2",
            "claims: the token is for this address and this body",
            "names: id and event, where headers have them, are of their form",
        ] {
            assert!(seen.contains(line), "{seen:?}");
        }
        assert!(seen.contains("window: signed at 1800000000000, now 1800000000000, 0 ms apart, 300000 allowed"), "{seen:?}");
    }

    #[test]
    fn each_way_to_fail_has_advice_of_its_own() {
        let ways = [
            ("secret", Error::TypeInvalid),
            ("secret", Error::SecretMissing),
            ("secret", Error::SecretWeak),
            ("secret", Error::SecretMalformed),
            ("secret", Error::Misconfigured),
            ("form", Error::SignatureMissing),
            ("form", Error::HeaderInvalid),
            ("form", Error::SignatureMalformed),
            ("mac", Error::SignatureInvalid),
            ("claims", Error::SignatureInvalid),
            ("claims", Error::SignatureMalformed),
            ("window", Error::Expired),
            ("window", Error::NotYetValid),
            ("what is not there", Error::Replayed),
        ];
        let found: std::collections::BTreeSet<_> = ways.map(|(step, error)| advice(step, error)).into();
        assert_eq!(found.len(), ways.len(), "{found:#?}");
        assert_eq!(advice("names", Error::HeaderInvalid), advice("form", Error::HeaderInvalid));
    }
}
