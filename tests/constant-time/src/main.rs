//! Constant time, and nothing left behind, in the WebAssembly that ships.
//!
//! A WebAssembly interpreter that keeps beside each bit of each value and of memory a mark that says whether it may depend on a secret
//! (number.rs, simd.rs, memory.rs), runs the shipped modules and reports each branch, `br_table`, `select`, load or store address,
//! bulk-memory argument, `call_indirect`, division, `memory.grow`, table index and host-call argument that depends on one (run.rs).
//! What is executed and which addresses are touched is then the same for all secrets of the same public inputs: one run for each length
//! covers them all, but for the decisions that contracts.rs lists, each with its exact count and its reason. After each call no marked
//! byte may be left in memory but in the result, in live keys and MACs under way, and what the contract says.
//!
//! What makes it believable: the marks are held to V8 bit by bit (instructions.mjs), leaks planted on purpose are all found (leaks.rs),
//! results come out right and carry marks (lean.rs, messages.rs, rich.rs), and whatever is not known ends the test: sections, instructions, imports,
//! exports.
//!
//! What it does not prove: what an engine makes of the module (tests/constant-time/native looks at that), how long an instruction takes on
//! a processor for different operands, and anything that happens in JavaScript.
//!
//! `shipped <lean.wasm> <guard.wasm> <messages.wasm> <rich.wasm> <vectors>` prints figures as JSON; `leaks <leaks.wasm>`; `observe <wasm> < inputs > outcomes`.

mod cases;
mod contracts;
mod decode;
mod host;
mod leaks;
mod lean;
mod machine;
mod memory;
mod messages;
mod number;
mod observe;
mod op;
mod report;
mod rich;
mod run;
mod session;
mod simd;
mod vectors;

use std::fs;
use std::io::{Read as _, Write as _, stdin, stdout};
use std::process::ExitCode;

/// More than this many failures say nothing new.
const SHOWN: usize = 30;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match command(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failures) => {
            for failure in failures.iter().take(SHOWN) {
                eprintln!("{failure}");
            }
            eprintln!("{} failures", failures.len());
            ExitCode::FAILURE
        }
    }
}

fn command(args: &[&str]) -> Result<(), Vec<String>> {
    let read = |path: &str| fs::read(path).map_err(|error| vec![format!("{path}: {error}")]);
    let one = |problem: String| vec![problem];
    match *args {
        ["shipped", lean, guard, messages, rich, vectors] => {
            let module = |path: &str| decode::decode(&read(path)?).map_err(one);
            let modules = cases::Modules { lean: module(lean)?, guard: module(guard)?, messages: module(messages)?, rich: module(rich)? };
            let vectors = vectors::parse(&String::from_utf8_lossy(&read(vectors)?)).map_err(one)?;
            let figures = cases::shipped(&modules, &vectors)?;
            let lines: Vec<String> = figures.iter().map(|(name, value)| format!("  \"{name}\": {value}")).collect();
            println!("{{\n{}\n}}", lines.join(",\n"));
        }
        ["leaks", path] => println!("{{ \"leaks caught\": {} }}", leaks::check(&read(path)?)?),
        ["observe", path] => {
            let mut inputs = vec![];
            stdin().read_to_end(&mut inputs).map_err(|error| vec![error.to_string()])?;
            let outcomes = observe::observe(&read(path)?, &inputs).map_err(one)?;
            stdout().write_all(&outcomes).map_err(|error| vec![error.to_string()])?;
        }
        _ => {
            return Err(vec![
                "shipped <lean.wasm> <guard.wasm> <messages.wasm> <rich.wasm> <vectors> | leaks <leaks.wasm> | observe <wasm>".into(),
            ]);
        }
    }
    Ok(())
}
