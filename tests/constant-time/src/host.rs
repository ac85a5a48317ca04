//! What stands in for JavaScript: the imports of wasm-bindgen's generated glue, each with a contract. One without is refused.
//!
//! Every integer that is passed must be public (the machine reports one that is not). What a text or an array of bytes is made of
//! may be secret: it leaves the module as its result, marks and all.

use crate::decode::{Export, Module};
use crate::machine::{Machine, Trap};
use crate::number::Num;

/// A value of JavaScript, as far as the glue makes or reads any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    Undefined,
    Null,
    Boolean,
    /// A number's bits.
    Number(u64),
    /// A string or a `Uint8Array`, and its marks.
    Bytes(Vec<u8>, Vec<u8>),
    /// An array or an object: what was set in it, in order.
    Container(Vec<u64>),
}

/// A contract: name without the digits that wasm-bindgen adds, type, what it does.
type Contract = (&'static str, &'static str, Call);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    /// An empty array or object.
    New,
    /// The element at an index.
    Get,
    Length,
    /// `container[index or key] = value`
    Set,
    Number,
    /// A string or a `Uint8Array` made of memory: pointer and length are public, its bytes may be secret.
    FromMemory,
    /// Writes a string into memory that it asks the module for, and where it is.
    TextToMemory,
    /// Fills the first places of the table of references.
    Start,
    /// Throws a text: here the run ends.
    Throw,
}

const CONTRACTS: &[Contract] = &[
    ("new", "[] -> [externref]", Call::New),
    ("get_unchecked", "[externref i32] -> [externref]", Call::Get),
    ("length", "[externref] -> [i32]", Call::Length),
    ("set", "[externref externref externref] -> []", Call::Set),
    ("set", "[externref i32 externref] -> []", Call::Set),
    ("new_from_slice", "[i32 i32] -> [externref]", Call::FromMemory),
    ("__wbindgen_generic", "[i32 i32] -> [externref]", Call::FromMemory),
    ("__wbindgen_generic", "[f64] -> [externref]", Call::Number),
    ("__wbindgen_string_get", "[i32 externref] -> []", Call::TextToMemory),
    ("__wbindgen_init_externref_table", "[] -> []", Call::Start),
    ("__wbindgen_throw", "[i32 i32] -> []", Call::Throw),
];

/// Where wasm-bindgen's own references begin.
const FIRST_REFERENCE: usize = 1024;

#[derive(Clone, Debug, Default)]
pub struct Host {
    calls: Vec<Call>,
    objects: Vec<Object>,
}

impl Host {
    pub fn new(module: &Module) -> Result<Self, Trap> {
        let calls = module.imports.iter().map(|import| {
            let ty = &module.types[import.ty as usize].2;
            let found = CONTRACTS.iter().find(|(name, signature, _)| *name == stem(&import.name) && signature == ty);
            found.map(|(_, _, call)| *call).ok_or_else(|| format!("the import {}.{} {ty} has no contract", import.module, import.name))
        });
        Ok(Self { calls: calls.collect::<Result<_, _>>()?, objects: vec![] })
    }

    /// Makes a reference to an object.
    pub fn refer(&mut self, object: Object) -> Num {
        self.objects.push(object);
        Num::public(self.objects.len() as u64)
    }

    pub fn object(&self, reference: u64) -> Result<&Object, Trap> {
        reference.checked_sub(1).and_then(|index| self.objects.get(index as usize)).ok_or_else(|| "a reference to nothing".to_owned())
    }

    /// Every string and array of bytes there is.
    pub fn contents(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.objects.iter().filter_map(|object| match object {
            Object::Bytes(bytes, marks) => Some((bytes.as_slice(), marks.as_slice())),
            _ => None,
        })
    }

    pub fn call(machine: &mut Machine<'_>, import: u32, args: &[Num]) -> Result<Option<Num>, Trap> {
        let host = &mut machine.state.host;
        let arg = |index: usize| args[index].bits;
        Ok(match host.calls[import as usize] {
            Call::New => Some(host.refer(Object::Container(vec![]))),
            Call::Number => Some(host.refer(Object::Number(arg(0)))),
            Call::Get => {
                let Object::Container(items) = host.object(arg(0))? else { return Err("an index into no array".into()) };
                Some(Num::public(*items.get(arg(1) as usize).ok_or("beyond the end of an array")?))
            }
            Call::Length => {
                let len = match host.object(arg(0))? {
                    Object::Container(items) => items.len(),
                    Object::Bytes(bytes, _) => bytes.len(),
                    _ => return Err("the length of no array".into()),
                };
                Some(Num::public(len as u64))
            }
            Call::Set => {
                let index = arg(0).wrapping_sub(1) as usize;
                let Some(Object::Container(items)) = host.objects.get_mut(index) else { return Err("set in no container".into()) };
                items.push(arg(2));
                None
            }
            Call::FromMemory => {
                let (at, len) = (arg(0) as usize, arg(1) as usize);
                let memory = &machine.state.memory;
                if at + len > memory.pages() * crate::memory::PAGE {
                    return Err("a text beyond the end of memory".into());
                }
                let object = Object::Bytes(memory.bytes(at, len).to_vec(), memory.marks(at, len).to_vec());
                Some(machine.state.host.refer(object))
            }
            Call::TextToMemory => {
                let (at, len) = match host.object(arg(1))?.clone() {
                    Object::Bytes(bytes, marks) => (machine.place(&bytes, &marks)?, bytes.len()),
                    _ => (0, 0),
                };
                machine.state.memory.put(arg(0) as usize, &(at as u32).to_le_bytes(), false);
                machine.state.memory.put(arg(0) as usize + 4, &(len as u32).to_le_bytes(), false);
                None
            }
            Call::Start => {
                let references: Vec<Num> =
                    [Object::Undefined, Object::Null, Object::Boolean, Object::Boolean].map(|object| host.refer(object)).to_vec();
                let found = machine.module.exports.iter().find(|(name, _)| name == "__wbindgen_externrefs");
                let Some((_, Export::Table(table))) = found else { return Err("there is no table of references".into()) };
                let table = &mut machine.state.tables[*table as usize];
                table[0] = references[0];
                table[FIRST_REFERENCE..FIRST_REFERENCE + 4].copy_from_slice(&references);
                None
            }
            Call::Throw => {
                let text = machine.state.memory.bytes(arg(0) as usize, arg(1) as usize);
                return Err(format!("thrown: {}", String::from_utf8_lossy(text)));
            }
        })
    }
}

/// The name without what wasm-bindgen adds: `__wbg_` in front, and behind a number or the digits of a hash.
fn stem(name: &str) -> &str {
    let name = name.strip_prefix("__wbg_").unwrap_or(name);
    match name.rsplit_once('_') {
        Some((stem, digits)) if digits.len() == 16 && digits.bytes().all(|c| c.is_ascii_hexdigit()) => stem,
        _ => name,
    }
}
