//! Signed HTTP messages: what is answered to a request or a response, a keyring and a clock.
//!
//! The second implementation reads fields with the crate `sfv`, and has HMAC, SHA-256 and
//! HKDF from the crate `hmac-sha256`.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use countersign::error::Error;
use hmac_sha256::{HMAC, Hash};
use regex_lite::Regex;
use sfv::{BareItem, FieldType, InnerList, ListEntry};

use crate::fields::{self, escaped};
use crate::token::read_key_id;

pub mod fuzz;

const MAX_TIME: u64 = 9_007_199_254_740_991;
pub const MAX_TOLERANCE: u32 = 900_000;

pub type Lines = Vec<(Vec<u8>, Vec<u8>)>;

/// A request as one side sees it: any bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub method: Vec<u8>,
    pub origin: Vec<u8>,
    pub target: Vec<u8>,
    pub headers: Lines,
    pub body: Vec<u8>,
}

/// A response to one.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    pub status: u32,
    pub headers: Lines,
    pub body: Vec<u8>,
    pub request: Asked,
}

#[derive(Clone, Copy)]
pub enum Seen<'a> {
    Asked(&'a Asked),
    Answered(&'a Answered),
}

/// What a good signature says: place of the key, time, nonce, the name of that, and how long it is remembered.
pub type Verdict = (usize, u64, Vec<u8>, String, u64);

/// A key's id and the key.
pub type PlainKey = (String, Vec<u8>);

/// Letters, digits and these; `%` only before two hexadecimal digits, if at all.
fn is_of(text: &[u8], others: &str, has_escapes: bool) -> bool {
    let mut chars = text.iter().map(|byte| char::from(*byte));
    while let Some(c) = chars.next() {
        let is_one = match c {
            '%' if has_escapes => (0..2).all(|_| chars.next().is_some_and(|c| c.is_ascii_hexdigit())),
            _ => c.is_ascii_alphanumeric() || others.contains(c),
        };
        if !is_one {
            return false;
        }
    }
    true
}

fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && is_of(text, "!#$%&'*+.^_`|~-", false)
}

static ORIGIN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(https?)://(?:\[[0-9a-f:]+\]|[a-z0-9_.-]+)(?::([1-9][0-9]{0,4}))?$").expect("a pattern"));
fn is_origin(origin: &[u8]) -> bool {
    let Some(found) = std::str::from_utf8(origin).ok().and_then(|text| ORIGIN.captures(text)) else { return false };
    let own = if &found[1] == "https" { 443 } else { 80 };
    origin.len() <= 300 && found.get(2).is_none_or(|port| port.as_str().parse::<u32>().is_ok_and(|port| port <= 65_535 && port != own))
}

/// Path and query.
fn split(target: &[u8]) -> (String, String) {
    let text = String::from_utf8_lossy(target);
    let (path, query) = text.split_once('?').unwrap_or((&text, ""));
    (path.to_owned(), format!("?{query}"))
}

fn is_target(target: &[u8]) -> bool {
    let is_dots = |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    let (path, query) = split(target);
    let is_spelled = is_of(path.as_bytes(), "/!$&'()*+,.:;=@_~|[]-", true) && is_of(query.as_bytes(), "/!$&()*+,.:;=@_~|?`^{}[]-", true);
    target.len() <= 16_384 && path.starts_with('/') && !path.starts_with("//") && is_spelled && !path.split('/').any(is_dots)
}

fn are_lines(lines: &Lines) -> bool {
    lines.iter().all(|(name, value)| is_token(name) && !value.iter().any(|c| b"\r\n\0".contains(c)))
}

impl Asked {
    fn check(&self) -> Result<(), Error> {
        if !is_origin(&self.origin) {
            return Err(Error::TypeInvalid);
        }
        let is_method = is_token(&self.method) && self.method.len() <= 64;
        if is_target(&self.target) && is_method && are_lines(&self.headers) { Ok(()) } else { Err(Error::HeaderInvalid) }
    }

    fn derived(&self, name: &str) -> Option<String> {
        let origin = String::from_utf8_lossy(&self.origin);
        let (scheme, authority) = origin.split_once("://")?;
        let target = String::from_utf8_lossy(&self.target);
        Some(match name {
            "@method" => String::from_utf8_lossy(&self.method).into_owned(),
            "@scheme" => scheme.to_owned(),
            "@authority" => authority.to_owned(),
            "@target-uri" => format!("{origin}{target}"),
            "@request-target" => target.into_owned(),
            "@path" => split(&self.target).0,
            "@query" => split(&self.target).1,
            _ => return None,
        })
    }
}

impl<'a> Seen<'a> {
    fn check(self) -> Result<(), Error> {
        let Self::Answered(answered) = self else { return self.request().check() };
        answered.request.check()?;
        if !(100..=999).contains(&answered.status) {
            return Err(Error::TypeInvalid);
        }
        if are_lines(&answered.headers) { Ok(()) } else { Err(Error::HeaderInvalid) }
    }

    fn request(self) -> &'a Asked {
        match self {
            Self::Asked(asked) => asked,
            Self::Answered(answered) => &answered.request,
        }
    }

    fn headers(self) -> &'a Lines {
        match self {
            Self::Asked(asked) => &asked.headers,
            Self::Answered(answered) => &answered.headers,
        }
    }

    pub fn body(self) -> &'a [u8] {
        match self {
            Self::Asked(asked) => &asked.body,
            Self::Answered(answered) => &answered.body,
        }
    }
}

/// All lines of a name as one.
fn joined(headers: &Lines, name: &str) -> Result<Option<String>, Error> {
    let lines = headers.iter().filter(|(other, _)| other.to_ascii_lowercase() == name.as_bytes());
    let lines: Result<Vec<String>, Error> = lines
        .map(|(_, value)| {
            let text = String::from_utf8_lossy(value).trim_matches([' ', '\t']).to_owned();
            if text.chars().all(|c| c == '\t' || (' '..='~').contains(&c)) { Ok(text) } else { Err(Error::HeaderInvalid) }
        })
        .collect();
    lines.map(|lines| (!lines.is_empty()).then(|| lines.join(", ")))
}

/// A signature with our tag, taken apart.
struct Signature {
    label: String,
    list: InnerList,
    key_id: String,
    created: u64,
    expires: Option<u64>,
    nonce: Option<String>,
    mac: Vec<u8>,
}

impl Signature {
    fn find(headers: &Lines, tag: &str) -> Result<Self, Error> {
        let [input, signature] = ["signature-input", "signature"].map(|name| joined(headers, name));
        let [input, signature] = [input?, signature?].map(Option::unwrap_or_default);
        if input.is_empty() || signature.is_empty() {
            return Err(Error::SignatureMissing);
        }
        let inputs = fields::read(input.as_bytes()).ok_or(Error::SignatureMalformed)?;
        let mut ours = vec![];
        for (label, entry) in inputs {
            let ListEntry::InnerList(list) = entry else { return Err(Error::SignatureMalformed) };
            if text_of(&list, "tag").as_deref() == Some(tag) {
                ours.push((label, list));
            }
        }
        let (label, list) = ours.pop().ok_or(Error::SignatureMissing)?;
        let signatures = fields::read(signature.as_bytes()).filter(|_| ours.is_empty()).ok_or(Error::SignatureMalformed)?;
        let of_label = signatures.iter().find(|(other, _)| **other == label).map(|(_, entry)| entry);
        Self::read(label.as_str(), list, of_label).ok_or(Error::SignatureMalformed)
    }

    fn read(label: &str, list: InnerList, signature: Option<&ListEntry>) -> Option<Self> {
        let Some(ListEntry::Item(item)) = signature else { return None };
        let mac = item.bare_item.as_byte_sequence().filter(|mac| mac.len() == 32 && item.params.is_empty())?.to_vec();
        let key_id = read_key_id(text_of(&list, "keyid")?.as_bytes())?;
        let nonce = text_of(&list, "nonce");
        let is_nonce = |nonce: &String| (1..=256).contains(&escaped(nonce).len());
        let has = |name| parameter(&list, name).is_some();
        if text_of(&list, "alg")? != "hmac-sha256" || has("nonce") && !nonce.as_ref().is_some_and(is_nonce) {
            return None;
        }
        let time = |name| u64::try_from(i64::from(parameter(&list, name)?.as_integer()?)).ok().map(|seconds| seconds * 1000);
        let expires = if has("expires") { Some(time("expires")?) } else { None };
        Some(Self { label: label.to_owned(), created: time("created")?, expires, nonce, key_id, mac, list })
    }

    fn covers(&self, components: &[&str]) -> Result<(), Error> {
        let covered: Vec<String> = self.list.items.iter().map(FieldType::serialize).collect();
        if components.iter().all(|component| covered.iter().any(|other| other == component)) {
            Ok(())
        } else {
            Err(Error::SignatureMalformed)
        }
    }
}

fn parameter<'l>(list: &'l InnerList, name: &str) -> Option<&'l BareItem> {
    list.params.iter().find(|(key, _)| key.as_str() == name).map(|(_, value)| value)
}

fn text_of(list: &InnerList, name: &str) -> Option<String> {
    Some(parameter(list, name)?.as_string()?.as_str().to_owned())
}

/// What is signed (RFC 9421, section 2.5).
fn base(seen: Seen, list: &InnerList) -> Result<String, Error> {
    let mut lines = vec![];
    let mut covered = vec![];
    for item in &list.items {
        let name = item.bare_item.as_string().ok_or(Error::SignatureMalformed)?.as_str();
        let text = item.serialize();
        if covered.contains(&text) {
            return Err(Error::SignatureMalformed);
        }
        lines.push(format!("{text}: {}\n", component(seen, name, item)?));
        covered.push(text);
    }
    Ok(format!("{}\"@signature-params\": {}", lines.concat(), fields::text(&ListEntry::InnerList(list.clone()))))
}

fn component(seen: Seen, name: &str, item: &sfv::Item) -> Result<String, Error> {
    let parameters: Vec<(&str, &BareItem)> = item.params.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let (req, key) = match parameters.as_slice() {
        [] => (false, None),
        [("req", BareItem::Boolean(true))] => (true, None),
        [("req", BareItem::Boolean(true)), ("key", BareItem::String(key))] => (true, Some(key.as_str())),
        _ => return Err(Error::SignatureMalformed),
    };
    let request = match seen {
        Seen::Asked(asked) if !req => Some(asked),
        Seen::Answered(answered) if req => Some(&answered.request),
        _ => None,
    };
    if name.starts_with('@') {
        let status = match seen {
            Seen::Answered(answered) if name == "@status" && !req => Some(answered.status.to_string()),
            _ => None,
        };
        let value = status.or_else(|| request.and_then(|request| request.derived(name)));
        return value.filter(|_| key.is_none()).ok_or(Error::SignatureMalformed);
    }
    let headers = if req { &request.ok_or(Error::SignatureMalformed)?.headers } else { seen.headers() };
    if name.chars().any(|c| c.is_ascii_uppercase()) {
        return Err(Error::SignatureMalformed);
    }
    let value = joined(headers, name)?.ok_or(Error::SignatureMalformed)?;
    let Some(key) = key else { return Ok(value) };
    let members = fields::read(value.as_bytes()).filter(|_| name == "signature").ok_or(Error::SignatureMalformed)?;
    let member = members.iter().find(|(label, _)| label.as_str() == key).map(|(_, entry)| fields::text(entry));
    member.ok_or(Error::SignatureMalformed)
}

const OF_REQUEST: [&str; 4] = ["\"@method\"", "\"@authority\"", "\"@path\"", "\"@query\""];
const OF_RESPONSE: [&str; 5] = ["\"@status\"", "\"@method\";req", "\"@authority\";req", "\"@path\";req", "\"@query\";req"];
const OF_BODY: [&str; 2] = ["\"content-digest\"", "\"content-type\""];

/// What the answer should be: in this order the form, what is covered, the key, the MAC, the time, the body.
fn expected(seen: Seen, keys: &[PlainKey], now: u64, tolerance: u32) -> Result<Verdict, Error> {
    seen.check()?;
    let asked = Signature::find(&seen.request().headers, "countersign")?;
    let (signature, nonce) = if let Seen::Answered(answered) = seen {
        let of_request = format!("\"signature\";req;key=\"{}\"", asked.label);
        let signature = Signature::find(&answered.headers, "countersign-response")?;
        signature.covers(&OF_RESPONSE)?;
        signature.covers(&[&of_request])?;
        if signature.key_id != asked.key_id {
            return Err(Error::SignatureInvalid);
        }
        (signature, String::new())
    } else {
        let nonce = asked.nonce.clone().ok_or(Error::SignatureMalformed)?;
        asked.covers(&OF_REQUEST)?;
        (asked, nonce)
    };
    let digest = joined(seen.headers(), "content-digest")?;
    if !seen.body().is_empty() {
        signature.covers(&OF_BODY)?;
    }
    let base = base(seen, &signature.list)?;
    let place = keys.iter().position(|(id, _)| *id == signature.key_id).ok_or(Error::KeyUnknown)?;
    if HMAC::mac(base, &keys[place].1).as_slice() != signature.mac {
        return Err(Error::SignatureInvalid);
    }
    if tolerance > MAX_TOLERANCE || now > MAX_TIME {
        return Err(Error::TypeInvalid);
    }
    match i128::from(now) - i128::from(signature.created) {
        age if age > i128::from(tolerance) => return Err(Error::Expired),
        age if -age > i128::from(tolerance) => return Err(Error::NotYetValid),
        _ if signature.expires.is_some_and(|expires| expires < now) => return Err(Error::Expired),
        _ => {}
    }
    if digest.is_some_and(|field| !states(&field, seen.body())) {
        return Err(Error::SignatureInvalid);
    }
    let named = Hash::hash(&[b"countersign.http-nonce.v1", signature.key_id.as_bytes(), nonce.as_bytes()].concat());
    Ok((place, signature.created, nonce.into_bytes(), BASE64_URL_SAFE_NO_PAD.encode(named), signature.created + 960_000))
}

fn states(field: &str, body: &[u8]) -> bool {
    let stated = fields::read(field.as_bytes()).and_then(|members| members.into_iter().find(|(name, _)| name.as_str() == "sha-256"));
    stated.is_some_and(|(_, entry)| fields::text(&entry) == format!(":{}:", BASE64_STANDARD.encode(Hash::hash(body))))
}
