//! Everything that is run on the shipped modules, shared out over the processors.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;

use crate::contracts::{DATA, GLUE, LEAN, REPORTS, RICH};
use crate::decode::Module;
use crate::lean::{KEY_LENS, Lean, MESSAGE_LENS, SECRET_LENS};
use crate::rich::Rich;
use crate::rich::messages::BODY_LENS;
use crate::rich::webhooks::SCHEMES;
use crate::session::{Failure, Tally, check_exports, check_taken};
use crate::vectors::Vectors;

#[derive(Clone, Copy)]
enum Case {
    LeanComparison(usize),
    LeanMacs(usize),
    LeanPieces(usize),
    LeanHmac(usize),
    LeanToken(usize),
    LeanLists,
    LeanOthers,
    RichComparison(usize),
    RichMacs(usize),
    RichHmac(usize),
    RichToken(usize),
    RichDelivery(usize),
    RichDeliveries,
    RichMessages(usize),
}

fn cases(vectors: &Vectors) -> Vec<Case> {
    // What takes longest comes first, or one processor would be left with it at the end.
    let mut all: Vec<Case> = KEY_LENS.flat_map(|len| [Case::RichMacs(len), Case::LeanMacs(len)]).collect();
    all.extend((0..vectors.tokens.len()).flat_map(|index| [Case::LeanToken(index), Case::RichToken(index)]));
    all.extend(SECRET_LENS.flat_map(|len| [Case::LeanComparison(len), Case::RichComparison(len)]));
    all.extend(MESSAGE_LENS.map(Case::LeanPieces));
    all.extend((0..vectors.hmacs.len()).flat_map(|index| [Case::LeanHmac(index), Case::RichHmac(index)]));
    all.extend(BODY_LENS.map(Case::RichMessages));
    all.extend((0..SCHEMES.len()).map(Case::RichDelivery));
    all.extend([Case::LeanLists, Case::LeanOthers, Case::RichDeliveries]);
    all
}

fn run(case: Case, lean: &mut Lean<'_>, rich: &mut Rich<'_>, vectors: &Vectors) -> Result<(), Failure> {
    match case {
        Case::LeanComparison(len) => lean.comparison(len).and_then(|()| lean.derivation(len)),
        Case::LeanMacs(len) => lean.macs(len),
        Case::LeanPieces(len) => lean.pieces(len),
        Case::LeanHmac(index) => lean.rfc4231(&vectors.hmacs[index]),
        Case::LeanToken(index) => lean.signed_call(&vectors.tokens[index]).and_then(|()| lean.admitted_call(&vectors.tokens[index])),
        Case::LeanLists => lean.lists(),
        Case::LeanOthers => lean.others(vectors),
        Case::RichComparison(len) => rich.comparison(len),
        Case::RichMacs(len) => rich.macs(len),
        Case::RichHmac(index) => rich.rfc4231(&vectors.hmacs[index]),
        Case::RichToken(index) => rich.token(&vectors.tokens[index]),
        Case::RichDelivery(index) => rich.delivery(&SCHEMES[index]),
        Case::RichDeliveries => rich.webhook_others(),
        Case::RichMessages(len) => rich.messages(len),
    }
}

/// Runs all cases. Returns the figures, or everything that is not as the contracts have it.
pub fn shipped(lean: &Module, rich: &Module, vectors: &Vectors) -> Result<BTreeMap<&'static str, u64>, Vec<Failure>> {
    let mut failures = check_exports(lean, LEAN, &[DATA]);
    failures.extend(check_exports(rich, RICH, &[DATA, GLUE, REPORTS]));
    let waiting = Mutex::new(cases(vectors).into_iter());
    let worker = || -> Result<(Tally, Tally, Vec<Failure>), Failure> {
        let (mut lean, mut rich) = (Lean::new(lean)?, Rich::new(rich)?);
        let mut failures = vec![];
        loop {
            let next = waiting.lock().map_err(|error| error.to_string())?.next();
            let Some(case) = next else { return Ok((lean.tally(), rich.tally(), failures)) };
            if let Err(failure) = run(case, &mut lean, &mut rich, vectors) {
                failures.push(failure);
            }
        }
    };
    let (mut lean_tally, mut rich_tally) = (Tally::default(), Tally::default());
    thread::scope(|scope| {
        let count = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let workers: Vec<_> = (0..count).map(|_| scope.spawn(worker)).collect();
        for worker in workers {
            match worker.join() {
                Ok(Ok((lean, rich, failed))) => {
                    lean_tally.add(lean);
                    rich_tally.add(rich);
                    failures.extend(failed);
                }
                Ok(Err(failure)) => failures.push(failure),
                Err(_) => failures.push("the interpreter panicked".into()),
            }
        }
    });
    failures.extend(check_taken(&lean_tally, LEAN).into_iter().chain(check_taken(&rich_tally, RICH)));
    if !failures.is_empty() {
        return Err(failures);
    }
    let exports = |contracts: &[crate::contracts::Path]| {
        contracts.iter().map(|path| path.export).collect::<std::collections::BTreeSet<_>>().len() as u64
    };
    Ok(BTreeMap::from([
        ("secret bytes left in memory by a call, lean module", lean_tally.left),
        ("secret bytes left in memory by a call, rich module", rich_tally.left),
        ("exports that report to people, of which nothing is claimed", REPORTS.len() as u64),
        ("exports with a contract", exports(LEAN) + exports(RICH)),
        ("lengths of secrets compared, in each module", SECRET_LENS.count() as u64),
        ("key lengths by message lengths, in each module", (KEY_LENS.count() * MESSAGE_LENS.count()) as u64),
        ("calls run with marked secrets", lean_tally.calls + rich_tally.calls),
        ("instructions run with marked secrets", lean_tally.instructions + rich_tally.instructions),
        ("bytes of stack that secrets reach, lean module", lean_tally.deepest_secret),
        ("bytes of stack that secrets reach, rich module", rich_tally.deepest_secret),
        ("bytes of stack in use, wiping included, lean module", lean_tally.deepest_stack),
        ("bytes of stack in use, wiping included, rich module", rich_tally.deepest_stack),
    ]))
}
