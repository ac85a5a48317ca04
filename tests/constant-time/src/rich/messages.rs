//! Signed HTTP messages: signed by the module, verified by it, and refused, with keys and bodies marked. What came over the wire is
//! public, the right MAC and the right digest are not.

use super::{Checked, Rich};
use crate::lean::ensure;
use crate::rich::Arg::{Mixed, Number, Public, Secret};

/// Numbers of errors, as JavaScript has them.
const GOOD: f64 = 0.0;
const SIGNATURE_MALFORMED: f64 = 7.0;
const KEY_UNKNOWN: f64 = 9.0;
const SIGNATURE_INVALID: f64 = 10.0;
const EXPIRED: f64 = 11.0;

/// 2027-01-15.
const NOW: f64 = 1_800_000_000_000.0;
const TOLERANCE: u64 = 300_000;
const TARGET: [&[u8]; 3] = [b"POST", b"https://app.example", b"/api/events?after=evt_1"];
const IDS: [&[u8; 16]; 2] = [b"0123456789abcdef", b"fedcba9876543210"];
/// How many bytes of a body there are: none, less than a block, and more than one.
pub const BODY_LENS: [usize; 3] = [0, 40, 200];

type Headers = Vec<(Vec<u8>, Vec<u8>)>;

/// Texts as TypeScript packs them, each behind its length.
fn packed<'a>(texts: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    texts.into_iter().flat_map(|text| [&(text.len() as u32).to_le_bytes(), text].concat()).collect()
}

fn pairs(headers: &Headers) -> Vec<u8> {
    packed(headers.iter().flat_map(|(name, value)| [name.as_slice(), value.as_slice()]))
}

/// Key ids, which are public, and keys, which are not.
fn keyring(ids: &[&[u8; 16]]) -> (Vec<u8>, Vec<u8>) {
    let key = |id: &[u8; 16]| -> Vec<u8> { (0..32u8).map(|index| index.wrapping_mul(37) ^ id[usize::from(index) % 16]).collect() };
    let keys = ids.iter().flat_map(|id| [id.to_vec(), key(id)].concat()).collect();
    let marks = ids.iter().flat_map(|_| [vec![0; 16], vec![0xff; 32]].concat()).collect();
    (keys, marks)
}

impl Rich<'_> {
    /// Calls, and returns the number of the error and the header fields that were made.
    fn message(&mut self, export: &str, way: &str, args: &[super::Arg]) -> Result<(f64, Headers), String> {
        self.reset();
        let before = self.session.machine.state.host.numbers().count();
        let (_, texts) = self.call(export, way, args, false)?;
        let error = self.session.machine.state.host.numbers().nth(before).ok_or("no number of an error")?;
        // The only text with more than one line.
        let text = texts.iter().find(|text| text.contains(&b'\n')).cloned().unwrap_or_default();
        let lines: Vec<Vec<u8>> = text.split(|c| *c == b'\n').map(<[u8]>::to_vec).collect();
        Ok((error, lines.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()))
    }

    fn sign_request(&mut self, body: &[u8]) -> Result<Headers, String> {
        let (keys, marks) = keyring(&IDS[..1]);
        let headers: Headers = vec![(b"content-type".to_vec(), b"text/plain".to_vec()), (b"x-trace".to_vec(), b"1".to_vec())];
        let (given, components) = (pairs(&headers), packed([b"x-trace".as_slice()]));
        let way = if body.is_empty() { "no body" } else { "" };
        let args = [
            Mixed(&keys, &marks),
            Public(TARGET[0]),
            Public(TARGET[1]),
            Public(TARGET[2]),
            Public(&given),
            Secret(body),
            Number(NOW.to_bits()),
            Public(&[7; 16]),
            Public(&components),
        ];
        let (error, fields) = self.message("sign_request", way, &args)?;
        ensure(is(error, GOOD) && fields.len() == if body.is_empty() { 2 } else { 3 }, || {
            format!("not signed: {error}, {}", fields.len())
        })?;
        Ok([headers, fields].concat())
    }

    fn verify_request(&mut self, way: &str, ids: &[&[u8; 16]], headers: &Headers, body: &[u8], now: f64) -> Result<f64, String> {
        let ((keys, marks), headers) = (keyring(ids), pairs(headers));
        let [method, origin, target] = TARGET.map(Public);
        let args = [Mixed(&keys, &marks), method, origin, target, Public(&headers), Secret(body), Number(now.to_bits()), Number(TOLERANCE)];
        Ok(self.message("verify_request", way, &args)?.0)
    }

    fn verify_response(&mut self, way: &str, asked: &Headers, headers: &Headers, body: &[u8]) -> Result<f64, String> {
        let ((keys, marks), asked, headers) = (keyring(&IDS), pairs(asked), pairs(headers));
        let [method, origin, target] = TARGET.map(Public);
        let args = [
            Mixed(&keys, &marks),
            method,
            origin,
            target,
            Public(&asked),
            Number(200),
            Public(&headers),
            Secret(body),
            Number(NOW.to_bits()),
            Number(TOLERANCE),
        ];
        Ok(self.message("verify_response", way, &args)?.0)
    }

    /// Signs a request and a response to it, verifies both, and verifies what was changed.
    pub fn messages(&mut self, len: usize) -> Checked {
        let body = crate::vectors::sample(len, 6);
        let (good, right) = if len == 0 { ("no body", "no body") } else { ("", "") };
        let headers = self.sign_request(&body)?;
        let check = |what: &str, found: f64, expected: f64| ensure(is(found, expected), || format!("{what}, {len} bytes: {found}"));
        for ids in [&IDS[..1], &IDS] {
            check("its own signature", self.verify_request(good, ids, &headers, &body, NOW)?, GOOD)?;
        }
        let late = NOW + 300_001.0;
        check("a late one", self.verify_request("forged or late", &IDS, &headers, &body, late)?, EXPIRED)?;
        for at in [0, 20, 41] {
            let forged = changed(&headers, b"signature", at);
            check("a forged MAC", self.verify_request("forged or late", &IDS, &forged, &body, NOW)?, SIGNATURE_INVALID)?;
        }
        check("an unknown key", self.verify_request("unknown key", &IDS[1..], &headers, &body, NOW)?, KEY_UNKNOWN)?;
        let cut: Headers = headers.iter().map(|(name, value)| (name.clone(), value[..value.len() - 1].to_vec())).collect();
        check("cut off", self.verify_request("malformed", &IDS, &cut, &body, NOW)?, SIGNATURE_MALFORMED)?;
        if len > 0 {
            for at in [0, len - 1] {
                let mut other = body.clone();
                other[at] ^= 1;
                check("another body", self.verify_request("", &IDS, &headers, &other, NOW)?, SIGNATURE_INVALID)?;
            }
        }

        let (keys, marks) = keyring(&IDS);
        let (asked, plain) = (pairs(&headers), pairs(&vec![(b"content-type".to_vec(), b"text/plain".to_vec())]));
        let [method, origin, target] = TARGET.map(Public);
        let args = [
            Mixed(&keys, &marks),
            method,
            origin,
            target,
            Public(&asked),
            Number(200),
            Public(&plain),
            Secret(&body),
            Number(NOW.to_bits()),
        ];
        let (error, fields) = self.message("sign_response", right, &args)?;
        check("a response", error, GOOD)?;
        let answer = [vec![(b"content-type".to_vec(), b"text/plain".to_vec())], fields].concat();
        check("the response", self.verify_response(right, &headers, &answer, &body)?, GOOD)?;
        for at in [0, 41] {
            let forged = changed(&answer, b"signature", at);
            check("a forged response", self.verify_response("forged", &headers, &forged, &body)?, SIGNATURE_INVALID)?;
        }
        if len > 0 {
            let mut other = body.clone();
            other[len - 1] ^= 1;
            check("another response", self.verify_response("", &headers, &answer, &other)?, SIGNATURE_INVALID)?;
        }
        Ok(())
    }
}

/// Whole numbers are equal if their bits are.
fn is(found: f64, expected: f64) -> bool {
    found.to_bits() == expected.to_bits()
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
