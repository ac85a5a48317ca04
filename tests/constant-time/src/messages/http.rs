//! Signed HTTP messages: signed by the module, verified by it, and refused, with keys and bodies marked. What came over the wire is
//! public, the right MAC and the right digest are not.

use super::{Bytes, Checked, Messages, lines, list, public, secret, time};
use crate::lean::ensure;
use crate::vectors::sample;

/// Numbers of errors, as JavaScript has them.
const GOOD: u64 = 0;
const SIGNATURE_MALFORMED: u64 = 7;
const KEY_UNKNOWN: u64 = 9;
const SIGNATURE_INVALID: u64 = 10;
const EXPIRED: u64 = 11;

/// 2027-01-15.
const NOW: u64 = 1_800_000_000_000;
const TOLERANCE: u64 = 300_000;
const STATUS: u64 = 200;
const IDS: [&[u8; 16]; 2] = [b"0123456789abcdef", b"fedcba9876543210"];
/// How many bytes of a body there are: none, up to the ends of a block and beyond, and more than the memory has before it grows.
pub const BODY_LENS: [usize; 8] = [0, 1, 40, 55, 56, 64, 200, 150_000];

type Headers = Vec<(Vec<u8>, Vec<u8>)>;

fn pairs(headers: &Headers) -> Bytes {
    list(headers.iter().flat_map(|(name, value)| [public(name), public(value)]))
}

/// Method, origin and target.
fn target() -> [Bytes; 3] {
    [public(b"POST"), public(b"https://app.example"), public(b"/api/events?after=evt_1")]
}

fn plain() -> Headers {
    vec![(b"content-type".to_vec(), b"text/plain".to_vec()), (b"x-trace".to_vec(), b"1".to_vec())]
}

/// Key ids, which are public, and keys, which are not.
fn keyring(ids: &[&[u8; 16]]) -> Bytes {
    let key = |id: &[u8; 16]| -> Vec<u8> { (0..32u8).map(|index| index.wrapping_mul(37) ^ id[usize::from(index) % 16]).collect() };
    ids.iter().flat_map(|id| [public(*id), secret(&key(id))]).fold(Bytes::default(), Bytes::and)
}

impl Messages<'_> {
    /// Signs, and returns the header fields with those of the signature.
    fn signed(
        &mut self,
        export: &str,
        way: &str,
        inputs: &[Bytes],
        numbers: &[u64],
        headers: Headers,
        fields: usize,
    ) -> Result<Headers, String> {
        let (error, result) = self.call(export, way, inputs, numbers)?;
        let made = lines(&result);
        ensure(error == GOOD && made.len() == fields, || format!("{export} {way}: not signed: {error}, {} header fields", made.len()))?;
        Ok(headers.into_iter().chain(made).collect())
    }

    fn sign_request(&mut self, body: &[u8]) -> Result<Headers, String> {
        let [method, origin, target] = target();
        let headers = plain();
        let inputs =
            [keyring(&IDS[..1]), method, origin, target, pairs(&headers), secret(body), public(&[7; 16]), list([public(b"x-trace")])];
        let (way, fields) = if body.is_empty() { ("no body", 2) } else { ("", 3) };
        self.signed("sign_request", way, &inputs, &time(NOW), headers, fields)
    }

    fn verify_request(&mut self, way: &str, ids: &[&[u8; 16]], headers: &Headers, body: &[u8], now: u64) -> Result<u64, String> {
        let [method, origin, target] = target();
        let inputs = [keyring(ids), method, origin, target, pairs(headers), secret(body)];
        let (error, result) = self.call("verify_request", way, &inputs, &[&time(now)[..], &[TOLERANCE]].concat())?;
        // The number of the key, two times, the name of the nonce, and the nonce.
        let len = if error == GOOD { 4 + 2 * 8 + 43 + 22 } else { 0 };
        ensure(result.len() == len, || format!("verify_request {way}: {} bytes are told", result.len()))?;
        let index = ids.iter().position(|id| *id == IDS[0]).map(|index| index as u8);
        ensure(len == 0 || Some(result[0]) == index, || format!("verify_request {way}: another key"))?;
        Ok(error)
    }

    fn sign_response(&mut self, asked: &Headers, body: &[u8]) -> Result<Headers, String> {
        let [method, origin, target] = target();
        let headers = plain();
        let inputs = [keyring(&IDS), method, origin, target, pairs(asked), pairs(&headers), secret(body)];
        let (way, fields) = if body.is_empty() { ("no body", 2) } else { ("", 3) };
        self.signed("sign_response", way, &inputs, &[&[STATUS][..], &time(NOW)].concat(), headers, fields)
    }

    fn verify_response(&mut self, way: &str, asked: &Headers, headers: &Headers, body: &[u8]) -> Result<u64, String> {
        let [method, origin, target] = target();
        let inputs = [keyring(&IDS), method, origin, target, pairs(asked), pairs(headers), secret(body)];
        let numbers = [&[STATUS][..], &time(NOW), &[TOLERANCE]].concat();
        Ok(self.call("verify_response", way, &inputs, &numbers)?.0)
    }

    /// Signs a request and a response to it, verifies both, and verifies what was changed.
    pub fn messages(&mut self, len: usize) -> Checked {
        let body = sample(len, 6);
        let good = if len == 0 { "no body" } else { "" };
        let check = |what: &str, found: u64, expected: u64| ensure(found == expected, || format!("{what}, {len} bytes: {found}"));
        let headers = self.sign_request(&body)?;
        for ids in [&IDS[..1], &IDS, &[IDS[1], IDS[0]]] {
            check("its own signature", self.verify_request(good, ids, &headers, &body, NOW)?, GOOD)?;
        }
        check("a late one", self.verify_request("forged or late", &IDS, &headers, &body, NOW + TOLERANCE + 1)?, EXPIRED)?;
        for at in [0, 20, 41] {
            let forged = changed(&headers, b"signature", at);
            check("a forged MAC", self.verify_request("forged or late", &IDS, &forged, &body, NOW)?, SIGNATURE_INVALID)?;
        }
        check("an unknown key", self.verify_request("unknown key", &IDS[1..], &headers, &body, NOW)?, KEY_UNKNOWN)?;
        let cut: Headers = headers.iter().map(|(name, value)| (name.clone(), value[..value.len() - 1].to_vec())).collect();
        check("cut off", self.verify_request("malformed", &IDS, &cut, &body, NOW)?, SIGNATURE_MALFORMED)?;
        for other in others(&body) {
            check("another body", self.verify_request("", &IDS, &headers, &other, NOW)?, SIGNATURE_INVALID)?;
        }

        let answer = self.sign_response(&headers, &body)?;
        check("the response", self.verify_response(good, &headers, &answer, &body)?, GOOD)?;
        for at in [0, 41] {
            let forged = changed(&answer, b"signature", at);
            check("a forged response", self.verify_response("forged", &headers, &forged, &body)?, SIGNATURE_INVALID)?;
        }
        for other in others(&body) {
            check("another response", self.verify_response("", &headers, &answer, &other)?, SIGNATURE_INVALID)?;
        }
        Ok(())
    }
}

/// The same body with one byte changed, the first or the last.
fn others(body: &[u8]) -> Vec<Vec<u8>> {
    let changed = |at: usize| body.iter().enumerate().map(|(index, byte)| if index == at { byte ^ 1 } else { *byte }).collect();
    if body.is_empty() { vec![] } else { vec![changed(0), changed(body.len() - 1)] }
}

/// The same header fields, with another letter in the bytes of one.
fn changed(headers: &Headers, name: &[u8], at: usize) -> Headers {
    let mut headers = headers.clone();
    for (other, value) in &mut headers {
        if other == name {
            let start = value.iter().position(|c| *c == b':').map_or(0, |colon| colon + 1);
            value[start + at] = if value[start + at] == b'A' { b'B' } else { b'A' };
        }
    }
    headers
}
