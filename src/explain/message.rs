//! Why an HTTP message is refused. The steps of a request: `message`, `form`, `coverage`, `components`, `key`, `mac`, `window`, `digest`; of a response `request`
//! and `same key` as well.

use super::trail::{Explained, Trail};
use crate::error::Error;
use crate::message::{Headers, KnownKey, Request, Response, watch_request, watch_response};
use crate::watch::Watch as _;

/// A request's parts, as [`Request::new`] takes them.
#[derive(Clone, Copy, Debug)]
pub struct RequestParts<'a> {
    /// For example `POST`.
    pub method: &'a [u8],
    /// The origin that the receiver knows itself by.
    pub origin: &'a [u8],
    /// Path and query.
    pub target: &'a [u8],
    /// The header fields.
    pub headers: Headers<'a>,
    /// The body's bytes; of a request that was answered, none.
    pub body: &'a [u8],
}

impl<'a> RequestParts<'a> {
    fn read(&self) -> Result<Request<'a>, Error> {
        Request::new(self.method, self.origin, self.target, self.headers, self.body)
    }
}

/// The checks of a request in the order in which they are made, up to the first that does not hold, and its signature base.
#[must_use]
pub fn explain_request(request: &RequestParts<'_>, keys: &[KnownKey<'_>], now: u64, tolerance_ms: u32) -> Explained {
    let mut trail = Trail::default();
    trail.check("message");
    let verdict = request.read().and_then(|read| {
        trail.found(|| line(request));
        watch_request(read, keys, now, tolerance_ms, &mut trail)
    });
    trail.end(verdict.err(), advice)
}

/// The same of the response to a request, which comes with the header fields that it was signed with.
#[must_use]
pub fn explain_response(
    request: &RequestParts<'_>,
    status: u32,
    headers: Headers<'_>,
    body: &[u8],
    keys: &[KnownKey<'_>],
    now: u64,
    tolerance_ms: u32,
) -> Explained {
    let mut trail = Trail::default();
    trail.check("message");
    let verdict = request.read().and_then(|read| {
        let response = Response::new(status, headers, body, read)?;
        trail.found(|| format!("{status} with a body of {} bytes, for {}", body.len(), line(request)));
        watch_response(response, keys, now, tolerance_ms, &mut trail)
    });
    trail.end(verdict.err(), advice)
}

fn line(request: &RequestParts<'_>) -> String {
    let text = String::from_utf8_lossy;
    format!("{} {} at {} with a body of {} bytes", text(request.method), text(request.target), text(request.origin), request.body.len())
}

fn advice(step: &'static str, error: Error) -> &'static str {
    match (step, error) {
        (_, Error::TypeInvalid) => "a time, a tolerance, a status or the audience is out of its range",
        ("message", _) => {
            "no such request can be signed: the method or a header field is none, or the target is not in the form that a URL has"
        }
        (_, Error::HeaderInvalid) => "a header field that is covered holds something else than printable ASCII",
        ("request", Error::SignatureMissing) => "the request has no signature with the tag countersign, so no response can be bound to it",
        ("request", _) => "the request's own signature fields cannot be read",
        (_, Error::SignatureMissing) => {
            "there is no Signature-Input and Signature with our tag: countersign for a request, countersign-response for a response"
        }
        ("form", _) => {
            "our member of Signature-Input has to have created, nonce (in a request), keyid, alg=\"hmac-sha256\" and tag, each once and in its one form, and the same label in Signature"
        }
        ("coverage", _) => {
            "it leaves out something that a signature of ours must cover: @method, @authority, @path and @query; in a response @status, and those of the request with its signature"
        }
        ("components", _) => {
            "a component that it covers is not there, is there twice or is not understood; or there is a body, and content-digest and content-type are not covered"
        }
        ("same key", _) => "the response was not signed by whom the request was meant for",
        ("key", _) => "the two sides hold different secrets, or one was rotated away",
        ("mac", _) => {
            "something that is covered differs from what was signed, or the secret is another one. Compare the signature base with the signer's, line by line"
        }
        ("window", Error::Expired) => "it is too old: it was kept or sent again, or the clocks differ",
        ("window", _) => "it comes from the future: the clocks differ",
        ("digest", _) => "the body is not the one whose digest was signed: something on the way, or a parser, changed it",
        _ => "it was refused",
    }
}

#[cfg(test)]
mod tests {
    use super::super::verdict;
    use super::*;
    use crate::keyring::Derivation;
    use crate::message::{sign_request, sign_response, verify_request};

    const NOW: u64 = 1_800_000_000_000;
    const TOLERANCE: u32 = 300_000;
    const BODY: &[u8] = b"{\"n\":1}";

    struct Fixture {
        id: crate::keyring::KeyId,
        key: [u8; 32],
    }

    impl Fixture {
        fn new(secret: &[u8]) -> Self {
            let derivation = Derivation::new(secret).unwrap();
            Self { id: derivation.key_id(), key: *derivation.http_key() }
        }

        fn known(&self) -> KnownKey<'_> {
            KnownKey { id: self.id, key: &self.key }
        }
    }

    fn fixture() -> Fixture {
        Fixture::new(b"q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab")
    }

    fn parts<'a>(headers: Headers<'a>, body: &'a [u8]) -> RequestParts<'a> {
        RequestParts { method: b"POST", origin: b"https://app.example", target: b"/api/jobs?id=1", headers, body }
    }

    type Lines = Vec<(&'static str, Vec<u8>)>;

    fn signed(known: KnownKey<'_>) -> Lines {
        let plain: Lines = vec![("content-type", b"application/json".to_vec())];
        let headers = borrowed(&plain);
        let fields = sign_request(parts(&headers, BODY).read().unwrap(), known, NOW, &[7; 16], &[]).unwrap();
        plain.iter().cloned().chain(fields).collect()
    }

    fn borrowed(lines: &Lines) -> Vec<(&[u8], &[u8])> {
        lines.iter().map(|(name, value)| (name.as_bytes(), value.as_slice())).collect()
    }

    fn explained(lines: &Lines, body: &[u8], keys: &[KnownKey<'_>], now: u64) -> Explained {
        explain_request(&parts(&borrowed(lines), body), keys, now, TOLERANCE)
    }

    #[test]
    fn each_check_of_a_request_is_shown_up_to_the_one_that_fails() {
        let (ours, other) = (fixture(), Fixture::new(b"another-Secret_0123456789-abcdefg"));
        let lines = signed(ours.known());
        let shown = |lines: &Lines, body: &[u8], keys: &[KnownKey<'_>], now| verdict(&explained(lines, body, keys, now).steps);
        let keys = [other.known(), ours.known()];
        assert_eq!(shown(&lines, BODY, &keys, NOW), "+message +form +coverage +components +key +mac +window +digest");
        assert_eq!(shown(&lines, b"{\"n\":2}", &keys, NOW), "+message +form +coverage +components +key +mac +window -digest");
        assert_eq!(shown(&lines, BODY, &keys, NOW + 300_001), "+message +form +coverage +components +key +mac -window");
        assert_eq!(shown(&lines, BODY, &keys[..1], NOW), "+message +form +coverage +components -key");
        assert_eq!(shown(&Vec::new(), BODY, &keys, NOW), "+message -form");
        let wrong_type: Lines = lines
            .iter()
            .map(|(name, value)| (*name, if *name == "content-type" { b"text/plain".to_vec() } else { value.clone() }))
            .collect();
        assert_eq!(shown(&wrong_type, BODY, &keys, NOW), "+message +form +coverage +components +key -mac");
        let less: Lines = lines
            .iter()
            .map(|(name, value)| (*name, String::from_utf8(value.clone()).unwrap().replace(" \"@query\"", "").into_bytes()))
            .collect();
        assert_eq!(shown(&less, BODY, &keys, NOW), "+message +form -coverage");
        let without_type: Lines = lines.iter().filter(|(name, _)| *name != "content-type").cloned().collect();
        assert_eq!(shown(&without_type, BODY, &keys, NOW), "+message +form +coverage -components");
        let bad = RequestParts { target: b"no-slash", ..parts(&[], BODY) };
        assert_eq!(verdict(&explain_request(&bad, &keys, NOW, TOLERANCE).steps), "-message");
    }

    #[test]
    fn details_say_what_was_looked_at_and_what_it_means() {
        let ours = fixture();
        let lines = signed(ours.known());
        let steps = explained(&lines, BODY, &[ours.known()], NOW + 300_001).steps;
        assert_eq!(steps[0].detail, "POST /api/jobs?id=1 at https://app.example with a body of 7 bytes");
        assert_eq!(steps[1].detail, format!("the signature labelled countersign was made with key {} at {NOW} ms", ours.id));
        assert!(
            steps[2]
                .detail
                .starts_with("covered is (\"@method\" \"@authority\" \"@path\" \"@query\" \"content-digest\" \"content-type\");created="),
            "{}",
            steps[2].detail
        );
        assert_eq!(steps[3].detail, "all that is covered is there");
        assert_eq!(steps[4].detail, format!("the signature names key {0}; accepted are {0}", ours.id));
        assert!(steps[5].detail.starts_with("the signature base is "), "{}", steps[5].detail);
        assert_eq!(
            steps[6].detail,
            "expired: it is too old: it was kept or sent again, or the clocks differ (signed at 1800000000000, now 1800000300001, 300001 ms apart, 300000 allowed)"
        );
        let steps = explained(&lines, b"", &[ours.known()], NOW).steps;
        assert!(
            steps[7].detail.contains("the body is 0 bytes long and has sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"),
            "{}",
            steps[7].detail
        );
    }

    #[test]
    fn the_signature_base_is_what_the_mac_is_over() {
        let ours = fixture();
        let lines = signed(ours.known());
        let base = explained(&lines, BODY, &[ours.known()], NOW).signed.unwrap();
        assert!(base.starts_with(b"\"@method\": POST\n\"@authority\": app.example\n\"@path\": /api/jobs\n\"@query\": ?id=1\n"));
        let mac = crate::text::to_base64(&crate::mac::Key::new(&ours.key).sign(&base));
        let (_, signature) = lines.iter().find(|(name, _)| *name == "signature").unwrap();
        assert_eq!(signature, &[b"countersign=:", mac.as_slice(), b":"].concat());
        assert_eq!(explained(&Vec::new(), BODY, &[ours.known()], NOW).signed, None);
    }

    #[test]
    fn an_explanation_and_the_verdict_are_the_same() {
        let ours = fixture();
        let lines = signed(ours.known());
        for (body, now) in [(BODY, NOW), (BODY, NOW + 300_001), (BODY, 0), (b"other".as_slice(), NOW)] {
            let headers = borrowed(&lines);
            let verified = verify_request(parts(&headers, body).read().unwrap(), &[ours.known()], now, TOLERANCE);
            let last = explained(&lines, body, &[ours.known()], now).steps.pop().unwrap();
            assert_eq!(verified.is_ok(), last.ok);
            if let Err(error) = verified {
                assert!(last.detail.starts_with(&format!("{error}: ")), "{}", last.detail);
            }
        }
    }

    #[test]
    fn a_response_shows_the_request_that_it_is_bound_to() {
        let (ours, other) = (fixture(), Fixture::new(b"another-Secret_0123456789-abcdefg"));
        let asked = signed(ours.known());
        let asked = borrowed(&asked);
        let request = parts(&asked, b"");
        let response = |status| Response::new(status, &[], b"", request.read().unwrap()).unwrap();
        let answer = sign_response(response(200), &[ours.known()], NOW).unwrap();
        let answer = borrowed(&answer);
        let shown = |request: &RequestParts<'_>, status, keys: &[KnownKey<'_>], now| {
            verdict(&explain_response(request, status, &answer, b"", keys, now, TOLERANCE).steps)
        };
        let keys = [ours.known(), other.known()];
        assert_eq!(shown(&request, 200, &keys, NOW), "+message +request +form +coverage +same key +components +key +mac +window +digest");
        assert_eq!(shown(&request, 404, &keys, NOW), "+message +request +form +coverage +same key +components +key -mac");
        assert_eq!(shown(&request, 200, &keys[1..], NOW), "+message +request +form +coverage +same key +components -key");
        assert_eq!(shown(&parts(&[], b""), 200, &keys, NOW), "+message -request");
        assert_eq!(shown(&request, 99, &keys, NOW), "-message");
        let steps = explain_response(&request, 200, &answer, b"", &keys, NOW, TOLERANCE).steps;
        assert_eq!(steps[0].detail, "200 with a body of 0 bytes, for POST /api/jobs?id=1 at https://app.example with a body of 0 bytes");
        assert_eq!(steps[4].detail, format!("the request was signed with key {0}, the response with {0}", ours.id));
        // The same request signed by another key holder: his signature of it is bound in, and the response is not his.
        let asked_by_other = signed(other.known());
        let asked_by_other = borrowed(&asked_by_other);
        assert_eq!(shown(&parts(&asked_by_other, b""), 200, &keys, NOW), "+message +request +form +coverage -same key");
    }

    #[test]
    fn each_way_to_fail_has_advice_of_its_own() {
        let ways = [
            ("message", Error::TypeInvalid),
            ("message", Error::HeaderInvalid),
            ("request", Error::SignatureMissing),
            ("request", Error::SignatureMalformed),
            ("form", Error::HeaderInvalid),
            ("form", Error::SignatureMissing),
            ("form", Error::SignatureMalformed),
            ("coverage", Error::SignatureMalformed),
            ("same key", Error::SignatureInvalid),
            ("components", Error::SignatureMalformed),
            ("key", Error::KeyUnknown),
            ("mac", Error::SignatureInvalid),
            ("window", Error::Expired),
            ("window", Error::NotYetValid),
            ("digest", Error::SignatureInvalid),
            ("what is not there", Error::Replayed),
        ];
        let advice: std::collections::BTreeSet<_> = ways.map(|(step, error)| advice(step, error)).into();
        assert_eq!(advice.len(), ways.len(), "{advice:#?}");
    }
}
