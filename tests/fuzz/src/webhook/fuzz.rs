//! What is tried: deliveries that the crate signed, the same ones changed a little, and signatures put together from good and bad parts, made with
//! the right key.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use countersign::error::Error;
use countersign::webhook::{Custom, Draft, Encoding, Form, Provider, Stamp, Unit, sign, verify};
use hmac_sha256::Hash;

use super::{Delivery, Lines, MAX_TOLERANCE, Plain, Scheme, Verdict, expected, mac, write_mac};
use crate::choices::Choices;

const NOW: u64 = 1_800_000_000_000;

/// How a provider makes keys of secrets.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Keys {
    /// The text behind a prefix, prefix included.
    Text(&'static str),
    /// Base64 behind a prefix.
    Base64(&'static str),
    Hex,
    Polar,
}

impl Keys {
    /// The secret with this number, its keys, and the one that signs.
    fn secret(self, number: u8) -> (String, Vec<Vec<u8>>) {
        let bytes: Vec<u8> = (0..24).map(|at| at * 7 + number).collect();
        let standard = format!("whsec_{}", BASE64_STANDARD.encode(&bytes));
        match self {
            Self::Text(prefix) => {
                let text = format!("{prefix}zq8Z2vXw5tNc7Lm{number}");
                (text.clone(), vec![text.into_bytes()])
            }
            Self::Base64(prefix) => (format!("{prefix}{}", BASE64_STANDARD.encode(&bytes)), vec![bytes]),
            Self::Hex => (crate::secret::hex(&bytes), vec![bytes]),
            // Of the secrets some are of the one sort, and some of the other.
            Self::Polar if number.is_multiple_of(2) => (standard.clone(), vec![bytes, standard.into_bytes()]),
            Self::Polar => Self::Text("polar_whs_").secret(number),
        }
    }
}

/// Every provider with a name, as the crate has it and as its documentation says.
static PROVIDERS: LazyLock<Vec<(&'static Provider<'static>, Keys, Plain)>> = LazyLock::new(|| {
    let plain = |scheme| Plain { scheme, id: None, event: None, digest: false };
    let bare = |header: &str, prefix: &str, encoding, id: Option<&str>, event: Option<&str>| {
        let [id, event] = [id, event].map(|name| name.map(str::to_owned));
        Plain { scheme: Scheme::Hmac(header.into(), prefix.into(), encoding, None), id, event, digest: true }
    };
    let stamp = Some(("X-Slack-Request-Timestamp".into(), 1000, "v0:".into(), ":".into()));
    let all = [
        (Keys::Base64("whsec_"), plain(Scheme::Standard("webhook"))),
        (Keys::Base64("whsec_"), plain(Scheme::Standard("svix"))),
        (Keys::Polar, plain(Scheme::Standard("webhook"))),
        (Keys::Text("whsec_"), plain(Scheme::Pairs("Stripe-Signature", ",", "t", "v1", 1000, "."))),
        (Keys::Text(""), bare("X-Hub-Signature-256", "sha256=", Encoding::Hex, Some("X-GitHub-Delivery"), Some("X-GitHub-Event"))),
        (Keys::Text(""), plain(Scheme::Hmac("X-Slack-Signature".into(), "v0=".into(), Encoding::Hex, stamp))),
        (Keys::Text(""), bare("X-Shopify-Hmac-Sha256", "", Encoding::Base64, Some("X-Shopify-Webhook-Id"), Some("X-Shopify-Topic"))),
        (Keys::Text(""), bare("Linear-Signature", "", Encoding::Hex, Some("Linear-Delivery"), Some("Linear-Event"))),
        (Keys::Text(""), bare("X-Signature", "", Encoding::Hex, None, Some("X-Event-Name"))),
        (Keys::Text("pdl_ntfset_"), plain(Scheme::Pairs("Paddle-Signature", ";", "ts", "h1", 1000, ":"))),
        (Keys::Text(""), plain(Scheme::Pairs("WorkOS-Signature", ", ", "t", "v1", 1, "."))),
        (Keys::Text("sig_"), plain(Scheme::Token)),
    ];
    assert_eq!(all.len(), Provider::ALL.len());
    Provider::ALL.iter().zip(all).map(|(provider, (keys, plain))| (provider, keys, plain)).collect()
});

const CUSTOM: [(Encoding, Form, Keys); 4] = [
    (Encoding::Hex, Form::Text(b""), Keys::Text("")),
    (Encoding::Base64, Form::Hex, Keys::Hex),
    (Encoding::Base64Url, Form::Base64(b""), Keys::Base64("")),
    (Encoding::Base64Url, Form::Text(b"key_"), Keys::Text("key_")),
];

/// A provider without a name, in both ways.
fn custom(choices: &mut Choices) -> (Provider<'static>, Keys, Plain) {
    let (encoding, secret, keys) = choices.pick(&CUSTOM);
    let (prefix, before, after) = choices.pick(&[("", "", "."), ("sha256=", "v0:", ":"), ("a b,", " ", "-1")]);
    let unit = choices.pick(&[(Unit::Seconds, 1000), (Unit::Milliseconds, 1)]);
    let has_stamp = choices.flag();
    let stamp = has_stamp.then_some(Stamp { header: b"x-time", unit: unit.0, before: before.as_bytes(), after: after.as_bytes() });
    let custom = Custom { header: b"x-mac", prefix: prefix.as_bytes(), encoding, secret, stamp, id: Some(b"x-id"), event: None };
    let plain_stamp = has_stamp.then(|| ("X-Time".into(), unit.1, before.into(), after.into()));
    let plain = Plain {
        scheme: Scheme::Hmac("X-Mac".into(), prefix.into(), encoding, plain_stamp),
        id: Some("X-Id".into()),
        event: None,
        digest: true,
    };
    (Provider::custom(&custom).expect("a provider"), keys, plain)
}

/// Holds the crate's answer to the plain one.
fn compare(
    provider: &Provider,
    plain: &Plain,
    secrets: &[(String, Vec<Vec<u8>>)],
    delivery: &Delivery,
    now: u64,
    tolerance: u32,
) -> Result<Verdict, Error> {
    let texts: Vec<&[u8]> = secrets.iter().map(|(text, _)| text.as_bytes()).collect();
    let headers: Vec<(&[u8], &[u8])> = delivery.headers.iter().map(|(name, value)| (name.as_slice(), value.as_slice())).collect();
    let answer = verify(provider, &texts, &headers, &delivery.body, &delivery.url, now, tolerance);
    let answer = answer.map(|found| (found.id, found.covered, found.timestamp, found.event.map(<[u8]>::to_vec), found.digest));
    let keys: Vec<Vec<u8>> = secrets.iter().flat_map(|(_, keys)| keys.clone()).collect();
    assert_eq!(answer, expected(plain, &keys, delivery, now, tolerance), "{plain:?} {}", show(delivery));
    answer
}

fn show(Delivery { headers, body, url }: &Delivery) -> String {
    let headers: Vec<_> = headers.iter().map(|(name, value)| (String::from_utf8_lossy(name), String::from_utf8_lossy(value))).collect();
    format!("{headers:?} {:?} {:?}", String::from_utf8_lossy(body), String::from_utf8_lossy(url))
}

fn mostly<'a>(choices: &mut Choices, good: &'a str, others: &[&'a str]) -> &'a str {
    if choices.below(8) == 7 { choices.pick(others) } else { good }
}

const TIMES: [&str; 8] = ["0", "01800000000", "1800000000.", "+1800000000", "9007199254741", "99999999999999999999", "1800000301", ""];

/// A delivery whose signature is right, of parts that may not be.
fn crafted(choices: &mut Choices, plain: &Plain, keys: &[Vec<u8>], body: &[u8], url: &[u8]) -> Delivery {
    let key = keys.first().map_or(&[][..], Vec::as_slice);
    let wrong = [7; 32];
    let mut headers: Vec<(String, String)> = vec![];
    match &plain.scheme {
        Scheme::Standard(prefix) => {
            let id = mostly(choices, "msg_1", &["msg.1", "msg,1", "a b", "", "~"]);
            let text = mostly(choices, "1800000000", &TIMES);
            let good = BASE64_STANDARD.encode(mac(key, &[format!("{id}.{text}.").as_bytes(), body]));
            let parts = signatures(
                choices,
                &format!("v1,{good}"),
                &[&format!("v1,{}", BASE64_STANDARD.encode(wrong)), "v1a,x", "v1,", "v2,", "v1", "", ",x"],
            );
            headers.extend([
                (format!("{prefix}-id"), id.into()),
                (format!("{prefix}-timestamp"), text.into()),
                (format!("{prefix}-signature"), parts.join(" ")),
            ]);
        }
        Scheme::Pairs(header, between, time_name, mac_name, unit, separator) => {
            let now = (NOW / unit).to_string();
            let text = mostly(choices, &now, &TIMES);
            let good = format!("{mac_name}={}", write_mac(&mac(key, &[format!("{text}{separator}").as_bytes(), body]), Encoding::Hex));
            let other = format!("{mac_name}={}", write_mac(&wrong, Encoding::Hex));
            let mut parts =
                signatures(choices, &good, &[&other, "v0=x", "v2=", "=", "", "a-b=1", &format!("{time_name}=1"), &format!("{mac_name}=")]);
            parts.insert(choices.below(parts.len() + 1), format!("{time_name}={text}"));
            let between = mostly(choices, between, &[", ", ",", ";", "; ", " "]);
            headers.push(((*header).into(), parts.join(between)));
        }
        Scheme::Hmac(header, prefix, encoding, stamp) => {
            let mut signed = body.to_vec();
            if let Some((header, unit, before, after)) = stamp {
                let now = (NOW / unit).to_string();
                let text = mostly(choices, &now, &TIMES);
                signed = [format!("{before}{text}{after}").as_bytes(), body].concat();
                headers.push((header.clone(), text.into()));
            }
            let prefix = mostly(choices, prefix, &["", "sha256=", "SHA256=", "v0="]);
            let text = write_mac(&mac(key, &[&signed]), *encoding);
            headers.push((
                header.clone(),
                format!("{prefix}{}", mostly(choices, &text, &[&text.to_uppercase(), &format!("{text}="), &text[1..], ""])),
            ));
        }
        Scheme::Token => headers.push(("Upstash-Signature".into(), token(choices, key, body, url))),
    }
    for name in [&plain.id, &plain.event].into_iter().flatten() {
        headers.push((name.clone(), mostly(choices, "id_1", &["", "a,b", "a b", "\u{e9}"]).into()));
    }
    let headers = headers.into_iter().map(|(name, value)| (name.into_bytes(), value.into_bytes())).collect();
    Delivery { headers, body: body.to_vec(), url: url.to_vec() }
}

/// Up to 18 parts, one of them good as a rule.
fn signatures(choices: &mut Choices, good: &str, others: &[&str]) -> Vec<String> {
    let count = if choices.below(8) == 7 { choices.below(19) } else { choices.below(2) };
    let mut parts: Vec<String> = (0..count).map(|_| choices.pick(&others[..3]).to_owned()).collect();
    parts.insert(choices.below(parts.len() + 1), mostly(choices, good, others).to_owned());
    parts
}

fn token(choices: &mut Choices, key: &[u8], body: &[u8], url: &[u8]) -> String {
    let digest = format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(Hash::hash(body)));
    let padded = format!("{}=\"", digest.trim_end_matches('"'));
    let url = serde_json::to_string(&String::from_utf8_lossy(url)).expect("a text");
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let (least, most) = (deep(16), deep(17));
    let claims = [
        ("iss", mostly(choices, "\"Upstash\"", &["\"upstash\"", "\"\\u0055pstash\"", "null", "\"Upstash\\u0000\""])),
        ("sub", mostly(choices, &url, &["\"https://other.example\"", "\"\\ud800\"", "1"])),
        ("exp", mostly(choices, "1800000300", &["1800000000", "1800000300.0", "18e8", "\"1800000300\"", "01"])),
        ("nbf", mostly(choices, "1800000000", &["1800000001", "-1", "null", "1799999000"])),
        ("iat", mostly(choices, "1800000000", &["1799999699", "1800000301", "0", "true"])),
        ("jti", mostly(choices, "\"jwt_1\"", &["\"\"", "\"a b\"", "\"\\u00e9\"", "{}"])),
        ("body", mostly(choices, &digest, &[&padded, "\"\"", "[]"])),
        (
            mostly(choices, "x", &["iss", "\\u0069ss", ""]),
            mostly(choices, "{\"a\":[1,{\"a\":1,\"a\":2}]}", &[&least, &most, "1e999", "[1,]", "{\"a\" : 1 }", "\"\\x\"", "nul"]),
        ),
    ];
    let first = choices.below(claims.len());
    let members: Vec<String> = claims[first..].iter().chain(&claims[..first]).map(|(name, value)| format!("\"{name}\":{value}")).collect();
    let claims = mostly(choices, "{}", &[" {} ", "{},", "[{}]", "{}{}"]).replacen("{}", &format!("{{{}}}", members.join(",")), 1);
    let header = mostly(
        choices,
        "{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
        &["{\"alg\":\"none\"}", "{\"alg\":\"HS256\",\"crit\":[]}", "{}", "{\"alg\":\"HS256\",\"alg\":\"HS256\"}", "x"],
    );
    let mut claims = claims.into_bytes();
    if choices.below(8) == 7 {
        choices.edit(&mut claims);
    }
    let signed = format!("{}.{}", BASE64_URL_SAFE_NO_PAD.encode(header), BASE64_URL_SAFE_NO_PAD.encode(claims));
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(mac(key, &[signed.as_bytes()])))
}

fn edit(choices: &mut Choices, delivery: &mut Delivery) {
    let headers: &mut Lines = &mut delivery.headers;
    let at = choices.below(headers.len().max(1));
    match choices.below(10) {
        0 => choices.edit(&mut delivery.body),
        1 => choices.edit(&mut delivery.url),
        2 if at < headers.len() => drop(headers.remove(at)),
        3 if at < headers.len() => headers.push(headers[at].clone()),
        4 if at < headers.len() => choices.edit(&mut headers[at].0),
        5 => headers.reverse(),
        6 if at < headers.len() => headers[at].1.extend_from_within(..),
        _ if at < headers.len() => choices.edit(&mut headers[at].1),
        _ => {}
    }
}

/// The fuzz target.
pub fn run(data: &[u8]) -> bool {
    let mut choices = Choices::new(data);
    let number = choices.below(PROVIDERS.len() + 2);
    let (provider, kind, plain) =
        PROVIDERS.get(number).map_or_else(|| custom(&mut choices), |(provider, kind, plain)| (**provider, *kind, plain.clone()));
    let secrets: Vec<_> = (0..=choices.below(3) as u8).map(|number| kind.secret(number)).collect();
    let (all, ring) = (&secrets[..], &secrets[choices.below(secrets.len())..]);
    let tolerance = choices.pick(&[300_000, 300_000, 0, 1000, MAX_TOLERANCE, MAX_TOLERANCE + 1]);
    let now = match choices.below(4) {
        0 => choices.number(),
        1 => NOW + u64::from(tolerance) + choices.below(2) as u64,
        2 => NOW.saturating_sub(u64::from(tolerance)).saturating_sub(choices.below(2) as u64),
        _ => NOW,
    };
    let body: Vec<u8> = if choices.flag() { choices.bytes(40) } else { b"{\"id\":\"evt_1\"}".to_vec() };
    let url = choices.pick(&["https://app.example/api/qstash", "https://app.example/?a=\"\\"]).as_bytes();

    let crafted = crafted(&mut choices, &plain, all.first().map_or(&[][..], |(_, keys)| keys), &body, url);
    let is_accepted = compare(&provider, &plain, ring, &crafted, now, tolerance).is_ok();

    // Any bytes where the signature should be.
    let mut thin = crafted;
    thin.headers.iter_mut().for_each(|(name, value)| {
        if !name.to_ascii_lowercase().ends_with(b"id") {
            *value = data.to_vec();
        }
    });
    assert!(compare(&provider, &plain, all, &thin, now, tolerance).is_err(), "a signature out of thin air: {}", show(&thin));

    let (id, event) = (choices.pick(&["msg_1", "evt_2", "a.b", "a b", ""]), choices.pick(&["push", "", "orders/create"]));
    let draft = Draft { id: id.as_bytes(), timestamp: NOW + choices.below(1000) as u64, event: event.as_bytes(), url, body: &body };
    let texts: Vec<&[u8]> = all.iter().map(|(text, _)| text.as_bytes()).collect();
    let Ok(signed) = sign(&provider, &texts, &draft) else { return is_accepted };
    let headers = signed.into_iter().map(|(name, value)| (name.to_vec(), value)).collect();
    let genuine = Delivery { headers, body: body.clone(), url: url.to_vec() };
    let answer = compare(&provider, &plain, all, &genuine, NOW, 1000);
    let Ok(good) = answer else { panic!("signed, and refused with {answer:?}: {}", show(&genuine)) };
    let mut changed = genuine.clone();
    (0..=choices.below(2)).for_each(|_| edit(&mut choices, &mut changed));
    if let Ok(found) = compare(&provider, &plain, all, &changed, now, tolerance) {
        assert_eq!((&changed.body, found.2), (&genuine.body, good.2), "{}", show(&changed));
        assert!(!good.1 || found.0 == good.0, "another id: {}", show(&changed));
        assert!(!matches!(plain.scheme, Scheme::Token) || changed.url == genuine.url, "another address: {}", show(&changed));
    }
    is_accepted
}
