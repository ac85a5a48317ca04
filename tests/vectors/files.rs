//! Reads the files of vectors, for the tests beside this folder.
#![allow(dead_code, reason = "each test uses its part of this")]

use std::fmt::Write as _;
use std::{fs, path::Path};

use countersign::text::read_base64url;
use countersign::value::Value;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

/// The entries of `tests/vectors/<name>.json`.
pub fn read<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name).with_extension("json");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

pub fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "{text}");
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// A value from Convex's JSON form.
pub fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(boolean) => Value::Boolean(*boolean),
        Json::Number(number) => Value::Float64(number.as_f64().unwrap()),
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(items) => Value::Array(items.iter().map(value).collect()),
        Json::Object(fields) => {
            special(fields).unwrap_or_else(|| Value::Object(fields.iter().map(|(name, field)| (name.clone(), value(field))).collect()))
        }
    }
}

/// What JSON has no form for: `{ "$bytes": base64 }`, and numbers as eight bytes, little-endian.
fn special(fields: &serde_json::Map<String, Json>) -> Option<Value> {
    let (name, text) = fields.iter().next().filter(|_| fields.len() == 1)?;
    let bytes = || unbase64(text.as_str().unwrap());
    let eight = || bytes().try_into().unwrap();
    match name.as_str() {
        "$bytes" => Some(Value::Bytes(bytes())),
        "$integer" => Some(Value::Int64(i64::from_le_bytes(eight()))),
        "$float" => Some(Value::Float64(f64::from_le_bytes(eight()))),
        _ => None,
    }
}

fn unbase64(text: &str) -> Vec<u8> {
    let text = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
    let mut bytes = vec![0; text.len() * 3 / 4];
    assert!(read_base64url(text.as_bytes(), &mut bytes), "{text}");
    bytes
}
