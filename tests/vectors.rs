//! The vectors of countersign's own formats, which TypeScript reads too. A second implementation made them
//! (`tests/vectors/generate.mjs`), so this crate is not compared with itself.

#[path = "vectors/files.rs"]
mod files;

use std::collections::HashSet;

use countersign::call::{Call, FunctionType, MAX_TOKEN_LEN, Token};
use countersign::error::Error;
use countersign::keyring::{Derivation, KeyId, find};
use countersign::mac::Key;
use countersign::replay;
use countersign::secret::{self, Problem};
use countersign::value::{Value, check};
use countersign::window;
use files::{hex, read, unhex, value};
use serde::Deserialize;
use serde_json::Value as Json;

#[derive(Deserialize)]
struct ValueVector {
    name: String,
    value: Json,
    hex: String,
}

#[test]
fn values_have_their_bytes() {
    let vectors: Vec<ValueVector> = read("values");
    assert!(vectors.len() >= 40, "{}", vectors.len());
    for vector in vectors {
        let bytes = value(&vector.value).encode();
        assert_eq!(hex(&bytes), vector.hex, "{}", vector.name);
        assert_eq!(check(&bytes), Ok(()), "{}", vector.name);
    }
}

#[test]
fn only_the_same_value_has_the_same_bytes() {
    let vectors: Vec<ValueVector> = read("values");
    for (i, one) in vectors.iter().enumerate() {
        for other in &vectors[..i] {
            assert_eq!(one.hex == other.hex, one.value == other.value, "{} and {}", one.name, other.name);
        }
    }
}

#[derive(Deserialize)]
struct LengthVector {
    r#type: String,
    length: usize,
    head: String,
}

#[test]
fn each_length_has_its_head() {
    let vectors: Vec<LengthVector> = read("lengths");
    assert_eq!(vectors.len(), 24);
    for LengthVector { r#type, length, head } in vectors {
        let (value, item) = match r#type.as_str() {
            "text" => (Value::Text("x".repeat(length)), b'x'),
            "bytes" => (Value::Bytes(vec![b'x'; length]), b'x'),
            "array" => (Value::Array(vec![Value::Null; length]), 0xf6),
            other => panic!("a type of vector that is not known: {other}"),
        };
        let bytes = value.encode();
        assert!(bytes == [unhex(&head), vec![item; length]].concat(), "{type}, {length}");
        assert_eq!(check(&bytes), Ok(()), "{type}, {length}");
    }
}

/// One side's view of a call, and the key that follows from its secret.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Side {
    name: String,
    secret: String,
    audience: String,
    r#type: String,
    r#fn: String,
    now: u64,
    tolerance_ms: Option<u32>,
    args: Json,
    idempotency_key: Option<String>,
    token: String,
}

impl Side {
    fn key(&self) -> (Key, KeyId) {
        let derivation = Derivation::new(self.secret.as_bytes()).unwrap();
        (Key::new(&*derivation.call_key()), derivation.key_id())
    }

    fn with_call<T>(&self, then: impl FnOnce(&Call) -> Result<T, Error>) -> Result<T, Error> {
        let kinds = [FunctionType::Query, FunctionType::Mutation, FunctionType::Action];
        let kind = kinds.into_iter().find(|kind| kind.name() == self.r#type).unwrap();
        let args = value(&self.args).encode();
        let call = Call::new(self.audience.as_bytes(), kind, self.r#fn.as_bytes(), &args)?;
        then(&call.with_idempotency_key(self.idempotency_key.as_deref().map(str::as_bytes))?)
    }

    /// What a guard does with the token.
    fn verify(&self) -> Result<Token, Error> {
        let (key, id) = self.key();
        self.with_call(|call| {
            let token = Token::parse(self.token.as_bytes())?;
            let known = find([id], &token.key_id).is_some();
            call.verify(&token, &key, known, self.now, self.tolerance())?;
            Ok(token)
        })
    }

    fn tolerance(&self) -> u32 {
        self.tolerance_ms.unwrap_or(window::DEFAULT_TOLERANCE_MS)
    }
}

fn print(token: &Token) -> String {
    let mut out = [0; MAX_TOKEN_LEN];
    let len = token.write(&mut out);
    String::from_utf8(out[..len].to_vec()).unwrap()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TokenVector {
    #[serde(flatten)]
    side: Side,
    nonce: String,
    key_id: String,
    nonce_name: String,
    kept_until: String,
    use_name: Option<String>,
    args_name: Option<String>,
}

#[test]
fn calls_have_their_tokens_and_tokens_are_good_for_their_calls() {
    let vectors: Vec<TokenVector> = read("tokens");
    assert!(vectors.len() >= 10, "{}", vectors.len());
    for TokenVector { side, nonce, key_id, .. } in vectors {
        let (key, id) = side.key();
        assert_eq!(id.to_string(), key_id, "{}", side.name);
        let nonce = unhex(&nonce).try_into().unwrap();
        let token = side.with_call(|call| call.sign(&key, id, side.now, nonce)).unwrap();
        assert_eq!(print(&token), side.token, "{}", side.name);
        assert_eq!(side.verify().as_ref(), Ok(&token), "{}", side.name);
        assert_eq!((token.key_id, token.issued_at, token.nonce), (id, side.now, nonce), "{}", side.name);
    }
}

#[test]
fn what_must_not_happen_twice_has_its_names() {
    let vectors: Vec<TokenVector> = read("tokens");
    let text = |name: replay::Name| String::from_utf8(name.to_vec()).unwrap();
    let (mut names, mut with_key) = (HashSet::new(), 0);
    for TokenVector { side, nonce_name, kept_until, use_name, args_name, .. } in &vectors {
        let token = Token::parse(side.token.as_bytes()).unwrap();
        assert_eq!(&text(replay::nonce_name(&token)), nonce_name, "{}", side.name);
        assert_eq!(&replay::keep_until(token.issued_at).to_string(), kept_until, "{}", side.name);
        let (used, args) = side.with_call(|call| Ok((replay::use_name(call), replay::args_name(call)))).unwrap();
        assert_eq!(&used.map(text), use_name, "{}", side.name);
        assert_eq!(use_name.is_some(), side.idempotency_key.is_some(), "{}", side.name);
        if let (Some(use_name), Some(args_name)) = (use_name, args_name) {
            assert_eq!(&text(args), args_name, "{}", side.name);
            names.insert((&side.r#fn, &side.idempotency_key, use_name));
            with_key += 1;
        }
    }
    assert!(with_key >= 20, "{with_key}");
    // As many names as uses: no two have one, and none has two.
    assert_eq!(names.iter().map(|(_, _, name)| name).collect::<HashSet<_>>().len(), names.len());
    assert_eq!(names.iter().map(|(function, key, _)| (function, key)).collect::<HashSet<_>>().len(), names.len());
}

#[derive(Deserialize)]
struct RefusedVector {
    #[serde(flatten)]
    side: Side,
    code: String,
}

#[test]
fn refused_tokens_are_refused_with_their_codes() {
    let vectors: Vec<RefusedVector> = read("refused");
    assert!(vectors.len() >= 20, "{}", vectors.len());
    for RefusedVector { side, code } in &vectors {
        assert_eq!(side.verify().map_err(Error::code), Err(code.as_str()), "{}", side.name);
    }
    for error in [
        Error::SignatureMissing,
        Error::SignatureMalformed,
        Error::VersionUnsupported,
        Error::KeyUnknown,
        Error::SignatureInvalid,
        Error::Expired,
        Error::NotYetValid,
        Error::TypeInvalid,
        Error::ValueUnsupported,
    ] {
        assert!(vectors.iter().any(|vector| vector.code == error.code()), "no vector for {error}");
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SecretVector {
    name: String,
    secret: String,
    problems: Vec<String>,
    code: Option<String>,
    key_id: Option<String>,
    fingerprint: Option<String>,
}

fn problem_name(problem: Problem) -> &'static str {
    match problem {
        Problem::Missing => "missing",
        Problem::Padded => "padded",
        Problem::Quoted => "quoted",
        Problem::Checksum => "checksum",
        Problem::TooLong => "too_long",
        Problem::TooShort => "too_short",
        Problem::FewDistinct => "few_distinct",
        Problem::Repeated => "repeated",
        Problem::Placeholder => "placeholder",
    }
}

#[test]
fn secrets_are_usable_or_have_their_problems() {
    let vectors: Vec<SecretVector> = read("secrets");
    let mut usable = 0;
    for vector in &vectors {
        let (name, secret) = (&vector.name, vector.secret.as_bytes());
        let problems: Vec<_> = secret::problems(secret).iter().map(problem_name).collect();
        assert_eq!(problems, vector.problems, "{name}");
        assert_eq!(secret::check(secret).map_err(Error::code).err(), vector.code.as_deref(), "{name}");
        let derivation = Derivation::new(secret);
        assert_eq!(derivation.as_ref().map(|keys| keys.key_id().to_string()).ok(), vector.key_id, "{name}");
        assert_eq!(
            derivation.map(|keys| keys.fingerprint().to_vec()).ok(),
            vector.fingerprint.as_ref().map(|text| text.as_bytes().to_vec()),
            "{name}"
        );
        assert_eq!(secret::verify(secret, secret).map_err(Error::code), vector.code.as_deref().map_or(Ok(true), Err), "{name}");
        usable += usize::from(vector.code.is_none());
    }
    assert!(usable >= 5 && vectors.len() - usable >= 20);
    for problem in Problem::ALL {
        let name = problem_name(*problem);
        assert!(vectors.iter().any(|vector| vector.problems.iter().any(|other| other == name)), "no vector for {name}");
    }
}

#[test]
fn errors_have_their_numbers_and_codes() {
    let vectors: Vec<(u32, String)> = read("errors");
    let ours: Vec<_> = Error::ALL.iter().map(|error| (*error as u32, error.code().to_owned())).collect();
    assert_eq!(ours, vectors);
}
