//! The cases of the lean module, and of what a guard runs of it.

mod admit;

use crate::contracts::Path;
use crate::decode::Module;
use crate::number::Num;
use crate::session::{Failure, Session, Snapshot, Tally};
use crate::vectors::{Hmac, Token, Vectors, sample};

pub const MISMATCH: u64 = 255;
pub const SECRET_MISSING: u64 = 1;
pub const SECRET_WEAK: u64 = 2;
const KEY_CONFLICT: u64 = 4;
const SIGNATURE_MALFORMED: u64 = 7;
const KEY_UNKNOWN: u64 = 9;
const SIGNATURE_INVALID: u64 = 10;
const CALLER_FORBIDDEN: u64 = 14;
const FUNCTION_FORBIDDEN: u64 = 15;
/// What JavaScript reads and wipes.
const RESULT_LEN: usize = 296;
/// Where `admit_call` tells key ids, behind all else.
const IDS_AT: usize = 168;
const AREA_LEN: usize = 64 * 1024;
/// Ours; JavaScript uses each once.
const STAMP: u64 = 7;

/// The lengths that are covered.
pub const SECRET_LENS: std::ops::RangeInclusive<usize> = 0..=130;
pub const KEY_LENS: std::ops::RangeInclusive<usize> = 1..=131;
pub const MESSAGE_LENS: std::ops::RangeInclusive<usize> = 0..=200;
/// The shortest secret that can be usable.
const MIN_SECRET: usize = 32;

pub struct Lean<'m> {
    session: Session<'m>,
    area: usize,
    result: usize,
    fresh: Snapshot,
}

type Checked = Result<(), Failure>;

/// Fails unless it is so.
pub fn ensure(is: bool, what: impl FnOnce() -> String) -> Checked {
    if is { Ok(()) } else { Err(what()) }
}

/// Which way a secret of this length goes, and the answer to it.
fn refused(len: usize) -> (&'static str, u64) {
    match len {
        0 => ("empty", SECRET_MISSING),
        _ if len < MIN_SECRET => ("refused", SECRET_WEAK),
        _ => ("", 0),
    }
}

/// Holds what `admit_call` says of a call, whether it is good or not, to the second implementation: until when its nonce is kept, and the
/// names it is remembered by.
fn remembered(vector: &Token, result: &[u8]) -> Checked {
    let Token { kept_until, names, .. } = vector;
    let until = kept_until.rotate_left(32).to_le_bytes();
    let names: Vec<u8> = names.concat();
    let rest = &result[36 + names.len()..IDS_AT];
    let is_right = result[28..36] == until && result[36..].starts_with(&names) && rest.iter().all(|byte| *byte == 0);
    ensure(is_right, || format!("admit_call has other names: {:?}", String::from_utf8_lossy(&result[28..])))
}

impl<'m> Lean<'m> {
    pub fn new(module: &'m Module, contracts: &'static [Path]) -> Result<Self, Failure> {
        let mut session = Session::new(module, contracts)?;
        let number = |_: &mut Session, returned: &[Num]| Ok((returned[0].bits as usize, 0));
        let area = session.call("area", "", &[], number)?;
        let result = session.call("result", "", &[], number)?;
        session.set_output(result..result + RESULT_LEN);
        let fresh = session.snapshot();
        Ok(Self { session, area, result, fresh })
    }

    pub fn tally(self) -> Tally {
        self.session.tally()
    }

    /// Writes the inputs into the area, one after the other, each secret or not, and calls an export. Returns its answer, and the result
    /// area, which it then wipes as JavaScript does.
    fn call(&mut self, export: &str, way: &str, args: &[u64], inputs: &[(&[u8], bool)]) -> Result<(u64, Vec<u8>), Failure> {
        let mut at = self.area;
        let is_large = inputs.iter().any(|(bytes, _)| bytes.len() > AREA_LEN / 2);
        let (large, _) = if is_large { self.call("large", "", &[], &[])? } else { (0, vec![]) };
        for (bytes, secret) in inputs {
            if bytes.len() > AREA_LEN / 2 {
                self.session.machine.state.memory.put(large as usize, bytes, *secret);
                continue;
            }
            self.session.machine.state.memory.put(at, bytes, *secret);
            at += bytes.len();
        }
        let result = self.result;
        self.session.call(export, way, args, |session, returned| {
            let memory = &mut session.machine.state.memory;
            let bytes = memory.bytes(result, RESULT_LEN).to_vec();
            let secret = memory.marks(result, RESULT_LEN).iter().filter(|mark| **mark != 0).count();
            memory.put(result, &[0; RESULT_LEN], false);
            Ok(((returned.first().map_or(0, |answer| answer.bits), bytes), secret))
        })
    }

    /// The same, where only the answer matters.
    fn answer(&mut self, expected: u64, export: &str, way: &str, args: &[u64], inputs: &[(&[u8], bool)]) -> Checked {
        let (answer, _) = self.call(export, way, args, inputs)?;
        ensure(answer == expected, || format!("{export}({args:?}) {way} answered {answer} instead of {expected}"))
    }

    fn reset(&mut self) {
        self.session.restore(&self.fresh);
    }

    /// A secret of this length, held against an equal one, against ones that differ at one byte or all, and against one of each length.
    pub fn comparison(&mut self, len: usize) -> Checked {
        let secret = sample(len, 0);
        let usable = len >= MIN_SECRET;
        let lens = [len as u64, len as u64];
        let (way, refusal) = refused(len);
        let mut others = vec![secret.clone()];
        for at in [0, len / 2, len.saturating_sub(1)].into_iter().filter(|at| *at < len) {
            let mut other = secret.clone();
            other[at] ^= 1;
            others.push(other);
        }
        others.push(sample(len, 1));
        for (index, other) in others.iter().enumerate() {
            self.reset();
            let expected = if usable && index > 0 { MISMATCH } else { refusal };
            self.answer(expected, "verify_secret", way, &lens, &[(&secret, true), (other, true)])?;
        }
        // The candidate alone of this length.
        let expected = sample(54, 2);
        self.answer(MISMATCH, "verify_secret", "", &[54, len as u64], &[(&expected, true), (&secret, true)])?;
        if !usable {
            let (answer, _) = self.call("digest_secret", way, &lens[..1], &[(&secret, true)])?;
            ensure(answer == refusal, || format!("a weak secret of {len} bytes has a digest"))?;
            let (_, digest) = self.call("digest_secret", "", &[54], &[(&expected, true)])?;
            return self.answer(MISMATCH, "matches_digest", "", &lens[..1], &[(&digest[..32], true), (&secret, true)]);
        }
        let (_, digest) = self.call("digest_secret", "", &lens[..1], &[(&secret, true)])?;
        for (index, other) in others.iter().enumerate() {
            let expected = if index == 0 { 0 } else { MISMATCH };
            self.answer(expected, "matches_digest", "", &lens[..1], &[(&digest[..32], true), (other, true)])?;
        }
        Ok(())
    }

    /// What else is made of a secret of this length.
    pub fn derivation(&mut self, len: usize) -> Checked {
        self.reset();
        let secret = sample(len, 0);
        let (way, expected) = refused(len);
        self.answer(expected, "fingerprint", way, &[len as u64], &[(&secret, true)])?;
        self.answer(expected, "derive_key", way, &[0, 0, len as u64], &[(&secret, true)])
    }

    /// A key of this length with messages of all lengths, in one piece; one length a key in two pieces as well.
    pub fn macs(&mut self, key_len: usize) -> Checked {
        self.reset();
        self.answer(0, "load_key", "", &[STAMP, key_len as u64], &[(&sample(key_len, 3), true)])?;
        let loaded = self.session.snapshot();
        for len in MESSAGE_LENS {
            let message = sample(len, 4);
            let args = [STAMP, len as u64];
            let (_, result) = self.call("sign_mac", "", &args, &[(&message, true)])?;
            self.answer(0, "verify_mac", "", &[STAMP, 32, len as u64], &[(&result[..32], true), (&message, true)])?;
            self.session.restore(&loaded);
        }
        self.answer(0, "free_key", "", &[STAMP], &[])?;
        self.fresh = self.session.snapshot();
        Ok(())
    }

    /// A message in two pieces, the first of this length; and a key that is hashed in two pieces.
    pub fn pieces(&mut self, len: usize) -> Checked {
        self.reset();
        let (first, second) = (sample(len, 5), sample(70, 6));
        let whole = [first.as_slice(), &second].concat();
        self.answer(0, "load_key", "", &[STAMP, 32], &[(&sample(32, 3), true)])?;
        let (_, expected) = self.call("sign_mac", "", &[STAMP, whole.len() as u64], &[(&whole, true)])?;
        for ends in ["end_mac", "end_mac_verify"] {
            self.answer(0, "begin_mac", "", &[STAMP], &[])?;
            for piece in [&first, &second] {
                self.answer(0, "update_mac", "", &[piece.len() as u64], &[(piece, true)])?;
            }
            if ends == "end_mac_verify" {
                self.answer(0, ends, "", &[32], &[(&expected[..32], true)])?;
            } else {
                let (_, mac) = self.call(ends, "", &[], &[])?;
                ensure(mac[..32] == expected[..32], || format!("another MAC in pieces of {len} and 70 bytes"))?;
            }
        }
        self.answer(0, "free_key", "", &[STAMP], &[])?;
        for piece in [&first, &second] {
            self.answer(0, "hash_key", "", &[piece.len() as u64], &[(piece, true)])?;
        }
        self.call("end_hash_key", "", &[], &[]).map(|_| ())
    }

    /// RFC 4231: the right MAC, and none but it.
    pub fn rfc4231(&mut self, vector: &Hmac) -> Checked {
        self.reset();
        let Hmac { key, data, mac } = vector;
        let wrong = || format!("RFC 4231: not the MAC of a key of {} bytes", key.len());
        self.answer(0, "load_key", "", &[STAMP, key.len() as u64], &[(key, true)])?;
        let (_, result) = self.call("sign_mac", "", &[STAMP, data.len() as u64], &[(data, true)])?;
        ensure(result.starts_with(mac), wrong)?;
        if mac.len() < 32 {
            // One half of a MAC is refused by its length, which is public.
            return self.answer(
                MISMATCH,
                "verify_mac",
                "of another length",
                &[STAMP, mac.len() as u64, data.len() as u64],
                &[(mac, true), (data, true)],
            );
        }
        let args = [STAMP, 32, data.len() as u64];
        self.answer(0, "verify_mac", "", &args, &[(mac, true), (data, true)])?;
        for at in 0..32 {
            let mut forged = mac.clone();
            forged[at] ^= 0x80;
            self.answer(MISMATCH, "verify_mac", "", &args, &[(&forged, true), (data, true)])?;
        }
        Ok(())
    }

    /// A call signed with a key that was derived from the secret, and verified: the right token, a wrong MAC, an unknown key.
    pub fn signed_call(&mut self, vector: &Token) -> Checked {
        self.reset();
        let Token { secret, audience, kind, name, once, now, tolerance, nonce, args, text: token, key_id, .. } = vector;
        let way = if once.is_empty() { "" } else { "an idempotency key" };
        let (_, derived) = self.call("derive_key", "", &[0, 3, secret.len() as u64], &[(secret, true)])?;
        ensure(derived[..16] == key_id[..], || "another key id".into())?;
        self.answer(0, "load_key", "", &[STAMP, 32], &[(&derived[16..48], true)])?;
        let (high, low) = (now >> 32, now & 0xffff_ffff);
        let lens = [audience, name, once, args].map(|bytes| bytes.len() as u64);
        // What is too long for the area is in the large one.
        let in_large = u64::from(args.len() > AREA_LEN / 2);
        let sign = [STAMP, *kind, lens[0], lens[1], lens[2], lens[3], in_large, high, low];
        let described: [(&[u8], bool); 4] = [(audience, false), (name, false), (once, false), (args, false)];
        let (answer, text) =
            self.call("sign_call", way, &sign, &[&[(&key_id[..], false), (&nonce[..], false)], &described[..]].concat())?;
        ensure(answer == 256 + token.len() as u64 && text.starts_with(token), || "another token".into())?;

        let entry = |id: &[u8], stamp: u64| [id, &(stamp as u32).to_le_bytes(), &3_u32.to_le_bytes()].concat();
        let other = entry(b"0123456789abcdef", STAMP + 1);
        let verify = [2, token.len() as u64, *kind, lens[0], lens[1], lens[2], lens[3], in_large, high, low, *tolerance];
        let (public, mac) = token.split_at(token.len() - 43);
        let mut check = |expected: u64, way: &str, ids: [&[u8]; 2], mac: &[u8]| {
            let presented: [(&[u8], bool); 4] = [(ids[0], false), (ids[1], false), (public, false), (mac, true)];
            let (answer, result) = self.call("verify_call", way, &verify, &[presented, described].concat())?;
            ensure(answer == expected, || format!("verify_call {way} answered {answer} instead of {expected}"))?;
            let told = answer == SIGNATURE_MALFORMED || result[12..28] == nonce[..] && result[28..].iter().all(|byte| *byte == 0);
            ensure(told, || format!("verify_call {way} tells another nonce, or more than that"))
        };
        let ours = entry(key_id, STAMP);
        check(0, way, [&other, &ours], mac)?;
        for at in if in_large == 1 { vec![0] } else { vec![0, 21, 41] } {
            let mut forged = mac.to_vec();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            check(SIGNATURE_INVALID, way, [&other, &ours], &forged)?;
        }
        let mut malformed = mac.to_vec();
        malformed[20] = b'=';
        check(SIGNATURE_MALFORMED, "malformed", [&other, &ours], &malformed)?;
        let unknown = entry(b"fedcba9876543210", STAMP);
        check(KEY_UNKNOWN, "unknown key", [&unknown, &other], mac)?;

        // The same secret once more, for the same caller and for another one.
        let keyring = |caller: u64| [3, caller, secret.len() as u64];
        let third = entry(b"fedcba9876543210", STAMP + 2);
        let inputs: [(&[u8], bool); 4] = [(&other, false), (&third, false), (&ours, false), (secret, true)];
        self.answer(253, "derive_key", "duplicate", &keyring(3), &inputs)?;
        self.answer(4, "derive_key", "duplicate", &keyring(4), &inputs)?;
        let inputs: [(&[u8], bool); 3] = [(&other, false), (&third, false), (secret, true)];
        self.answer(0, "derive_key", "onto a keyring of two", &[2, 3, secret.len() as u64], &inputs)?;
        self.answer(0, "free_key", "", &[STAMP], &[])
    }

    /// Whether a name is on a list, at its end, at its beginning, or not at all.
    pub fn lists(&mut self) -> Checked {
        self.reset();
        let entries: [&[u8]; 5] = [b"a:b", b"", b"orders:*", b"orders:create", b"worker"];
        for (name, functions, first, expected) in [
            (&b"orders:create"[..], 1, 0, 0),
            (b"orders:create", 1, 4, FUNCTION_FORBIDDEN),
            (b"orders:default", 1, 0, FUNCTION_FORBIDDEN),
            (b"", 1, 0, FUNCTION_FORBIDDEN),
            (b"worker", 0, 0, 0),
            (b"worker2", 0, 0, CALLER_FORBIDDEN),
            (b"orders:list", 0, 0, CALLER_FORBIDDEN),
        ] {
            let list = &entries[first..];
            let lens: Vec<[u8; 4]> = list.iter().map(|entry| (entry.len() as u32).to_le_bytes()).collect();
            for listed in [list, &list[..0]] {
                let all = listed.iter().zip(&lens).flat_map(|(entry, len)| [(&len[..], false), (*entry, false)]);
                let inputs: Vec<(&[u8], bool)> = [(name, false)].into_iter().chain(all).collect();
                let forbidden = if functions == 1 { FUNCTION_FORBIDDEN } else { CALLER_FORBIDDEN };
                let expected = if listed.is_empty() { forbidden } else { expected };
                self.answer(expected, "check_scope", "", &[name.len() as u64, listed.len() as u64, functions], &inputs)?;
            }
        }
        Ok(())
    }

    /// What has no lengths to go through.
    pub fn others(&mut self, vectors: &Vectors) -> Checked {
        self.reset();
        let (_, text) = self.call("generate_secret", "", &[], &[(&sample(32, 8), true)])?;
        ensure(text.starts_with(b"csk_") && text[47] == b'_', || "generate_secret makes another form".into())?;
        self.answer(0, "verify_secret", "", &[54, 54], &[(&text[..54], true), (&text[..54], true)])?;
        for token in &vectors.tokens {
            let in_large = u64::from(token.args.len() > AREA_LEN / 2);
            self.answer(0, "check_value", "", &[token.args.len() as u64, in_large], &[(&token.args, false)])?;
        }
        // A key takes the place of the one that is 64 stamps older.
        for stamp in [STAMP, STAMP + 1] {
            self.answer(0, "load_key", "", &[stamp, 32], &[(&sample(32, 9), true)])?;
        }
        for stamp in [STAMP, STAMP + 1] {
            self.answer(0, "free_key", "", &[stamp], &[])?;
        }
        Ok(())
    }
}
