//! Runs the functions of a module on inputs with marks, for instructions.mjs to hold the outcome against V8's.

use crate::decode::{Export, decode};
use crate::machine::Machine;

const INPUT: usize = 64;
const WINDOW: usize = 640;

/// `inputs`: for each run the function's number in two bytes, its input, the input's marks. Returns for each the memory and its marks.
pub fn observe(wasm: &[u8], inputs: &[u8]) -> Result<Vec<u8>, String> {
    let module = decode(wasm)?;
    let mut machine = Machine::new(&module)?;
    let fresh = machine.state.clone();
    let mut outputs = Vec::new();
    for run in inputs.chunks_exact(2 + 2 * INPUT) {
        let (name, (bytes, marks)) = (u16::from_le_bytes([run[0], run[1]]).to_string(), run[2..].split_at(INPUT));
        let Some((_, Export::Function(index))) = module.exports.iter().find(|(export, _)| *export == name) else {
            return Err(format!("there is no function {name}"));
        };
        machine.restore(&fresh);
        machine.state.memory.put_marked(0, bytes, marks);
        machine.invoke(*index, &[])?;
        outputs.extend_from_slice(machine.state.memory.bytes(0, WINDOW));
        outputs.extend_from_slice(machine.state.memory.marks(0, WINDOW));
    }
    Ok(outputs)
}
