use super::fields::{Value, dictionary};
use super::verify::unescaped;
use super::*;
use crate::call::NONCE_LEN;
use crate::keyring::Derivation;
use crate::mac::Key;
use crate::text::to_base64;
use crate::{replay, window};
use proptest::prelude::*;

const SECRETS: [&[u8]; 2] = [b"q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab", b"another-Secret_0123456789-abcdefg"];
const NOW: u64 = 1_800_000_000_000;
const ORIGIN: &[u8] = b"https://app.example";
const NONCE: [u8; NONCE_LEN] = [7; NONCE_LEN];
const JSON: Headers<'static> = &[(b"Content-Type", b"application/json")];
const BODY: &[u8] = b"{}";

/// A side that holds some secrets.
struct Side(Vec<(KeyId, [u8; 32])>);

impl Side {
    fn new(secrets: &[&[u8]]) -> Self {
        let derived = secrets.iter().map(|secret| Derivation::new(secret).unwrap());
        Self(derived.map(|derivation| (derivation.key_id(), *derivation.http_key())).collect())
    }

    fn keys(&self) -> Vec<KnownKey<'_>> {
        self.0.iter().map(|(id, key)| KnownKey { id: *id, key }).collect()
    }
}

type Lines = Vec<(Vec<u8>, Vec<u8>)>;

fn lines(headers: Headers<'_>) -> Lines {
    headers.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect()
}

fn views(lines: &Lines) -> Vec<(&[u8], &[u8])> {
    lines.iter().map(|(name, value)| (name.as_slice(), value.as_slice())).collect()
}

/// Header fields with those of a signature set.
fn dressed(headers: Headers<'_>, fields: &Fields) -> Lines {
    let mut lines = lines(headers);
    lines.extend(fields.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.clone())));
    lines
}

fn post<'a>(headers: Headers<'a>, body: &'a [u8]) -> Request<'a> {
    Request::new(b"POST", ORIGIN, b"/api/events?a=1", headers, body).unwrap()
}

fn signed_post() -> Lines {
    let side = Side::new(&SECRETS[..1]);
    dressed(JSON, &sign_request(post(JSON, BODY), side.keys()[0], NOW, &NONCE, &[]).unwrap())
}

fn judge(request: Request<'_>) -> Result<Verified, Error> {
    verify_request(request, &Side::new(&SECRETS).keys(), NOW, DEFAULT_TOLERANCE_MS)
}

fn judge_response(response: Response<'_>) -> Result<(usize, u64, Vec<u8>), Error> {
    verify_response(response, &Side::new(&SECRETS).keys(), NOW, 60_000).map(|found| (found.index, found.created, found.nonce))
}

#[test]
fn a_request_that_was_signed_is_good() {
    let lines = signed_post();
    let found = judge(post(&views(&lines), BODY)).unwrap();
    assert_eq!((found.index, found.created, found.nonce.as_slice()), (0, NOW, b"BwcHBwcHBwcHBwcHBwcHBw".as_slice()));
    assert_eq!(found.keep_until, replay::keep_until(NOW));
    assert_eq!(found.nonce_name, replay::http_nonce_name(&Side::new(&SECRETS).0[0].0, b"BwcHBwcHBwcHBwcHBwcHBw"));
    let text: Vec<String> =
        lines.iter().map(|(name, value)| String::from_utf8([name, value.as_slice()].join(b": ".as_slice())).unwrap()).collect();
    assert_eq!(text[1], "content-digest: sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:");
    assert!(text[2].starts_with("signature-input: countersign=(\"@method\" \"@authority\" \"@path\" \"@query\" \"content-digest\" \"content-type\");created=1800000000;nonce=\""));
}

#[test]
fn anything_else_is_another_request() {
    let lines = signed_post();
    let headers = views(&lines);
    let request = |method, origin, target| Request::new(method, origin, target, &headers, BODY).unwrap();
    for (what, changed) in [
        ("method", request(b"PUT", ORIGIN, b"/api/events?a=1")),
        ("method", request(b"post", ORIGIN, b"/api/events?a=1")),
        ("authority", request(b"POST", b"https://other.example", b"/api/events?a=1")),
        ("authority", request(b"POST", b"https://app.example:8443", b"/api/events?a=1")),
        ("path", request(b"POST", ORIGIN, b"/api/events/?a=1")),
        ("path", request(b"POST", ORIGIN, b"/api/Events?a=1")),
        ("query", request(b"POST", ORIGIN, b"/api/events")),
        ("query", request(b"POST", ORIGIN, b"/api/events?a=2")),
        ("query", request(b"POST", ORIGIN, b"/api/events?a=1&a=1")),
        ("body", post(&headers, b"{ }")),
        ("body", post(&headers, b"")),
    ] {
        assert_eq!(judge(changed), Err(Error::SignatureInvalid), "{what}");
    }
    // Where nothing but the authority is signed the scheme is not: a proxy may end TLS.
    assert!(judge(request(b"POST", b"http://app.example", b"/api/events?a=1")).is_ok());
}

#[test]
fn a_signature_may_cover_more_and_never_less() {
    let side = Side::new(&SECRETS[..1]);
    let headers: Headers<'_> = &[(b"content-type", b"application/json"), (b"X-Id", b" a "), (b"x-id", b"b")];
    let extra: [&[u8]; 4] = [b"x-id", b"@scheme", b"@target-uri", b"@request-target"];
    let fields = sign_request(post(headers, BODY), side.keys()[0], NOW, &NONCE, &extra).unwrap();
    let good = dressed(headers, &fields);
    assert!(judge(post(&views(&good), BODY)).is_ok());
    let mut other = good.clone();
    other[2].1 = b"c".to_vec();
    assert_eq!(judge(post(&views(&other), BODY)), Err(Error::SignatureInvalid));
    other.remove(2);
    other.remove(1);
    assert_eq!(judge(post(&views(&other), BODY)), Err(Error::SignatureMalformed), "a covered field that is not there");
    let cleartext = Request { origin: Origin::parse(b"http://app.example").unwrap(), ..post(&[], BODY) };
    assert_eq!(judge(Request { headers: &views(&good), ..cleartext }), Err(Error::SignatureInvalid));

    // A bodyless request that was signed, and a body put behind it.
    let empty = dressed(&[], &sign_request(post(&[], b""), side.keys()[0], NOW, &NONCE, &[]).unwrap());
    assert!(judge(post(&views(&empty), b"")).is_ok());
    assert_eq!(judge(post(&views(&empty), BODY)), Err(Error::SignatureMalformed));
}

fn sign_post(headers: Headers<'_>, extra: &[&[u8]]) -> Result<Fields, Error> {
    sign_request(post(headers, BODY), Side::new(&SECRETS[..1]).keys()[0], NOW, &NONCE, extra)
}

#[test]
fn what_cannot_be_covered_is_not_signed() {
    let side = Side::new(&SECRETS[..1]);
    for name in [
        "@method",
        "content-type",
        "content-digest",
        "signature",
        "signature-input",
        "@status",
        "@query-param",
        "",
        "X-Id",
        "x id",
        "x\"",
        "x-id;sf",
        "\u{e9}",
    ] {
        assert_eq!(sign_post(JSON, &[name.as_bytes()]), Err(Error::TypeInvalid), "{name}");
    }
    assert_eq!(sign_post(&[(b"x-id", b"1")], &[b"x-id", b"x-id"]), Err(Error::TypeInvalid));
    assert_eq!(sign_post(JSON, &[b"x-id"]), Err(Error::HeaderInvalid));
    assert_eq!(sign_post(&[(b"x-id", "\u{e9}".as_bytes())], &[b"x-id"]), Err(Error::HeaderInvalid));
    assert!(sign_post(&[(b"x-id", "\u{e9}".as_bytes())], &[]).is_ok());
    let long = "x-".repeat(64);
    assert!(sign_post(&[(long.as_bytes(), b"1")], &[long.as_bytes()]).is_ok());
    let longer = format!("{long}x");
    assert_eq!(sign_post(&[(longer.as_bytes(), b"1")], &[longer.as_bytes()]), Err(Error::TypeInvalid));
    assert_eq!(sign_request(post(JSON, BODY), side.keys()[0], window::MAX_TIME_MS + 1, &NONCE, &[]), Err(Error::TypeInvalid));
    assert!(sign_request(post(JSON, BODY), side.keys()[0], window::MAX_TIME_MS, &NONCE, &[]).is_ok());
}

#[test]
fn what_is_no_message_is_refused() {
    for method in ["", "GET ", "G\nT", "G:T", "\u{e9}", &"A".repeat(65)] {
        assert_eq!(Request::new(method.as_bytes(), ORIGIN, b"/", &[], b"").map(|_| ()), Err(Error::HeaderInvalid), "{method}");
    }
    assert!(Request::new("A".repeat(64).as_bytes(), ORIGIN, b"/", &[], b"").is_ok());
    for (name, value) in [("", "a"), ("a b", "a"), ("a:", "a"), ("a\n", "a"), ("\u{e9}", "a"), ("a", "\r"), ("a", "x\ny"), ("a", "\0")] {
        let headers: Headers<'_> = &[(name.as_bytes(), value.as_bytes())];
        assert_eq!(Request::new(b"GET", ORIGIN, b"/", headers, b"").map(|_| ()), Err(Error::HeaderInvalid), "{name:?} {value:?}");
        assert_eq!(Response::new(200, headers, b"", post(&[], b"")).map(|_| ()), Err(Error::HeaderInvalid), "{name:?} {value:?}");
    }
    for status in [0, 99, 1000, 65_736] {
        assert_eq!(Response::new(status, &[], b"", post(&[], b"")).map(|_| ()), Err(Error::TypeInvalid), "{status}");
    }
    assert!(Response::new(100, &[], b"", post(&[], b"")).is_ok() && Response::new(999, &[], b"", post(&[], b"")).is_ok());
}

#[test]
fn the_key_and_the_time_are_checked() {
    let lines = signed_post();
    let headers = views(&lines);
    let request = post(&headers, BODY);
    let both = Side::new(&SECRETS);
    let at = |now| verify_request(request, &both.keys(), now, 60_000).map(|found| found.index);
    assert_eq!(at(NOW + 60_000), Ok(0));
    assert_eq!(at(NOW + 60_001), Err(Error::Expired));
    assert_eq!(at(NOW - 60_000), Ok(0));
    assert_eq!(at(NOW - 60_001), Err(Error::NotYetValid));
    let mut keys = both.keys();
    keys.reverse();
    assert_eq!(verify_request(request, &keys, NOW, 0).map(|found| found.index), Ok(1));
    assert_eq!(verify_request(request, &keys[..1], NOW, 0), Err(Error::KeyUnknown));
    assert_eq!(verify_request(request, &[], NOW, 0), Err(Error::KeyUnknown));
    // The id of a known key, and the bytes of another.
    keys[1].key = keys[0].key;
    assert_eq!(verify_request(request, &keys, NOW, 0), Err(Error::SignatureInvalid));
    let call_key = Derivation::new(SECRETS[0]).unwrap().call_key();
    keys[1].key = call_key.as_slice();
    assert_eq!(verify_request(request, &keys, NOW, 0), Err(Error::SignatureInvalid), "the key of another purpose");
}

/// The fields of a request without a body, signed by somebody who writes other parameters than we do.
fn signed_by_peer(parameters: &str) -> Lines {
    let side = Side::new(&SECRETS[..1]);
    let known = side.keys()[0];
    let input = format!(
        "sig=(\"@method\" \"@authority\" \"@path\" \"@query\");{parameters};keyid=\"{}\";alg=\"hmac-sha256\";tag=\"countersign\"",
        known.id
    );
    let members = dictionary(input.as_bytes()).unwrap();
    let Value::List(list) = &members[0].1 else { panic!("a list") };
    let mac = Key::new(known.key).sign(&signature_base(&Message::Request(post(&[], b"")), list).unwrap());
    let signature = [b"sig=:", to_base64(&mac).as_slice(), b":"].concat();
    vec![(b"Signature-Input".to_vec(), input.into_bytes()), (b"Signature".to_vec(), signature)]
}

#[test]
fn a_signature_is_good_until_it_says_it_expires() {
    let lines = signed_by_peer("created=1800000000;nonce=\"n\";expires=1800000010");
    let headers = views(&lines);
    let at = |now| verify_request(post(&headers, b""), &Side::new(&SECRETS).keys(), now, 60_000).map(|found| found.nonce);
    assert_eq!(at(NOW + 10_000), Ok(b"n".to_vec()));
    assert_eq!(at(NOW + 10_001), Err(Error::Expired));
}

#[test]
fn a_nonce_has_a_longest() {
    for (len, is_nonce) in [(0, false), (1, true), (MAX_NONCE_CHARS, true), (MAX_NONCE_CHARS + 1, false), (MAX_NONCE_CHARS + 2, false)] {
        let lines = signed_by_peer(&format!("created=1800000000;nonce=\"{}\"", "n".repeat(len)));
        let found = judge(post(&views(&lines), b"")).map(|found| found.nonce.len());
        assert_eq!(found, if is_nonce { Ok(len) } else { Err(Error::SignatureMalformed) }, "{len}");
    }
}

#[test]
fn a_response_is_bound_to_its_request() {
    let both = Side::new(&SECRETS);
    let second = sign_request(post(JSON, BODY), both.keys()[1], NOW, &NONCE, &[]).unwrap();
    let asked = dressed(JSON, &second);
    let asked = views(&asked);
    let request = post(&asked, b"");
    let fields = sign_response(Response::new(200, &[], b"answer", request).unwrap(), &both.keys(), NOW).unwrap();
    let answer = dressed(&[], &fields);
    let headers = views(&answer);
    let response = Response::new(200, &headers, b"answer", request).unwrap();
    assert_eq!(judge_response(response), Ok((1, NOW, vec![])));
    assert_eq!(judge_response(Response { status: 201, ..response }), Err(Error::SignatureInvalid));
    assert_eq!(judge_response(Response { body: b"Answer", ..response }), Err(Error::SignatureInvalid));
    assert_eq!(judge_response(Response { body: b"", ..response }), Err(Error::SignatureInvalid));
    for other in [
        Request { method: b"PUT", ..request },
        Request { origin: Origin::parse(b"https://b.example").unwrap(), ..request },
        Request { target: Target::parse(b"/x?a=1").unwrap(), ..request },
        Request { target: Target::parse(b"/api/events").unwrap(), ..request },
    ] {
        assert_eq!(judge_response(Response { request: other, ..response }), Err(Error::SignatureInvalid));
    }
    let again = dressed(JSON, &sign_request(post(JSON, BODY), both.keys()[1], NOW, &[8; NONCE_LEN], &[]).unwrap());
    assert_eq!(
        judge_response(Response { request: post(&views(&again), b""), ..response }),
        Err(Error::SignatureInvalid),
        "the same request, sent again"
    );
    let first = dressed(JSON, &sign_request(post(JSON, BODY), both.keys()[0], NOW, &NONCE, &[]).unwrap());
    assert_eq!(
        judge_response(Response { request: post(&views(&first), b""), ..response }),
        Err(Error::SignatureInvalid),
        "another caller's request"
    );

    assert_eq!(judge_response(Response { headers: &[], ..response }), Err(Error::SignatureMissing));
    assert_eq!(judge_response(Response { headers: &asked, ..response }), Err(Error::SignatureMissing), "the request's own signature");
    assert_eq!(
        verify_request(post(&headers, b"answer"), &both.keys(), NOW, 60_000),
        Err(Error::SignatureMissing),
        "an answer sent as a request"
    );
    assert_eq!(sign_response(Response { request: post(JSON, b""), ..response }, &both.keys(), NOW), Err(Error::SignatureMissing));
    assert_eq!(sign_response(response, &both.keys()[..1], NOW), Err(Error::KeyUnknown));
    let empty = dressed(&[], &sign_response(Response::new(204, &[], b"", request).unwrap(), &both.keys(), NOW).unwrap());
    assert!(judge_response(Response::new(204, &views(&empty), b"", request).unwrap()).is_ok());
}

#[test]
fn a_digest_is_the_bodys_whatever_stands_beside_it() {
    let right = String::from_utf8(content_digest(BODY)).unwrap();
    assert!(digest::matches(BODY, right.as_bytes()));
    assert!(digest::matches(BODY, format!("sha-512=:AAAA:, {right}").as_bytes()));
    for wrong in [
        "",
        "sha-256=::",
        "sha-512=:AAAA:",
        "sha-256=1",
        "sha-256",
        "sha-256=(1)",
        &right[..right.len() - 1],
        &format!("{right};a"),
        &right.to_uppercase(),
        &format!("{right}, {right}"),
    ] {
        assert!(!digest::matches(BODY, wrong.as_bytes()), "{wrong}");
    }
    assert!(!digest::matches(b"", right.as_bytes()));
}

#[test]
fn lines_of_a_name_are_one_value() {
    let headers: Headers<'_> = &[(b"A", b" \t1 "), (b"b", b"x"), (b"a", b""), (b"a", b"2\t3")];
    assert_eq!(field_value(headers, b"a"), Ok(Some(b"1, , 2\t3".to_vec())));
    assert_eq!(field_value(headers, b"c"), Ok(None));
    assert_eq!(field_value(&[(b"a", b" \t")], b"a"), Ok(Some(vec![])));
    for bad in ["\u{7f}", "\u{1}", "\u{e9}"] {
        assert_eq!(field_value(&[(b"a", bad.as_bytes())], b"a"), Err(Error::HeaderInvalid));
    }
}

#[test]
fn a_nonce_is_what_its_string_stands_for() {
    assert_eq!(unescaped(b"a\\\"b\\\\c"), b"a\"b\\c");
}

proptest! {
    #[test]
    fn whatever_is_signed_is_verified_and_with_one_byte_changed_it_is_not(
        method in "[A-Z]{1,8}", path in "(/[a-zA-Z0-9_~%2F-]{0,6}){1,3}", query in "(\\?[a-z=&+]{0,9})?", body: Vec<u8>, now in 0..window::MAX_TIME_MS, nonce: [u8; NONCE_LEN], at: prop::sample::Index,
    ) {
        let target = format!("{}{query}", path.replace('%', "%2").replace("%22", "%2"));
        prop_assume!(Target::parse(target.as_bytes()).is_ok());
        let side = Side::new(&SECRETS[..1]);
        let make = |headers, body| Request::new(method.as_bytes(), ORIGIN, target.as_bytes(), headers, body).unwrap();
        let lines = dressed(&[], &sign_request(make(&[], &body), side.keys()[0], now, &nonce, &[]).unwrap());
        let headers = views(&lines);
        prop_assert!(verify_request(make(&headers, &body), &side.keys(), now, 1000).is_ok());
        let mut changed = lines.clone();
        let (_, value) = &mut changed[at.index(lines.len())];
        let place = at.index(value.len());
        value[place] = if value[place] == b'a' { b'b' } else { b'a' };
        prop_assert!(verify_request(make(&views(&changed), &body), &side.keys(), now, 1000).is_err());
    }
}
