//! The control: every function of leaks.wat but the clean one must be reported, for what its name says and nothing else.

use crate::decode::{Export, decode};
use crate::machine::Machine;
use crate::report::totals;
use crate::vectors::sample;

/// How many leaky functions there are at least: none may get lost.
const LEAKS: usize = 16;

/// Returns how many leaks were caught, or what was not.
pub fn check(bytes: &[u8]) -> Result<usize, Vec<String>> {
    let module = decode(bytes).map_err(|error| vec![error])?;
    let mut problems = vec![];
    let mut caught = 0;
    for (name, _) in module.exports.iter().filter(|(_, export)| matches!(export, Export::Function(_))) {
        let expected = name.split(':').next().unwrap_or(name);
        match kinds(&module, name) {
            Ok((kinds, true)) if name == "clean" && kinds.is_empty() => {}
            Ok((kinds, _)) if name != "clean" && kinds == [expected] => caught += 1,
            Ok((kinds, marked)) => problems.push(format!("leaks.wat, \"{name}\": reported {kinds:?}; the answer carries a mark: {marked}")),
            Err(trap) => problems.push(format!("leaks.wat, \"{name}\": {trap}")),
        }
    }
    if caught < LEAKS {
        problems.push(format!("leaks.wat: {caught} leaks caught, of {LEAKS} at least"));
    }
    if problems.is_empty() { Ok(caught) } else { Err(problems) }
}

/// What is reported of a function, and whether its answer carries a mark. Equal inputs: a leak must show where nothing differs.
fn kinds(module: &crate::decode::Module, name: &str) -> Result<(Vec<String>, bool), String> {
    let mut machine = Machine::new(module)?;
    for at in [0, 64] {
        machine.state.memory.put(at, &sample(32, 0), true);
    }
    let answer = machine.call(name, &[])?;
    Ok((totals(&machine.reports).keys().map(ToString::to_string).collect(), answer[0].mark != 0))
}
