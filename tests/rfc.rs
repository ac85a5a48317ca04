//! The vectors of the RFCs that this crate is built on.

#[path = "vectors/files.rs"]
mod files;
#[path = "vectors/hkdf.rs"]
mod hkdf;

use countersign::keyring::Derivation;
use countersign::mac::Key;
use countersign::value::check;
use files::{hex, read, unhex};
use hkdf::{expand, extract};
use serde::Deserialize;

#[derive(Deserialize)]
struct Rfc4231 {
    name: String,
    key: String,
    data: String,
    mac: String,
}

#[test]
fn hmac_sha256_is_that_of_rfc_4231() {
    let vectors: Vec<Rfc4231> = read("rfc4231");
    assert_eq!(vectors.len(), 7);
    for Rfc4231 { name, key, data, mac } in &vectors {
        let (key, data, mac) = (Key::new(&unhex(key)), unhex(data), unhex(mac));
        let whole = key.sign(&data);
        assert_eq!(hex(&whole[..mac.len()]), hex(&mac), "{name}");
        assert!(key.verify(&data, &whole), "{name}");
        for at in 0..=data.len() {
            assert_eq!(key.begin().update(&data[..at]).update(&data[at..]).sign(), whole, "{name}, in two pieces at {at}");
        }
    }
}

#[test]
fn a_truncated_mac_is_refused_although_rfc_4231_has_one() {
    let vectors: Vec<Rfc4231> = read("rfc4231");
    let truncated: Vec<_> = vectors.iter().filter(|vector| vector.mac.len() < 64).collect();
    assert_eq!(truncated.iter().map(|vector| vector.mac.len()).collect::<Vec<_>>(), [32]);
    let (key, data, mac) = (Key::new(&unhex(&truncated[0].key)), unhex(&truncated[0].data), unhex(&truncated[0].mac));
    assert!(!key.verify(&data, &mac));
    assert!(!key.verify(&data, &[&mac[..], &[0; 16]].concat()));
    let whole = key.sign(&data);
    for len in 0..whole.len() {
        assert!(!key.verify(&data, &whole[..len]), "{len} bytes");
    }
    assert!(!key.verify(&data, &[&whole[..], &[0]].concat()));
    assert!(!key.verify(&data, &whole.repeat(2)));
}

#[derive(Deserialize)]
struct Rfc5869 {
    name: String,
    ikm: String,
    salt: String,
    info: String,
    length: usize,
    prk: String,
    okm: String,
}

#[test]
fn hkdf_sha256_is_that_of_rfc_5869() {
    let vectors: Vec<Rfc5869> = read("rfc5869");
    assert_eq!(vectors.len(), 3);
    for vector in vectors {
        let (ikm, salt) = (unhex(&vector.ikm), unhex(&vector.salt));
        assert_eq!(hex(&Key::new(&salt).sign(&ikm)), vector.prk, "{}", vector.name);
        assert_eq!(hex(&expand(&extract(&salt, &ikm), &unhex(&vector.info), vector.length)), vector.okm, "{}", vector.name);
    }
}

#[test]
fn keys_are_derived_by_hkdf_from_those_parts() {
    for secret in ["q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab".to_owned(), (b'!'..=b'~').map(char::from).collect::<String>().repeat(3)] {
        let derivation = Derivation::new(secret.as_bytes()).unwrap();
        let prk = extract(b"countersign.v1", secret.as_bytes());
        assert_eq!(derivation.call_key().to_vec(), expand(&prk, b"call", 32));
        assert_eq!(derivation.http_key().to_vec(), expand(&prk, b"http", 32));
        assert_eq!(derivation.key_id().to_string(), hex(&expand(&prk, b"key-id", 8)));
        assert_eq!(derivation.fingerprint().to_vec(), hex(&expand(&prk, b"fingerprint", 8)).into_bytes());
    }
}

#[derive(Deserialize)]
struct Rfc8949 {
    section: String,
    name: String,
    hex: String,
    accepted: bool,
}

#[test]
fn of_the_examples_of_rfc_8949_exactly_the_deterministic_forms_of_convex_values_are_accepted() {
    let vectors: Vec<Rfc8949> = read("rfc8949");
    for Rfc8949 { section, name, hex, accepted } in &vectors {
        assert_eq!(check(&unhex(hex)).is_ok(), *accepted, "{section}: {name}: {hex}");
    }
    let accepted = vectors.iter().filter(|vector| vector.accepted).count();
    assert_eq!((accepted, vectors.len()), (40, 218));
}
