//! Everything that is run on the shipped modules, shared out over the processors.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::thread;

use crate::contracts::{DATA, GLUE, GUARD, LEAN, MESSAGES, Path, REPORTS, RICH};
use crate::decode::Module;
use crate::lean::{KEY_LENS, Lean, MESSAGE_LENS, SECRET_LENS};
use crate::messages::Messages;
use crate::messages::http::BODY_LENS;
use crate::messages::webhooks::SCHEMES;
use crate::rich::Rich;
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
    GuardToken(usize),
    GuardLists,
    RichComparison(usize),
    RichMacs(usize),
    RichHmac(usize),
    RichToken(usize),
    RichTime,
    Delivery(usize),
    Deliveries,
    Messages(usize),
}

fn cases(vectors: &Vectors) -> Vec<Case> {
    // What takes longest comes first, or one processor would be left with it at the end.
    let mut all: Vec<Case> = KEY_LENS.flat_map(|len| [Case::RichMacs(len), Case::LeanMacs(len)]).collect();
    all.extend((0..vectors.tokens.len()).flat_map(|index| [Case::LeanToken(index), Case::GuardToken(index), Case::RichToken(index)]));
    all.extend(SECRET_LENS.flat_map(|len| [Case::LeanComparison(len), Case::RichComparison(len)]));
    all.extend(MESSAGE_LENS.map(Case::LeanPieces));
    all.extend((0..vectors.hmacs.len()).flat_map(|index| [Case::LeanHmac(index), Case::RichHmac(index)]));
    all.extend(BODY_LENS.map(Case::Messages));
    all.extend((0..SCHEMES.len()).map(Case::Delivery));
    all.extend([Case::LeanLists, Case::GuardLists, Case::LeanOthers, Case::RichTime, Case::Deliveries]);
    all
}

/// The modules that ship, or what is there once for each of them.
pub struct Each<L, M, R> {
    pub lean: L,
    pub guard: L,
    pub messages: M,
    pub rich: R,
}

type Machines<'m> = Each<Lean<'m>, Messages<'m>, Rich<'m>>;
type Tallies = Each<Tally, Tally, Tally>;
pub type Modules = Each<Module, Module, Module>;

fn run(case: Case, Each { lean, guard, messages, rich }: &mut Machines<'_>, vectors: &Vectors) -> Result<(), Failure> {
    match case {
        Case::LeanComparison(len) => lean.comparison(len).and_then(|()| lean.derivation(len)),
        Case::LeanMacs(len) => lean.macs(len),
        Case::LeanPieces(len) => lean.pieces(len),
        Case::LeanHmac(index) => lean.rfc4231(&vectors.hmacs[index]),
        Case::LeanToken(index) => lean.signed_call(&vectors.tokens[index]).and_then(|()| lean.admitted_call(&vectors.tokens[index])),
        Case::LeanLists => lean.lists(),
        Case::LeanOthers => lean.others(vectors),
        Case::GuardToken(index) => guard.admitted_call(&vectors.tokens[index]),
        Case::GuardLists => guard.lists(),
        Case::RichComparison(len) => rich.comparison(len),
        Case::RichMacs(len) => rich.macs(len),
        Case::RichHmac(index) => rich.rfc4231(&vectors.hmacs[index]),
        Case::RichToken(index) => rich.token(&vectors.tokens[index]),
        Case::RichTime => rich.time(),
        Case::Delivery(index) => messages.delivery(&SCHEMES[index]),
        Case::Deliveries => messages.webhook_others(),
        Case::Messages(len) => messages.messages(len),
    }
}

/// Runs all cases. Returns the figures, or everything that is not as the contracts have it.
pub fn shipped(modules: &Modules, vectors: &Vectors) -> Result<BTreeMap<&'static str, u64>, Vec<Failure>> {
    let mut failures = check_exports(&modules.lean, LEAN, &[DATA]);
    failures.extend(check_exports(&modules.guard, GUARD, &[DATA]));
    failures.extend(check_exports(&modules.messages, MESSAGES, &[DATA]));
    failures.extend(check_exports(&modules.rich, RICH, &[DATA, GLUE, REPORTS]));
    let waiting = Mutex::new(cases(vectors).into_iter());
    let worker = || -> Result<(Tallies, Vec<Failure>), Failure> {
        let Modules { lean, guard, messages, rich } = modules;
        let mut machines = Each {
            lean: Lean::new(lean, LEAN)?,
            guard: Lean::new(guard, GUARD)?,
            messages: Messages::new(messages)?,
            rich: Rich::new(rich)?,
        };
        let mut failures = vec![];
        loop {
            let next = waiting.lock().map_err(|error| error.to_string())?.next();
            let Some(case) = next else {
                let Each { lean, guard, messages, rich } = machines;
                return Ok((Each { lean: lean.tally(), guard: guard.tally(), messages: messages.tally(), rich: rich.tally() }, failures));
            };
            if let Err(failure) = run(case, &mut machines, vectors) {
                failures.push(failure);
            }
        }
    };
    let mut tallies = Each { lean: Tally::default(), guard: Tally::default(), messages: Tally::default(), rich: Tally::default() };
    thread::scope(|scope| {
        let count = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let workers: Vec<_> = (0..count).map(|_| scope.spawn(worker)).collect();
        for worker in workers {
            match worker.join() {
                Ok(Ok((Each { lean, guard, messages, rich }, failed))) => {
                    tallies.lean.add(lean);
                    tallies.guard.add(guard);
                    tallies.messages.add(messages);
                    tallies.rich.add(rich);
                    failures.extend(failed);
                }
                Ok(Err(failure)) => failures.push(failure),
                Err(_) => failures.push("the interpreter panicked".into()),
            }
        }
    });
    failures.extend(check_taken(&tallies.lean, LEAN));
    failures.extend(check_taken(&tallies.guard, GUARD));
    failures.extend(check_taken(&tallies.messages, MESSAGES));
    failures.extend(check_taken(&tallies.rich, RICH));
    if failures.is_empty() { Ok(figures(&tallies)) } else { Err(failures) }
}

fn figures(Each { lean, guard, messages, rich }: &Tallies) -> BTreeMap<&'static str, u64> {
    let exports = |contracts: &[Path]| contracts.iter().map(|path| path.export).collect::<BTreeSet<_>>().len() as u64;
    let sum = |of: fn(&Tally) -> u64| [lean, guard, messages, rich].map(of).iter().sum();
    BTreeMap::from([
        ("secret bytes left in memory by a call, lean module", lean.left),
        ("secret bytes left in memory by a call, guard module", guard.left),
        ("secret bytes left in memory by a call, messages module", messages.left),
        ("secret bytes left in memory by a call, rich module", rich.left),
        ("exports that report to people, of which nothing is claimed", REPORTS.len() as u64),
        ("exports with a contract", [LEAN, GUARD, MESSAGES, RICH].map(exports).iter().sum()),
        ("lengths of secrets compared, in the lean and the rich module", SECRET_LENS.count() as u64),
        ("key lengths by message lengths, in the lean and the rich module", (KEY_LENS.count() * MESSAGE_LENS.count()) as u64),
        ("calls run with marked secrets", sum(|tally| tally.calls)),
        ("instructions run with marked secrets", sum(|tally| tally.instructions)),
        ("bytes of stack that secrets reach, lean module", lean.deepest_secret),
        ("bytes of stack that secrets reach, guard module", guard.deepest_secret),
        ("bytes of stack that secrets reach, messages module", messages.deepest_secret),
        ("bytes of stack that secrets reach, rich module", rich.deepest_secret),
        ("bytes of stack in use, wiping included, lean module", lean.deepest_stack),
        ("bytes of stack in use, wiping included, guard module", guard.deepest_stack),
        ("bytes of stack in use, wiping included, messages module", messages.deepest_stack),
        ("bytes of stack in use, wiping included, rich module", rich.deepest_stack),
    ])
}
