//! The cases of the rich module, called as its generated glue calls it.

use crate::contracts::{GLUE, RICH};
use crate::decode::Module;
use crate::lean::{MESSAGE_LENS, MISMATCH, SECRET_MISSING, SECRET_WEAK, ensure};
use crate::number::Num;
use crate::session::{Failure, Session, Snapshot, Tally};
use crate::vectors::{Hmac, Token, sample};

const MIN_SECRET: usize = 32;

pub struct Rich<'m> {
    session: Session<'m>,
    fresh: Snapshot,
}

type Checked = Result<(), Failure>;

/// An argument: a number, or bytes that are handed over in memory, secret or not.
#[derive(Clone, Copy)]
enum Arg<'a> {
    Number(u64),
    Secret(&'a [u8]),
    Public(&'a [u8]),
}

use Arg::{Number, Public, Secret};

impl<'m> Rich<'m> {
    pub fn new(module: &'m Module) -> Result<Self, Failure> {
        let mut session = Session::new(module, RICH)?;
        let start = module.exports.iter().find(|(name, _)| name == "__wbindgen_start");
        match start {
            // The glue's own function, exported again.
            Some((_, crate::decode::Export::Function(import))) => {
                crate::host::Host::call(&mut session.machine, *import, &[])?;
            }
            _ => return Err(format!("there is no start, of {GLUE:?}")),
        }
        let fresh = session.snapshot();
        Ok(Self { session, fresh })
    }

    pub fn tally(self) -> Tally {
        self.session.tally()
    }

    pub fn reset(&mut self) {
        self.session.restore(&self.fresh);
    }

    /// Hands the arguments over and calls. Returns the numbers that come back, and the texts and bytes that JavaScript gets.
    fn call(&mut self, export: &str, way: &str, args: &[Arg], text: bool) -> Result<(Vec<u64>, Vec<Vec<u8>>), Failure> {
        let machine = &mut self.session.machine;
        machine.reports.clear();
        let mut numbers = vec![];
        for arg in args {
            let (bytes, marks) = match *arg {
                Number(number) => {
                    numbers.push(number);
                    continue;
                }
                Secret(bytes) => (bytes, vec![0xff; bytes.len()]),
                Public(bytes) => (bytes, vec![0; bytes.len()]),
            };
            numbers.extend([machine.place(bytes, &marks)? as u64, bytes.len() as u64]);
        }
        ensure(machine.reports.is_empty(), || "a secret decides in malloc".into())?;
        let before = machine.state.host.contents().count();
        self.session.call(export, way, &numbers, |session, returned| {
            let numbers: Vec<u64> = returned.iter().map(|value| value.bits).collect();
            let machine = &mut session.machine;
            let mut texts = vec![];
            let mut secret = 0;
            if text && numbers[0] != 0 {
                let (at, len) = (numbers[0] as usize, numbers[1] as usize);
                secret += count(machine.state.memory.marks(at, len));
                texts.push(machine.state.memory.bytes(at, len).to_vec());
                let freed = [numbers[0], numbers[1], 1].map(Num::public);
                machine.call("__wbindgen_free", &freed)?;
            }
            for (bytes, marks) in machine.state.host.contents().skip(before) {
                secret += count(marks);
                texts.push(bytes.to_vec());
            }
            Ok(((numbers, texts), secret))
        })
    }

    /// A secret of this length, held against an equal one and others.
    pub fn comparison(&mut self, len: usize) -> Checked {
        let secret = sample(len, 0);
        let mut others = vec![secret.clone()];
        for at in [0, len / 2, len.saturating_sub(1)].into_iter().filter(|at| *at < len) {
            let mut other = secret.clone();
            other[at] ^= 1;
            others.push(other);
        }
        let way = match len {
            0 => "empty",
            _ if len < MIN_SECRET => "refused",
            _ => "",
        };
        for (index, other) in others.iter().enumerate() {
            self.reset();
            let (numbers, _) = self.call("verify_secret", way, &[Secret(other), Secret(&secret)], false)?;
            let expected = match way {
                "empty" => SECRET_MISSING,
                "refused" => SECRET_WEAK,
                _ if index == 0 => 0,
                _ => MISMATCH,
            };
            ensure(numbers == [expected], || format!("verify_secret of {len} bytes is wrong: {numbers:?}"))?;
        }
        self.reset();
        let expected = sample(54, 2);
        let (numbers, _) = self.call("verify_secret", "", &[Secret(&secret), Secret(&expected)], false)?;
        ensure(numbers == [MISMATCH], || format!("a candidate of {len} bytes is equal to another"))
    }

    /// All message lengths, one after the other: each call leaves nothing for the next.
    pub fn macs(&mut self, key_len: usize) -> Checked {
        self.reset();
        let key = sample(key_len, 3);
        for len in MESSAGE_LENS {
            let message = sample(len, 4);
            let (_, macs) = self.call("hmac_sha256", "", &[Secret(&key), Secret(&message)], false)?;
            let (numbers, _) = self.call("verify_hmac_sha256", "", &[Secret(&key), Secret(&message), Secret(&macs[0])], false)?;
            ensure(numbers == [1], || format!("not its own MAC: a key of {key_len} bytes, a message of {len}"))?;
        }
        Ok(())
    }

    pub fn rfc4231(&mut self, vector: &Hmac) -> Checked {
        self.reset();
        let Hmac { key, data, mac } = vector;
        let (_, macs) = self.call("hmac_sha256", "", &[Secret(key), Secret(data)], false)?;
        ensure(macs.len() == 1 && macs[0].starts_with(mac), || format!("RFC 4231: not the MAC of a key of {} bytes", key.len()))?;
        let way = if mac.len() == 32 { "" } else { "of another length" };
        let mut forged = mac.clone();
        for at in 0..=mac.len() {
            let (numbers, _) = self.call("verify_hmac_sha256", way, &[Secret(key), Secret(data), Secret(&forged)], false)?;
            let expected = u64::from(mac.len() == 32 && at == 0);
            ensure(numbers == [expected], || format!("RFC 4231: verified {numbers:?} instead of {expected}"))?;
            forged.clone_from(mac);
            if at < mac.len() {
                forged[at] ^= 0x40;
            }
        }
        Ok(())
    }

    pub fn token(&mut self, vector: &Token) -> Checked {
        self.reset();
        let Token { secret, audience, kind, name, once, now, nonce, args, text: token, .. } = vector;
        #[expect(clippy::cast_precision_loss, reason = "milliseconds are below 2^53")]
        let now = (*now as f64).to_bits();
        let call = [Secret(secret), Public(audience), Number(*kind), Public(name), Public(once), Public(args), Number(now), Public(nonce)];
        let (_, texts) = self.call("sign_call", "", &call, true)?;
        ensure(texts.len() < 9 && texts == [token.clone()], || "another token".into())?;
        self.call("check_value", "", &[Public(args)], true)?;
        Ok(())
    }

    /// A time, which is public.
    pub fn time(&mut self) -> Checked {
        self.reset();
        let now = f64::to_bits(1_800_000_000_000.0);
        let (numbers, _) = self.call("check_webhook_time", "", &[Number(now), Number(now), Number(0)], false)?;
        ensure(numbers == [0], || format!("now is not within the window: {numbers:?}"))
    }
}

fn count(marks: &[u8]) -> usize {
    marks.iter().filter(|mark| **mark != 0).count()
}
