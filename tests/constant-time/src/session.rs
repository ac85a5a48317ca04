//! Calls exports and holds each call to its contract.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::Range;

use crate::contracts::{Kept, Live, Path, Returned};
use crate::decode::Module;
use crate::machine::{Machine, State};
use crate::number::Num;
use crate::report::totals;

pub type Failure = String;

/// How near each other the bytes of one key or MAC are.
const WINDOW: usize = 256;

/// What was run, for the figures.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub calls: u64,
    pub instructions: u64,
    /// The most bytes of stack that a secret reached, and that were in use.
    pub deepest_secret: u64,
    pub deepest_stack: u64,
    /// The most secret bytes that a call has left in memory, but for live keys, MACs under way and the result.
    pub left: u64,
    /// The paths of contracts that were taken: export and way.
    pub taken: BTreeSet<(&'static str, &'static str)>,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.instructions += other.instructions;
        self.deepest_secret = self.deepest_secret.max(other.deepest_secret);
        self.deepest_stack = self.deepest_stack.max(other.deepest_stack);
        self.left = self.left.max(other.left);
        self.taken.extend(other.taken);
    }
}

#[derive(Clone)]
pub struct Session<'m> {
    pub machine: Machine<'m>,
    contracts: &'static [Path],
    /// What of secrets is kept, and where.
    live: BTreeMap<(Kept, u64), Vec<Range<usize>>>,
    /// Where results are.
    output: Range<usize>,
    stack_top: u64,
    calls: u64,
    left: u64,
    taken: BTreeSet<(&'static str, &'static str)>,
}

/// To come back to.
pub struct Snapshot {
    state: State,
    live: BTreeMap<(Kept, u64), Vec<Range<usize>>>,
}

impl<'m> Session<'m> {
    pub fn new(module: &'m Module, contracts: &'static [Path]) -> Result<Self, Failure> {
        let machine = Machine::new(module)?;
        let stack_top = machine.lowest_stack;
        Ok(Self { machine, contracts, live: BTreeMap::new(), output: 0..0, stack_top, calls: 0, left: 0, taken: BTreeSet::new() })
    }

    pub fn set_output(&mut self, output: Range<usize>) {
        self.output = output;
    }

    pub fn snapshot(&mut self) -> Snapshot {
        self.machine.state.memory.settle();
        Snapshot { state: self.machine.state.clone(), live: self.live.clone() }
    }

    /// Back to the last snapshot that was made of this session.
    pub fn restore(&mut self, snapshot: &Snapshot) {
        self.machine.restore(&snapshot.state);
        self.live.clone_from(&snapshot.live);
    }

    pub fn tally(self) -> Tally {
        Tally {
            calls: self.calls,
            instructions: self.machine.count,
            deepest_secret: self.stack_top - self.machine.state.memory.lowest_secret as u64,
            deepest_stack: self.stack_top - self.machine.lowest_stack,
            left: self.left,
            taken: self.taken,
        }
    }

    /// Calls an export that takes the given way, and holds it to the contract. `read` is what JavaScript does with what is returned.
    pub fn call<T>(
        &mut self,
        export: &str,
        way: &str,
        args: &[u64],
        read: impl FnOnce(&mut Self, &[Num]) -> Result<(T, usize), Failure>,
    ) -> Result<T, Failure> {
        let found = self.contracts.iter().find(|path| path.export == export && path.way == way);
        let path = found.ok_or_else(|| format!("{export} has no contract for \"{way}\""))?;
        self.taken.insert((path.export, path.way));
        self.calls += 1;
        self.machine.reports.clear();
        let args: Vec<Num> = args.iter().copied().map(Num::public).collect();
        let context = |problem: String| format!("{export}({:?}) {way}: {problem}", args.iter().map(|arg| arg.bits).collect::<Vec<_>>());
        let returned = self.machine.call(export, &args).map_err(|trap| context(format!("ended early: {trap}")))?;
        let mut problems = vec![];
        let marks: Vec<Returned> = returned.iter().map(|value| if value.mark == 0 { Returned::Public } else { Returned::Secret }).collect();
        if marks != path.returns {
            problems.push(format!("returned {marks:?} instead of {:?}", path.returns));
        }
        let (answer, output) = read(self, &returned).map_err(context)?;
        if output != path.output {
            problems.push(format!("{output} secret bytes in the result instead of {}", path.output));
        }
        problems.extend(self.decisions(path));
        let key = args.first().map_or(0, |arg| arg.bits);
        if let Err(problem) = self.left_behind(path.live, key) {
            problems.push(problem);
        }
        if problems.is_empty() { Ok(answer) } else { Err(context(problems.join("; "))) }
    }

    /// What was reported but is not in the contract, and the other way round.
    fn decisions(&self, path: &Path) -> Option<String> {
        let mut expected = BTreeMap::new();
        for decision in path.decisions {
            let total: &mut (usize, u64) = expected.entry(decision.kind).or_default();
            total.0 += decision.places;
            total.1 += decision.times;
        }
        if totals(&self.machine.reports) == expected {
            return None;
        }
        let mut text = format!("secrets decide otherwise than the contract has it ({expected:?}):");
        for (place, times) in &self.machine.reports {
            let name = self.machine.module.names.get(&place.function).map_or("", String::as_str);
            let _ = write!(text, "\n    {place}, {times} times {name}");
        }
        let reasons: Vec<&str> = path.decisions.iter().map(|decision| decision.why).collect();
        let _ = write!(text, "\n    allowed: {reasons:?}");
        Some(text)
    }

    /// Where marked bytes are, apart from the result.
    fn kept(&mut self) -> Vec<Range<usize>> {
        let output = self.output.clone();
        let inside = |range: &Range<usize>| output.start <= range.start && range.end <= output.end;
        self.machine.state.memory.marked().into_iter().filter(|range| !inside(range)).collect()
    }

    fn left_behind(&mut self, live: Live, key: u64) -> Result<(), Failure> {
        let kept = self.kept();
        let name = |kind: Kept| (kind, if kind == Kept::Key { key } else { 0 });
        let others = |except: Option<(Kept, u64)>| -> Vec<Range<usize>> {
            self.live.iter().filter(|(name, _)| Some(**name) != except).flat_map(|(_, ranges)| ranges.clone()).collect()
        };
        let subject = match live {
            Live::Same => None,
            Live::Begins(kind, ..) | Live::Goes(kind, _) | Live::Ends(kind) => Some(name(kind)),
        };
        let others = others(subject);
        let (mine, theirs): (Vec<_>, Vec<_>) = kept.into_iter().partition(|range| !others.contains(range));
        if theirs.len() != others.len() {
            return Err("what another call has kept is gone".into());
        }
        let count: usize = mine.iter().map(Range::len).sum();
        let window = mine.last().map_or(0, |last| last.end) - mine.first().map_or(0, |first| first.start);
        let left = || format!("{count} secret bytes are left in memory: {mine:x?}");
        if subject.is_none() {
            self.left = self.left.max(count as u64);
        }
        let Some(subject) = subject else { return if count == 0 { Ok(()) } else { Err(left()) } };
        let before = self.live.get(&subject);
        match live {
            Live::Ends(_) if count == 0 => {
                self.live.remove(&subject);
                return Ok(());
            }
            Live::Begins(_, bytes) if count == bytes && window <= WINDOW && before.is_none_or(|before| *before == mine) => {}
            Live::Goes(_, most) if count <= most && window <= WINDOW => {}
            _ => return Err(left()),
        }
        self.live.insert(subject, mine);
        Ok(())
    }
}

/// Whether every export has a contract and every contract an export.
pub fn check_exports(module: &Module, contracts: &[Path], others: &[&[&str]]) -> Vec<Failure> {
    let stated: BTreeSet<&str> = contracts.iter().map(|path| path.export).collect();
    let there: BTreeSet<&str> = module.exports.iter().map(|(name, _)| name.as_str()).collect();
    let without = there.iter().filter(|name| !stated.contains(*name) && !others.iter().any(|list| list.contains(name)));
    let gone = stated.difference(&there);
    without
        .map(|name| format!("the export {name} has no contract"))
        .chain(gone.map(|name| format!("there is no export {name}, which has a contract")))
        .collect()
}

/// Paths that no case has taken.
pub fn check_taken(tally: &Tally, contracts: &[Path]) -> Vec<Failure> {
    let never = contracts.iter().filter(|path| !tally.taken.contains(&(path.export, path.way)));
    never.map(|path| format!("no case takes {} \"{}\"", path.export, path.way)).collect()
}
