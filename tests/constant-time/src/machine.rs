//! Runs code with a mark on every bit, and reports what depends on one.

use crate::decode::{Export, Module};
use crate::host::Host;
use crate::memory::Memory;
use crate::number::Num;
use crate::report::{Kind, Place, Reports};
use crate::simd::Wide;

const STACK: usize = 16 * 1024;
const MAX_DEPTH: u32 = 200;

/// Why a run ended before its end.
pub type Trap = String;

/// A place on the stack, or a local: the low half is a number, both are a wide one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cell {
    pub low: Num,
    pub high: Num,
}

impl Cell {
    pub fn wide(self) -> Wide {
        let join = |low: u64, high: u64| u128::from(high) << 64 | u128::from(low);
        Wide { bits: join(self.low.bits, self.high.bits), mark: join(self.low.mark, self.high.mark) }
    }

    pub fn from_wide(wide: Wide) -> Self {
        let half = |shift: u32| Num { bits: (wide.bits >> shift) as u64, mark: (wide.mark >> shift) as u64 };
        Self { low: half(0), high: half(64) }
    }
}

/// Everything that outlives a call.
#[derive(Clone)]
pub struct State {
    pub memory: Memory,
    pub globals: Vec<Num>,
    pub tables: Vec<Vec<Num>>,
    pub host: Host,
}

#[derive(Clone)]
pub struct Machine<'m> {
    pub module: &'m Module,
    pub state: State,
    pub reports: Reports,
    /// Instructions run so far.
    pub count: u64,
    /// The lowest value that the first global, Rust's stack pointer, has had.
    pub lowest_stack: u64,
    pub stack: Vec<Cell>,
    /// Where the stack ends, between calls.
    pub sp: usize,
    depth: u32,
}

impl<'m> Machine<'m> {
    pub fn new(module: &'m Module) -> Result<Self, Trap> {
        let (pages, max_pages) = module.memory.unwrap_or((0, 0));
        let mut memory = Memory::new(pages, max_pages);
        for (at, data) in &module.data {
            memory.put(*at, data, false);
        }
        memory.settle();
        let mut tables: Vec<Vec<Num>> = module.tables.iter().map(|table| vec![Num::default(); *table]).collect();
        for (table, start, functions) in &module.elements {
            for (index, function) in functions.iter().enumerate() {
                tables[*table as usize][start + index] = Num::public(u64::from(*function) + 1);
            }
        }
        let globals: Vec<Num> = module.globals.iter().map(|value| Num::public(*value)).collect();
        let lowest_stack = globals.first().map_or(0, |global| global.bits);
        memory.lowest_secret = lowest_stack as usize;
        let state = State { memory, globals, tables, host: Host::new(module)? };
        Ok(Self { module, state, reports: Reports::new(), count: 0, lowest_stack, stack: vec![Cell::default(); STACK], sp: 0, depth: 0 })
    }

    /// Goes back to a state that this machine's began as a copy of.
    pub fn restore(&mut self, snapshot: &State) {
        self.state.memory.restore(&snapshot.memory);
        self.state.globals.clone_from(&snapshot.globals);
        self.state.tables.clone_from(&snapshot.tables);
        self.state.host.clone_from(&snapshot.host);
    }

    /// Calls an exported function.
    pub fn call(&mut self, name: &str, args: &[Num]) -> Result<Vec<Num>, Trap> {
        let found = self.module.exports.iter().find(|(export, _)| export == name);
        let Some((_, Export::Function(index))) = found else { return Err(format!("there is no function {name}")) };
        self.invoke(*index, args)
    }

    pub fn invoke(&mut self, index: u32, args: &[Num]) -> Result<Vec<Num>, Trap> {
        (self.sp, self.depth) = (0, 0);
        for arg in args {
            self.stack[self.sp].low = *arg;
            self.sp += 1;
        }
        self.enter(index)?;
        Ok(self.stack[..self.sp].iter().map(|cell| cell.low).collect())
    }

    /// Puts bytes into memory that the module allocates, as the generated glue does, and returns where they are. Works inside a call.
    pub fn place(&mut self, bytes: &[u8], marks: &[u8]) -> Result<usize, Trap> {
        let found = self.module.exports.iter().find(|(name, _)| name == "__wbindgen_malloc");
        let Some((_, Export::Function(malloc))) = found else { return Err("there is no function __wbindgen_malloc".into()) };
        for arg in [bytes.len() as u64, 1] {
            self.stack[self.sp].low = Num::public(arg);
            self.sp += 1;
        }
        self.enter(*malloc)?;
        self.sp -= 1;
        let at = self.stack[self.sp].low;
        if at.mark != 0 {
            return Err("__wbindgen_malloc returned a secret".into());
        }
        self.state.memory.put_marked(at.bits as usize, bytes, marks);
        Ok(at.bits as usize)
    }

    #[cold]
    pub fn report(&mut self, kind: Kind, function: u32, pc: usize) {
        let code = &self.module.functions[function as usize];
        let place = Place { kind, function: function + self.module.imports.len() as u32, offset: code.offsets[pc - 1] };
        *self.reports.entry(place).or_default() += 1;
    }

    /// Calls a function whose arguments are on the stack; leaves its results there.
    pub fn enter(&mut self, index: u32) -> Result<(), Trap> {
        let Some(defined) = index.checked_sub(self.module.imports.len() as u32) else {
            return Err("an import is called from outside".into());
        };
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("too many calls inside each other".into());
        }
        let function = &self.module.functions[defined as usize];
        let base = self.sp - function.params as usize;
        let floor = self.sp + function.locals as usize;
        if floor + 256 > self.stack.len() {
            return Err("the stack of operands is full".into());
        }
        self.stack[self.sp..floor].fill(Cell::default());
        let sp = self.run(defined, base, floor)?;
        let results = function.results as usize;
        self.stack.copy_within(sp - results..sp, base);
        self.sp = base + results;
        self.depth -= 1;
        Ok(())
    }

    pub fn imported(&mut self, import: u32, function: u32, pc: usize) -> Result<(), Trap> {
        let (params, results, _) = self.module.types[self.module.imports[import as usize].ty as usize];
        let start = self.sp - params as usize;
        let args: Vec<Num> = self.stack[start..self.sp].iter().map(|cell| cell.low).collect();
        if args.iter().any(|arg| arg.mark != 0) {
            self.report(Kind::HostArgument, function, pc);
        }
        self.sp = start;
        let result = Host::call(self, import, &args)?;
        if let (1, Some(result)) = (results, result) {
            self.stack[self.sp].low = result;
        }
        self.sp = start + results as usize;
        Ok(())
    }
}
