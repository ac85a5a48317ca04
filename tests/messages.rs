//! Signed HTTP messages: the examples of RFC 9421, 9530 and 8941, and the vectors that a second implementation made
//! (`tests/vectors/generate.mjs`).

#[path = "vectors/files.rs"]
mod files;

use std::collections::HashSet;

use countersign::error::Error;
use countersign::keyring::Derivation;
use countersign::mac::Key;
use countersign::message::fields::{Dictionary, List, Value, dictionary};
use countersign::message::{
    DEFAULT_TOLERANCE_MS, Fields, KnownKey, Message, Request, Response, Verified, content_digest, sign_request, sign_response,
    signature_base, verify_request, verify_response,
};
use countersign::text::from_base64;
use files::{read, unhex};
use serde::Deserialize;

type Lines = Vec<(String, String)>;

fn views(lines: &Lines) -> Vec<(&[u8], &[u8])> {
    lines.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect()
}

#[derive(Deserialize)]
struct RequestParts {
    method: String,
    target: String,
    audience: String,
    headers: Lines,
    #[serde(default)]
    body: String,
}

impl RequestParts {
    fn with<T>(&self, headers: &Lines, then: impl FnOnce(Request) -> Result<T, Error>) -> Result<T, Error> {
        let body = unhex(&self.body);
        let views = views(headers);
        then(Request::new(self.method.as_bytes(), self.audience.as_bytes(), self.target.as_bytes(), &views, &body)?)
    }
}

#[derive(Deserialize)]
struct ResponseParts {
    status: u32,
    headers: Lines,
    #[serde(default)]
    body: String,
    request: Option<RequestParts>,
}

impl ResponseParts {
    fn with<T>(&self, request: &RequestParts, headers: &Lines, then: impl FnOnce(Response) -> Result<T, Error>) -> Result<T, Error> {
        let body = unhex(&self.body);
        let views = views(headers);
        request.with(&request.headers, |request| then(Response::new(self.status, &views, &body, request)?))
    }
}

fn list_of<'a>(members: &'a Dictionary, label: &str) -> &'a List<'a> {
    match members.iter().find(|(key, _)| *key == label.as_bytes()) {
        Some((_, Value::List(list))) => list,
        other => panic!("{label}: {other:?}"),
    }
}

#[derive(Deserialize)]
struct Example {
    section: String,
    name: String,
    label: String,
    request: RequestParts,
    response: Option<ResponseParts>,
    params: String,
    base: Option<String>,
    alg: Option<String>,
    key: Option<String>,
    signature: Option<String>,
    valid: Option<bool>,
}

/// Our profile wants more than most of these cover, but what is under it makes the same of them as the RFC.
#[test]
fn the_examples_of_rfc_9421_have_their_signature_bases() {
    let examples: Vec<Example> = read("rfc9421");
    assert!(examples.len() >= 25, "{}", examples.len());
    let mut verified = 0;
    for Example { section, name, label, request, response, params, base, alg, key, signature, valid } in &examples {
        let field = format!("{label}={params}");
        let members = dictionary(field.as_bytes()).unwrap_or_else(|| panic!("{section}, {name}: {field}"));
        let list = list_of(&members, label);
        let built = match response {
            None => request.with(&request.headers, |request| signature_base(&Message::Request(request), list)),
            Some(response) => response.with(request, &response.headers, |response| signature_base(&Message::Response(response), list)),
        };
        let built = String::from_utf8(built.unwrap()).unwrap();
        match (valid, base) {
            // An altered message: its base is another than the one that was signed.
            (Some(false), _) => assert!(examples.iter().all(|other| other.base.as_deref() != Some(built.as_str())), "{section}, {name}"),
            (_, Some(base)) => assert_eq!(&built, base, "{section}, {name}"),
            (_, None) => panic!("{section}, {name}: no signature base"),
        }
        if let (Some("hmac-sha256"), Some(key), Some(signature)) = (alg.as_deref(), key, signature) {
            let (key, signature) = (from_base64(key.as_bytes()).unwrap(), from_base64(signature.as_bytes()).unwrap());
            assert_eq!(Key::new(&key).sign(built.as_bytes()).as_slice(), signature, "{section}, {name}");
            verified += 1;
        }
    }
    assert_eq!(verified, 1);
    for section in ["2.1", "2.2.7", "2.4", "2.5", "B.2.5", "B.4"] {
        assert!(examples.iter().any(|example| example.section == section), "{section}");
    }
}

#[derive(Deserialize)]
struct Digest {
    section: String,
    body: String,
    field: String,
}

#[test]
fn the_examples_of_rfc_9530_have_their_digests() {
    let examples: Vec<Digest> = read("rfc9530");
    assert_eq!(examples.len(), 8);
    for Digest { section, body, field } in examples {
        assert_eq!(String::from_utf8(content_digest(&unhex(&body))).unwrap(), field, "{section}");
    }
}

#[derive(Deserialize)]
struct Field {
    section: String,
    name: String,
    lines: Vec<String>,
    canonical: Option<String>,
}

/// The parts of a dictionary as they were read, put together again.
fn reprint(members: &Dictionary) -> String {
    let print = |(key, value): &(&[u8], Value)| {
        let (text, sign) = match value {
            Value::List(list) => (list.text, "="),
            // True is the key alone, with its parameters.
            Value::Item(item) if matches!(item.text, [] | [b';', ..]) => (item.text, ""),
            Value::Item(item) => (item.text, "="),
        };
        format!("{}{sign}{}", str::from_utf8(key).unwrap(), str::from_utf8(text).unwrap())
    };
    members.iter().map(print).collect::<Vec<_>>().join(", ")
}

/// Of all the spellings that RFC 8941 lets a parser take, the one that it lets a serialiser write.
#[test]
fn dictionaries_of_rfc_8941_are_read_if_they_are_canonical() {
    let fields: Vec<Field> = read("rfc8941");
    let mut counts = [0; 3];
    for Field { section, name, lines, canonical } in &fields {
        let joined = lines.join(", ");
        let members = dictionary(joined.as_bytes());
        // Nothing is never signed.
        let is_canonical = canonical.as_deref() == Some(&joined) && !joined.is_empty();
        assert_eq!(members.is_some(), is_canonical, "{section}, {name}: {joined:?}");
        assert_eq!(members.as_ref().map(reprint), is_canonical.then(|| joined.clone()), "{section}, {name}");
        if let Some(canonical) = canonical.as_deref().filter(|canonical| !canonical.is_empty()) {
            assert!(dictionary(canonical.as_bytes()).is_some(), "{section}, {name}: {canonical:?}");
        }
        counts[if is_canonical { 0 } else { 1 + usize::from(canonical.is_none()) }] += 1;
    }
    assert!(counts.iter().all(|count| *count >= 15), "{counts:?}");
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    name: String,
    secret: String,
    now: u64,
    tolerance_ms: Option<u32>,
    nonce_bytes: Option<String>,
    components: Option<Vec<String>>,
    request: Option<RequestParts>,
    response: Option<ResponseParts>,
    /// What signing sets, if we are the signer.
    fields: Option<Lines>,
    signed: Option<Lines>,
    base: Option<String>,
    key_id: Option<String>,
    created: Option<u64>,
    nonce: Option<String>,
    claim: Option<Claim>,
    code: Option<String>,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
struct Claim {
    key: String,
    expires_at: u64,
}

impl Vector {
    /// What is done with the message, with these header fields, and the secret's key.
    fn with<T>(&self, headers: &Lines, then: impl FnOnce(Message, KnownKey) -> Result<T, Error>) -> Result<T, Error> {
        let derivation = Derivation::new(self.secret.as_bytes()).unwrap();
        let key = derivation.http_key();
        let known = KnownKey { id: derivation.key_id(), key: key.as_slice() };
        match (&self.request, &self.response) {
            (Some(request), None) => request.with(headers, |request| then(Message::Request(request), known)),
            (None, Some(response)) => {
                response.with(response.request.as_ref().unwrap(), headers, |response| then(Message::Response(response), known))
            }
            _ => panic!("{}: a request or a response", self.name),
        }
    }

    fn headers(&self) -> &Lines {
        self.request.as_ref().map_or_else(|| &self.response.as_ref().unwrap().headers, |request| &request.headers)
    }

    fn sign(&self) -> Result<Fields, Error> {
        let components: Vec<&[u8]> = self.components.iter().flatten().map(String::as_bytes).collect();
        self.with(self.headers(), |message, known| match message {
            Message::Request(request) => {
                let nonce = unhex(self.nonce_bytes.as_ref().unwrap()).try_into().unwrap();
                sign_request(request, known, self.now, &nonce, &components)
            }
            Message::Response(response) => sign_response(response, &[known], self.now),
        })
    }

    fn verify(&self, headers: &Lines) -> Result<Verified, Error> {
        let tolerance = self.tolerance_ms.unwrap_or(DEFAULT_TOLERANCE_MS);
        self.with(headers, |message, known| match message {
            Message::Request(request) => verify_request(request, &[known], self.now, tolerance),
            Message::Response(response) => verify_response(response, &[known], self.now, tolerance),
        })
    }

    /// The signature base under the one label that the vector is about.
    fn base(&self, headers: &Lines) -> Option<String> {
        let (_, input) = headers.iter().find(|(name, value)| name == "signature-input" && value.contains("tag=\"countersign"))?;
        let members = dictionary(input.as_bytes())?;
        let ours = |value: &Value| matches!(value, Value::List(list) if str::from_utf8(list.text).unwrap().contains("tag=\"countersign"));
        let (_, Value::List(list)) = members.iter().find(|(_, value)| ours(value))? else { return None };
        self.with(headers, |message, _| signature_base(&message, list)).ok().map(|base| String::from_utf8(base).unwrap())
    }
}

#[test]
fn messages_are_signed_as_the_second_implementation_signs_them() {
    let vectors: Vec<Vector> = read("messages");
    let mut counts = [0; 2];
    for vector in vectors.iter().filter(|vector| vector.fields.is_some()) {
        let signed = vector.sign().unwrap_or_else(|error| panic!("{}: {error}", vector.name));
        let signed: Lines = signed.into_iter().map(|(name, value)| (name.to_owned(), String::from_utf8(value).unwrap())).collect();
        assert_eq!(Some(&signed), vector.fields.as_ref(), "{}", vector.name);
        counts[usize::from(vector.response.is_some())] += 1;
    }
    assert!(counts[0] >= 100 && counts[1] >= 20, "{counts:?}");
}

#[test]
fn signed_messages_verify_whoever_signed_them() {
    let vectors: Vec<Vector> = read("messages");
    let (mut peers, mut bases) = (0, 0);
    for vector in &vectors {
        let name = &vector.name;
        let headers = vector.signed.as_ref().unwrap();
        let verified = vector.verify(headers).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((verified.index, Some(verified.created)), (0, vector.created), "{name}");
        let id = Derivation::new(vector.secret.as_bytes()).unwrap().key_id().to_string();
        assert_eq!(Some(&id), vector.key_id.as_ref(), "{name}");
        if vector.request.is_some() {
            assert_eq!(Some(String::from_utf8(verified.nonce).unwrap()), vector.nonce, "{name}");
            let claim = Claim { key: String::from_utf8(verified.nonce_name.to_vec()).unwrap(), expires_at: verified.keep_until };
            assert_eq!(Some(claim), vector.claim, "{name}");
        }
        peers += usize::from(vector.fields.is_none());
        if let Some(base) = vector.base(headers) {
            assert_eq!(Some(base), vector.base, "{name}");
            bases += 1;
        }
        // Nobody else's key, and not a moment outside the window.
        let widest = vector.tolerance_ms.unwrap_or(DEFAULT_TOLERANCE_MS);
        let late = Vector { now: verified.created + u64::from(widest) + 1, tolerance_ms: Some(widest), ..reread(vector) };
        assert!(matches!(late.verify(headers), Err(Error::Expired | Error::TypeInvalid)), "{name}");
        let stranger = Vector { secret: "T4uYp0-oIaSdFgHjKlZx1CvBn2Mq3We5".to_owned(), ..reread(vector) };
        assert_eq!(stranger.verify(headers), Err(Error::KeyUnknown), "{name}");
    }
    assert!(peers >= 40 && bases >= vectors.len() - 10, "{peers}, {bases} of {}", vectors.len());
}

/// The same vector once more.
fn reread(vector: &Vector) -> Vector {
    let request = |parts: &RequestParts| RequestParts {
        method: parts.method.clone(),
        target: parts.target.clone(),
        audience: parts.audience.clone(),
        headers: parts.headers.clone(),
        body: parts.body.clone(),
    };
    Vector {
        name: vector.name.clone(),
        secret: vector.secret.clone(),
        now: vector.now,
        tolerance_ms: vector.tolerance_ms,
        nonce_bytes: None,
        components: None,
        request: vector.request.as_ref().map(request),
        response: vector.response.as_ref().map(|parts| ResponseParts {
            status: parts.status,
            headers: parts.headers.clone(),
            body: parts.body.clone(),
            request: parts.request.as_ref().map(request),
        }),
        fields: None,
        signed: None,
        base: None,
        key_id: None,
        created: None,
        nonce: None,
        claim: None,
        code: None,
    }
}

#[test]
fn each_claim_is_of_one_key_and_nonce() {
    let vectors: Vec<Vector> = read("messages");
    let with_claims = || vectors.iter().filter_map(|vector| Some((vector.claim.as_ref()?, (&vector.key_id, &vector.nonce))));
    let names: HashSet<_> = with_claims().map(|(claim, _)| &claim.key).collect();
    let nonces: HashSet<_> = with_claims().map(|(_, nonce)| nonce).collect();
    let both: HashSet<_> = with_claims().map(|(claim, nonce)| (&claim.key, nonce)).collect();
    assert!(
        names.len() >= 5 && names.len() == nonces.len() && names.len() == both.len(),
        "{} {} {}",
        names.len(),
        nonces.len(),
        both.len()
    );
}

#[test]
fn refused_messages_are_refused_with_their_codes() {
    let vectors: Vec<Vector> = read("messages-refused");
    assert!(vectors.len() >= 300, "{}", vectors.len());
    let mut wrong = Vec::new();
    for vector in &vectors {
        let verdict = vector.verify(vector.headers()).map_or_else(Error::code, |_| "accepted");
        if Some(verdict) != vector.code.as_deref() {
            wrong.push(format!("{}: {verdict}, not {:?}", vector.name, vector.code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for error in [
        Error::SignatureMissing,
        Error::SignatureMalformed,
        Error::KeyUnknown,
        Error::SignatureInvalid,
        Error::Expired,
        Error::NotYetValid,
        Error::HeaderInvalid,
        Error::TypeInvalid,
    ] {
        assert!(vectors.iter().any(|vector| vector.code.as_deref() == Some(error.code())), "no vector for {error}");
    }
}
