//! Calls as a guard takes them.

use super::{
    AREA_LEN, Checked, IDS_AT, KEY_CONFLICT, KEY_UNKNOWN, Lean, SECRET_WEAK, SIGNATURE_INVALID, SIGNATURE_MALFORMED, ensure, remembered,
};
use crate::vectors::{Token, sample};

impl Lean<'_> {
    /// A call as a guard takes it, from the secrets it accepts: the second of two, a wrong MAC, one that nobody accepts, a caller's
    /// secret that another has, and one that is not usable.
    pub fn admitted_call(&mut self, vector: &Token) -> Checked {
        self.reset();
        let Token { secret, audience, kind, name, once, now, tolerance, args, text: token, key_id, .. } = vector;
        let (other, weak) = (sample(40, 11), sample(20, 12));
        let (high, low) = (now >> 32, now & 0xffff_ffff);
        let lens = [audience, name, once, args].map(|bytes| bytes.len() as u64);
        let in_large = u64::from(args.len() > AREA_LEN / 2);
        let (public, mac) = token.split_at(token.len() - 43);
        let mut check = |expected: u64, way: &str, accepted: &[(u32, &[u8])], mac: &[u8]| {
            let heads: Vec<[u8; 8]> = accepted.iter().map(|(caller, secret)| head(*caller, secret)).collect();
            let secrets = heads.iter().zip(accepted).flat_map(|(head, (_, secret))| [(&head[..], false), (*secret, true)]);
            let described: [(&[u8], bool); 6] =
                [(public, false), (mac, true), (audience, false), (name, false), (once, false), (args, false)];
            let inputs: Vec<(&[u8], bool)> = secrets.chain(described).collect();
            let secrets_len = accepted.iter().map(|(_, secret)| 8 + secret.len() as u64).sum();
            let admit = [secrets_len, token.len() as u64, *kind, lens[0], lens[1], lens[2], lens[3], in_large, high, low, *tolerance];
            let (answer, result) = self.call("admit_call", way, &admit, &inputs)?;
            ensure(answer == expected, || format!("admit_call {way} answered {answer} instead of {expected}"))?;
            if [0, KEY_UNKNOWN, SIGNATURE_INVALID].contains(&answer) {
                remembered(vector, &result)?;
            }
            let number = if answer == 0 || answer == SECRET_WEAK { accepted.len() as u8 - 1 } else { result[0] };
            ensure(result[0] == number, || format!("admit_call {way} names the secret number {}", result[0]))?;
            let told = answer != 0 || result[IDS_AT + 16..].starts_with(key_id);
            ensure(told, || format!("admit_call {way} tells another key id"))
        };
        let both: [(u32, &[u8]); 2] = [(0, &other), (3, secret)];
        check(0, if once.is_empty() { "" } else { "an idempotency key" }, &both, mac)?;
        let mut forged = mac.to_vec();
        forged[21] = if forged[21] == b'A' { b'B' } else { b'A' };
        check(SIGNATURE_INVALID, "", &both, &forged)?;
        forged[20] = b'=';
        check(SIGNATURE_MALFORMED, "malformed", &both, &forged)?;
        check(KEY_UNKNOWN, "one secret", &both[..1], mac)?;
        check(KEY_CONFLICT, "shared", &[(0, secret), (3, secret)], mac)?;
        check(0, "twice", &[(3, secret), (3, secret)], mac)?;
        check(SECRET_WEAK, "refused", &[(0, &other), (3, &weak)], mac)
    }
}

/// What stands before a secret: the number of its caller, and its length.
fn head(caller: u32, secret: &[u8]) -> [u8; 8] {
    let mut head = [0; 8];
    head[..4].copy_from_slice(&caller.to_le_bytes());
    head[4..].copy_from_slice(&(secret.len() as u32).to_le_bytes());
    head
}
