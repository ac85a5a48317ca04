//! What is tried: messages that the crate signed, the same ones changed a little, and signatures put together from good and bad parts, made with
//! the right key.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::error::Error;
use countersign::keyring::{Derivation, KeyId};
use countersign::message::{self, KnownKey, Request, Response, sign_request, sign_response, verify_request, verify_response};
use countersign::secret::generate;
use hmac_sha256::{HMAC, Hash};
use sfv::ListEntry;

use super::{Answered, Asked, Lines, MAX_TOLERANCE, PlainKey, Seen, Verdict, base, expected, joined, split};
use crate::choices::Choices;
use crate::fields;
use crate::secret::{derive, hex};

const NOW: u64 = 1_800_000_000_000;

struct Both {
    id: KeyId,
    key: Vec<u8>,
    plain: PlainKey,
}

static KEYS: LazyLock<[Both; 3]> = LazyLock::new(|| {
    std::array::from_fn(|number| {
        let secret = generate(&[number as u8 + 1; 32]);
        let derivation = Derivation::new(&secret).expect("a generated secret is usable");
        let plain = (hex(&derive(&secret, "key-id", 8)), derive(&secret, "http", 32));
        Both { id: derivation.key_id(), key: derivation.http_key().to_vec(), plain }
    })
});

fn borrowed(lines: &Lines) -> Vec<(&[u8], &[u8])> {
    lines.iter().map(|(name, value)| (name.as_slice(), value.as_slice())).collect()
}

/// What the crate says of a message, by `Request::new` and so on.
fn with<T>(seen: Seen, asked: impl Fn(Request) -> Result<T, Error>, answered: impl Fn(Response) -> Result<T, Error>) -> Result<T, Error> {
    match seen {
        Seen::Asked(Asked { method, origin, target, headers, body }) => {
            asked(Request::new(method, origin, target, &borrowed(headers), body)?)
        }
        Seen::Answered(Answered { status, headers, body, request }) => {
            let lines = borrowed(&request.headers);
            let request = Request::new(&request.method, &request.origin, &request.target, &lines, &request.body)?;
            answered(Response::new(*status, &borrowed(headers), body, request)?)
        }
    }
}

fn known(keys: &[Both]) -> Vec<KnownKey<'_>> {
    keys.iter().map(|both| KnownKey { id: both.id, key: &both.key }).collect()
}

/// Holds the crate's answer to the plain one.
fn compare(seen: Seen, keys: &[Both], now: u64, tolerance: u32) -> Result<Verdict, Error> {
    let known = known(keys);
    let verified =
        with(seen, |request| verify_request(request, &known, now, tolerance), |response| verify_response(response, &known, now, tolerance));
    let answer = verified.map(|verified| {
        let name = String::from_utf8_lossy(&verified.nonce_name).into_owned();
        (verified.index, verified.created, verified.nonce, name, verified.keep_until)
    });
    let plain: Vec<PlainKey> = keys.iter().map(|both| both.plain.clone()).collect();
    let wanted = expected(seen, &plain, now, tolerance);
    match seen {
        Seen::Asked(asked) => assert_eq!(answer, wanted, "{}", show(asked)),
        Seen::Answered(answered) => {
            let Answered { status, headers, request, .. } = answered;
            assert_eq!(answer, wanted, "{status} {:?} for {}", shown(headers), show(request));
        }
    }
    answer
}

fn shown(lines: &Lines) -> Vec<(String, String)> {
    lines.iter().map(|(name, value)| (String::from_utf8_lossy(name).into_owned(), String::from_utf8_lossy(value).into_owned())).collect()
}

fn show(Asked { method, origin, target, headers, body }: &Asked) -> String {
    let [method, origin, target, body] = [method, origin, target, body].map(|text| String::from_utf8_lossy(text));
    format!("{method:?} {origin:?} {target:?} {:?} {body:?}", shown(headers))
}

/// Mostly one of the good ones.
fn words(choices: &mut Choices, good: &[&str], bad: &[&str]) -> Vec<u8> {
    match choices.below(16) {
        15 => choices.bytes(20),
        14 if !bad.is_empty() => choices.pick(bad).into(),
        _ => choices.pick(good).into(),
    }
}

fn lines(choices: &mut Choices) -> Lines {
    let names = ["x-a", "X-A", "content-type", "Content-Type", "host"];
    let others = ["content-digest", "signature", "Signature-Input", "x a", ""];
    let values = ["application/json", "a, b", " x\t", "", "a=1"];
    let odd = ["sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:", "other=(\"@method\");created=1", "\u{e9}", "a\nb"];
    (0..choices.below(4)).map(|_| (words(choices, &names, &others), words(choices, &values, &odd))).collect()
}

fn body(choices: &mut Choices) -> Vec<u8> {
    words(choices, &["", "{\"eventId\":\"evt_1\"}", "\u{feff}x\r\n"], &[])
}

fn asked(choices: &mut Choices) -> Asked {
    let origins = ["https://app.example", "http://localhost:3000", "https://[::1]:8443"];
    let targets = ["/api/events?x=1&y=%2F", "/", "/?", "//a/b", "/...?/../", "/a|b?{^`}"];
    Asked {
        method: words(choices, &["POST", "GET", "get", "M-SEARCH"], &["A B", ""]),
        origin: words(choices, &origins, &["https://app.example:443", "https://App.example", "https://a:65536", "https://a/"]),
        target: words(choices, &targets, &["/a/%2e%2E/b", "/.", "/a?'", "/a%2", "/a#b", "*", ""]),
        headers: lines(choices),
        body: body(choices),
    }
}

/// Puts the fields into the message as a caller of the crate does.
fn set(headers: &mut Lines, fields: message::Fields) {
    for (name, value) in fields {
        headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name.as_bytes()));
        headers.push((name.as_bytes().to_vec(), value));
    }
}

fn time(choices: &mut Choices, tolerance: u32) -> u64 {
    let distance = choices.pick(&[0, 1, 999, 1000, u64::from(tolerance), u64::from(tolerance) + 1, u64::from(tolerance) + 1000]);
    match choices.below(5) {
        0 | 1 => NOW + distance,
        2 | 3 => NOW.saturating_sub(distance),
        _ => choices.number(),
    }
}

fn mostly<'a>(choices: &mut Choices, good: &'a str, others: &[&'a str]) -> &'a str {
    if choices.below(8) == 7 { choices.pick(others) } else { good }
}

/// A value of `Signature-Input` of good and bad parts.
fn input(choices: &mut Choices, both: &Both, is_response: bool, label: &str) -> String {
    let of_request = format!("\"signature\";req;key=\"{label}\"");
    let usual: &[&str] = if is_response {
        &[
            "\"@status\"",
            "\"content-digest\"",
            "\"content-type\"",
            "\"@method\";req",
            "\"@authority\";req",
            "\"@path\";req",
            "\"@query\";req",
            &of_request,
        ]
    } else {
        &["\"@method\"", "\"@authority\"", "\"@path\"", "\"@query\"", "\"content-digest\"", "\"content-type\""]
    };
    let more = [
        "\"x-a\"",
        "\"@scheme\"",
        "\"@target-uri\"",
        "\"@request-target\"",
        "\"X-A\"",
        "\"@status\"",
        "\"@query-param\";name=\"x\"",
        "\"x-a\";sf",
        "\"@method\";req",
        "\"x-a\";req",
        "\"signature\"",
        "\"signature\";key=\"a\"",
        "\"signature\";req;key=\"other\"",
        "\"x-a\";req;key=\"a\"",
        "\"@path\";req;key=\"a\"",
        "x-a",
        "1",
        "\"\"",
        "\"@method\"",
    ];
    let left_out = choices.below(64);
    let mut components: Vec<&str> = usual.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, component)| *component).collect();
    for _ in 0..choices.below(8).saturating_sub(5) {
        components.insert(choices.below(components.len() + 1), choices.pick(&more));
    }
    let tag = if is_response { "countersign-response" } else { "countersign" };
    let parameters = [
        mostly(choices, ";created=1800000000", &[";created=1799999999", ";created=-1", ";created=\"1\"", ";created=1800000000.5", ""])
            .to_owned(),
        mostly(choices, ";nonce=\"b3k2\"", &[";nonce=\"\\\\\\\"\"", ";nonce=\"\"", ";nonce=1", ""]).to_owned(),
        mostly(choices, "", &[";expires=1800000000", ";expires=1800000299", ";expires=x", ";x"]).to_owned(),
        format!(";keyid=\"{}{}\"", both.plain.0, mostly(choices, "", &["0"])),
        mostly(choices, ";alg=\"hmac-sha256\"", &[";alg=\"hmac-sha512\"", ";alg=hmac-sha256", ""]).to_owned(),
        format!(";tag=\"{}\"", mostly(choices, tag, &["other", "countersign"])),
    ];
    let first = choices.below(parameters.len());
    let parameters = [&parameters[first..], &parameters[..first]].concat().concat();
    let made = format!("{label}=({}){parameters}", components.join(" "));
    match choices.below(6) {
        4 => format!("proxy=(\"@method\");created=1, {made}"),
        5 => format!("{made}, {}", choices.pick(&["x=(\"@method\");tag=\"countersign\"", "x=1", "x", "x=();a=?0"])),
        _ => made,
    }
}

/// Signs what `input` says with a key, by the second implementation; with nothing that fits, if there is no such thing.
fn sign(seen: Seen, input: &str, label: &str, key: &[u8]) -> String {
    let of_label = fields::read(input.as_bytes()).and_then(|members| members.into_iter().find(|(name, _)| name.as_str() == label));
    let mac = match of_label {
        Some((_, ListEntry::InnerList(list))) => base(seen, &list).map_or([7; 32], |base| HMAC::mac(base, key)),
        _ => [7; 32],
    };
    format!("{label}=:{}:", BASE64_STANDARD.encode(mac))
}

fn digest(choices: &mut Choices, body: &[u8]) -> Vec<u8> {
    let good = format!("sha-256=:{}:", BASE64_STANDARD.encode(Hash::hash(body)));
    let other = format!("sha-512=:AA==:, {good}");
    let parameters = format!("{good};a");
    mostly(choices, &good, &[&other, &parameters, "sha-256=:AA==:", "x", ""]).into()
}

/// A signature out of parts, on a request or a response.
fn crafted(choices: &mut Choices, asked: &Asked, answered: Option<&Answered>, both: &Both) -> (Asked, Option<Answered>) {
    let (mut asked, mut answered) = (asked.clone(), answered.cloned());
    let label = choices.pick(&["countersign", "sig1", "*a"]);
    let digest = digest(choices, answered.as_ref().map_or(&asked.body, |answered| &answered.body));
    let asked_label = answered.as_ref().and_then(|answered| joined(&answered.request.headers, "signature").ok().flatten());
    let asked_label = asked_label.and_then(|field| field.split_once('=').map(|(label, _)| label.to_owned()));
    let input = input(choices, both, answered.is_some(), asked_label.as_deref().filter(|_| answered.is_some()).unwrap_or(label));
    let label = input.split_once('=').filter(|(name, _)| *name != "proxy").map_or(label, |(name, _)| name).to_owned();
    let headers = answered.as_mut().map_or(&mut asked.headers, |answered| &mut answered.headers);
    set(
        headers,
        vec![("content-digest", digest), ("content-type", b"text/plain".to_vec()), ("signature-input", input.clone().into_bytes())],
    );
    let seen = answered.as_ref().map_or(Seen::Asked(&asked), Seen::Answered);
    let signature = sign(seen, &input, &label, &both.plain.1);
    let headers = answered.as_mut().map_or(&mut asked.headers, |answered| &mut answered.headers);
    set(headers, vec![("signature", signature.into_bytes())]);
    (asked, answered)
}

fn edit_lines(choices: &mut Choices, headers: &mut Lines) {
    let at = choices.below(headers.len().max(1));
    if at < headers.len() {
        match choices.below(8) {
            0 => drop(headers.remove(at)),
            1 => headers.push(headers[at].clone()),
            2 => choices.edit(&mut headers[at].0),
            3 => headers.swap(0, at),
            _ => choices.edit(&mut headers[at].1),
        }
    }
}

fn edit(choices: &mut Choices, asked: &mut Asked) {
    match choices.below(8) {
        0 => choices.edit(&mut asked.method),
        1 => choices.edit(&mut asked.origin),
        2 => choices.edit(&mut asked.target),
        3 => choices.edit(&mut asked.body),
        _ => edit_lines(choices, &mut asked.headers),
    }
}

/// Method, authority, path and query, body, type of the body.
type Protected = (Vec<u8>, String, (String, String), Vec<u8>, Option<String>);

/// What nobody can change in a request that still verifies.
fn protected(asked: &Asked) -> Protected {
    let origin = String::from_utf8_lossy(&asked.origin);
    let authority = origin.split_once("://").map_or("", |(_, authority)| authority).to_owned();
    let content_type = if asked.body.is_empty() { None } else { joined(&asked.headers, "content-type").unwrap_or_default() };
    (asked.method.clone(), authority, split(&asked.target), asked.body.clone(), content_type)
}

/// The fuzz target.
pub fn run(data: &[u8]) -> bool {
    fields::compare(data);
    let mut choices = Choices::new(data);
    let signer = choices.below(KEYS.len());
    let ring = &KEYS[choices.below(2)..];
    let tolerance = choices.pick(&[300_000, 0, 1000, MAX_TOLERANCE, MAX_TOLERANCE + 1]);
    let now = time(&mut choices, tolerance);
    let unsigned = asked(&mut choices);
    assert!(compare(Seen::Asked(&unsigned), &KEYS[..], now, tolerance).is_err(), "a signature out of thin air: {}", show(&unsigned));

    let (made, _) = crafted(&mut choices, &unsigned, None, &KEYS[signer]);
    let is_accepted = compare(Seen::Asked(&made), ring, now, tolerance).is_ok();

    let components: Vec<&[u8]> = (0..choices.below(3))
        .map(|_| choices.pick(&["x-a", "content-type", "@scheme", "host", "@path", "X", "signature", "content-digest"]).as_bytes())
        .collect();
    let key = known(&KEYS[..])[signer];
    let nonce = choices.array();
    let fields = with(Seen::Asked(&unsigned), |request| sign_request(request, key, NOW, &nonce, &components), |_| unreachable!());
    let mut genuine = unsigned.clone();
    let Ok(fields) = fields else { return is_accepted };
    set(&mut genuine.headers, fields);
    let answer = compare(Seen::Asked(&genuine), &KEYS[..], NOW, 0);
    // A digest that was there before is signed and sent as it is; for a body the crate makes it.
    let is_known = !genuine.body.is_empty() || joined(&genuine.headers, "content-digest").is_ok_and(|digest| digest.is_none());
    assert!(answer.is_ok() || !is_known, "signed, and refused with {answer:?}: {}", show(&genuine));
    let mut changed = genuine.clone();
    (0..=choices.below(2)).for_each(|_| edit(&mut choices, &mut changed));
    if compare(Seen::Asked(&changed), ring, now, tolerance).is_ok() {
        assert_eq!(protected(&changed), protected(&genuine), "{}", show(&changed));
    }

    is_accepted | answers(&mut choices, genuine, ring, now, tolerance)
}

/// Responses to a signed request.
fn answers(choices: &mut Choices, request: Asked, ring: &[Both], now: u64, tolerance: u32) -> bool {
    let status = choices.pick(&[200, 404, 999, 99, 1000]);
    let unsigned = Answered { status, headers: lines(choices), body: body(choices), request };
    assert!(compare(Seen::Answered(&unsigned), &KEYS[..], now, tolerance).is_err(), "an answer that nobody signed");
    let any = choices.below(KEYS.len());
    let (_, made) = crafted(choices, &unsigned.request, Some(&unsigned), &KEYS[any]);
    let is_accepted = made.is_some_and(|made| compare(Seen::Answered(&made), ring, now, tolerance).is_ok());

    let known = known(&KEYS[..]);
    let Ok(signed) = with(Seen::Answered(&unsigned), |_| unreachable!(), |response| sign_response(response, &known, NOW)) else {
        return is_accepted;
    };
    let mut genuine = unsigned.clone();
    set(&mut genuine.headers, signed);
    let answer = compare(Seen::Answered(&genuine), &KEYS[..], NOW, 0);
    let is_known = !genuine.body.is_empty() || joined(&genuine.headers, "content-digest").is_ok_and(|digest| digest.is_none());
    assert!(answer.is_ok() || !is_known, "signed, and refused with {answer:?}: {:?}", shown(&genuine.headers));
    let mut changed = genuine.clone();
    for _ in 0..=choices.below(2) {
        match choices.below(6) {
            0 => changed.status = choices.pick(&[200, 201, 500]),
            1 => choices.edit(&mut changed.body),
            2 => edit(choices, &mut changed.request),
            _ => edit_lines(choices, &mut changed.headers),
        }
    }
    if compare(Seen::Answered(&changed), ring, now, tolerance).is_ok() {
        assert_eq!((changed.status, &changed.body), (genuine.status, &genuine.body));
        let what = |asked: &Asked| {
            (asked.method.clone(), split(&asked.target), protected(asked).1, joined(&asked.headers, "signature").unwrap_or_default())
        };
        let [here, there] = [what(&changed.request), what(&genuine.request)];
        assert_eq!((&here.0, &here.1, &here.2), (&there.0, &there.1, &there.2), "{}", show(&changed.request));
    }
    is_accepted
}
