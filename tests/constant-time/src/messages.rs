//! The cases of the messages module: HTTP messages and webhooks. Each input stands behind its length, which is public.

pub mod http;
pub mod webhooks;

use crate::contracts::MESSAGES;
use crate::decode::Module;
use crate::memory::PAGE;
use crate::session::{Failure, Session, Snapshot, Tally};

/// From here on an answer says that there is a result, and how long it is.
const RESULT: u64 = 256;

pub struct Messages<'m> {
    session: Session<'m>,
    area: usize,
    fresh: Snapshot,
}

type Checked = Result<(), Failure>;

/// Bytes and their marks.
#[derive(Clone, Default)]
struct Bytes(Vec<u8>, Vec<u8>);

impl Bytes {
    fn and(mut self, Self(bytes, marks): Self) -> Self {
        self.0.extend(bytes);
        self.1.extend(marks);
        self
    }

    /// Behind their length.
    fn sized(self) -> Self {
        public(&(self.0.len() as u32).to_le_bytes()).and(self)
    }
}

fn public(bytes: &[u8]) -> Bytes {
    Bytes(bytes.to_vec(), vec![0; bytes.len()])
}

fn secret(bytes: &[u8]) -> Bytes {
    Bytes(bytes.to_vec(), vec![0xff; bytes.len()])
}

/// A list as TypeScript packs it.
fn list(items: impl IntoIterator<Item = Bytes>) -> Bytes {
    items.into_iter().map(Bytes::sized).fold(Bytes::default(), Bytes::and)
}

/// A time as two numbers.
fn time(time: u64) -> [u64; 2] {
    [time >> 32, time & 0xffff_ffff]
}

/// The names and values of a result, a line each.
fn lines(result: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let lines: Vec<&[u8]> = result.split(|c| *c == b'\n').collect();
    lines.chunks_exact(2).map(|pair| (pair[0].to_vec(), pair[1].to_vec())).collect()
}

impl<'m> Messages<'m> {
    pub fn new(module: &'m Module) -> Result<Self, Failure> {
        let mut session = Session::new(module, MESSAGES)?;
        let area = session.call("area", "", &[], |_, returned| Ok((returned[0].bits as usize, 0)))?;
        let fresh = session.snapshot();
        Ok(Self { session, area, fresh })
    }

    pub fn tally(self) -> Tally {
        self.session.tally()
    }

    /// Writes the inputs into the area and calls. Returns the number of the error, 0 if there is none, and the result, which it wipes as
    /// JavaScript does.
    fn call(&mut self, export: &str, way: &str, inputs: &[Bytes], numbers: &[u64]) -> Result<(u64, Vec<u8>), Failure> {
        self.session.restore(&self.fresh);
        let Bytes(bytes, marks) = list(inputs.iter().cloned());
        if self.area + bytes.len() > self.session.machine.state.memory.pages() * PAGE {
            self.session.call("reserve", "", &[bytes.len() as u64], |_, _| Ok(((), 0)))?;
        }
        self.session.machine.state.memory.put_marked(self.area, &bytes, &marks);
        let area = self.area;
        // What has no inputs is not told how long they are.
        let len = Some(bytes.len() as u64).filter(|_| !inputs.is_empty());
        let args: Vec<u64> = len.into_iter().chain(numbers.iter().copied()).collect();
        self.session.call(export, way, &args, |session, returned| {
            let answer = returned[0].bits;
            let len = answer.saturating_sub(RESULT) as usize;
            let memory = &mut session.machine.state.memory;
            let result = memory.bytes(area, len).to_vec();
            let secret = memory.marks(area, len).iter().filter(|mark| **mark != 0).count();
            memory.put(area, &vec![0; len], false);
            Ok(((if answer < RESULT { answer } else { 0 }, result), secret))
        })
    }
}
