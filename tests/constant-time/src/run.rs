//! One function, instruction by instruction.

use crate::machine::{Cell, Machine, Trap};
use crate::number::Num;
use crate::op::{Jump, Op};
use crate::report::Kind;
use crate::simd::{Wide, shuffle};

impl Machine<'_> {
    /// Moves what a jump keeps to where it belongs, and returns the new top of the stack.
    fn unwind(&mut self, jump: Jump, floor: usize, sp: usize) -> usize {
        let (to, keep) = (floor + usize::from(jump.height), usize::from(jump.keep));
        if to + keep != sp {
            self.stack.copy_within(sp - keep..sp, to);
        }
        to + keep
    }

    /// Runs a function from its start, and returns where the stack then ends. Locals begin at `base`, operands at `floor`.
    #[expect(clippy::too_many_lines, reason = "one arm an operation")]
    pub fn run(&mut self, index: u32, base: usize, floor: usize) -> Result<usize, Trap> {
        let function = &self.module.functions[index as usize];
        let code = function.code.as_slice();
        let (mut pc, mut sp, mut count) = (0, floor, 0_u64);
        macro_rules! pop {
            () => {{
                sp -= 1;
                self.stack[sp].low
            }};
        }
        macro_rules! pop_wide {
            () => {{
                sp -= 1;
                self.stack[sp].wide()
            }};
        }
        macro_rules! push {
            ($value:expr) => {{
                self.stack[sp].low = $value;
                sp += 1;
            }};
        }
        macro_rules! push_wide {
            ($value:expr) => {{
                self.stack[sp] = Cell::from_wide($value);
                sp += 1;
            }};
        }
        macro_rules! outside {
            () => {
                return Err(format!("beyond the end of memory, at byte {:#x}", function.offsets[pc - 1]))
            };
        }
        macro_rules! check {
            ($mark:expr, $kind:expr) => {
                if $mark {
                    self.report($kind, index, pc);
                }
            };
        }
        loop {
            let op = code[pc];
            pc += 1;
            count += 1;
            match op {
                Op::Const(value) => push!(Num::public(value)),
                Op::LocalGet(local) => push!(self.stack[base + local as usize].low),
                Op::LocalGetWide(local) => {
                    self.stack[sp] = self.stack[base + local as usize];
                    sp += 1;
                }
                Op::LocalSet(local) => {
                    sp -= 1;
                    self.stack[base + local as usize] = self.stack[sp];
                }
                Op::LocalTee(local) => self.stack[base + local as usize] = self.stack[sp - 1],
                Op::GlobalGet(global) => push!(self.state.globals[global as usize]),
                Op::GlobalSet(global) => {
                    let value = pop!();
                    self.state.globals[global as usize] = value;
                    if global == 0 {
                        self.lowest_stack = self.lowest_stack.min(value.bits);
                    }
                }
                Op::Unary(run) => self.stack[sp - 1].low = run(self.stack[sp - 1].low),
                Op::Binary(run) => {
                    let b = pop!();
                    self.stack[sp - 1].low = run(self.stack[sp - 1].low, b);
                }
                Op::BinaryLocal(run, local) => {
                    count += 1;
                    self.stack[sp - 1].low = run(self.stack[sp - 1].low, self.stack[base + local as usize].low);
                }
                Op::BinaryConst(run, constant) => {
                    count += 1;
                    self.stack[sp - 1].low = run(self.stack[sp - 1].low, Num::public(u64::from(constant)));
                }
                Op::Divide(run) => {
                    let (b, a) = (pop!(), pop!());
                    let secret = a.mark | b.mark != 0;
                    check!(secret, Kind::Division);
                    let Some(bits) = run(a.bits, b.bits) else { return Err("division by zero, or overflow".into()) };
                    push!(Num { bits, mark: if secret { u64::MAX } else { 0 } });
                }
                Op::Load(run, offset) => {
                    let at = pop!();
                    let Some(mut value) = run(&self.state.memory, at.bits + u64::from(offset)) else { outside!() };
                    if at.mark != 0 {
                        self.report(Kind::LoadAddress, index, pc);
                        value.mark = u64::MAX;
                    }
                    push!(value);
                }
                Op::LoadWide(offset) => {
                    let at = pop!();
                    let Some(mut value) = self.state.memory.load_wide(at.bits + u64::from(offset)) else { outside!() };
                    if at.mark != 0 {
                        self.report(Kind::LoadAddress, index, pc);
                        value.mark = u128::MAX;
                    }
                    push_wide!(value);
                }
                Op::Store(run, offset) => {
                    let (value, at) = (pop!(), pop!());
                    check!(at.mark != 0, Kind::StoreAddress);
                    if run(&mut self.state.memory, at.bits + u64::from(offset), value).is_none() {
                        outside!();
                    }
                }
                Op::StoreWide(offset) => {
                    let (value, at) = (pop_wide!(), pop!());
                    check!(at.mark != 0, Kind::StoreAddress);
                    if self.state.memory.store_wide(at.bits + u64::from(offset), value).is_none() {
                        outside!();
                    }
                }
                Op::ConstWide(constant) => push_wide!(Wide::public(function.wide[constant as usize])),
                Op::UnaryWide(run) => {
                    let a = pop_wide!();
                    push_wide!(run(a));
                }
                Op::BinaryWide(run) => {
                    let (b, a) = (pop_wide!(), pop_wide!());
                    push_wide!(run(a, b));
                }
                Op::ShiftWide(run) => {
                    let (b, a) = (pop!(), pop_wide!());
                    push_wide!(run(a, b));
                }
                Op::TestWide(run) => {
                    let a = pop_wide!();
                    push!(run(a));
                }
                Op::Splat(run) => {
                    let a = pop!();
                    push_wide!(run(a));
                }
                Op::Extract(run, lane) => {
                    let a = pop_wide!();
                    push!(run(a, lane));
                }
                Op::Replace(run, lane) => {
                    let (with, a) = (pop!(), pop_wide!());
                    push_wide!(run(a, lane, with));
                }
                Op::Shuffle(lanes) => {
                    let (b, a) = (pop_wide!(), pop_wide!());
                    push_wide!(shuffle(a, b, &function.wide[lanes as usize].to_le_bytes()));
                }
                Op::Drop => sp -= 1,
                Op::Select => {
                    let condition = pop!();
                    sp -= 1;
                    let (a, b) = (self.stack[sp - 1], self.stack[sp]);
                    let chosen = if condition.bits == 0 { b } else { a };
                    self.stack[sp - 1] = chosen;
                    if condition.is_truth_secret() {
                        self.report(Kind::Select, index, pc);
                        let either = |a: Num, b: Num| a.mark | b.mark | (a.bits ^ b.bits);
                        self.stack[sp - 1].low.mark = either(a.low, b.low);
                        self.stack[sp - 1].high.mark = either(a.high, b.high);
                    }
                }
                Op::Branch(jump) => {
                    sp = self.unwind(jump, floor, sp);
                    pc = jump.to as usize;
                }
                Op::BranchIf(jump) => {
                    let condition = pop!();
                    check!(condition.is_truth_secret(), Kind::Branch);
                    if condition.bits != 0 {
                        sp = self.unwind(jump, floor, sp);
                        pc = jump.to as usize;
                    }
                }
                Op::BranchUnless(to) => {
                    let condition = pop!();
                    check!(condition.is_truth_secret(), Kind::Branch);
                    if condition.bits == 0 {
                        pc = to as usize;
                    }
                }
                Op::BranchTable(start, targets) => {
                    let chosen = pop!();
                    check!(chosen.mark != 0, Kind::BranchTable);
                    let jump = function.jumps[start as usize + chosen.bits.min(u64::from(targets)) as usize];
                    sp = self.unwind(jump, floor, sp);
                    pc = jump.to as usize;
                }
                Op::Return => {
                    self.count += count;
                    return Ok(sp);
                }
                Op::Call(callee) => {
                    self.sp = sp;
                    if (callee as usize) < self.module.imports.len() {
                        self.imported(callee, index, pc)?;
                    } else {
                        self.enter(callee)?;
                    }
                    sp = self.sp;
                }
                Op::CallIndirect(ty, table) => {
                    let element = pop!();
                    check!(element.mark != 0, Kind::IndirectCall);
                    let found = self.state.tables[table as usize].get(element.bits as usize);
                    let callee = found.and_then(|found| found.bits.checked_sub(1)).ok_or("call_indirect of nothing")? as u32;
                    self.sp = sp;
                    let imports = self.module.imports.len();
                    let actual = match (callee as usize).checked_sub(imports) {
                        Some(defined) => self.module.functions[defined].ty,
                        None => self.module.imports[callee as usize].ty,
                    };
                    if self.module.types[actual as usize] != self.module.types[ty as usize] {
                        return Err("call_indirect of another type".into());
                    }
                    if (callee as usize) < imports {
                        self.imported(callee, index, pc)?;
                    } else {
                        self.enter(callee)?;
                    }
                    sp = self.sp;
                }
                Op::MemorySize => push!(Num::public(self.state.memory.pages() as u64)),
                Op::MemoryGrow => {
                    let pages = pop!();
                    check!(pages.mark != 0, Kind::MemoryGrow);
                    let before = self.state.memory.grow(pages.bits as usize);
                    push!(Num::public(before.map_or(u64::from(u32::MAX), |before| before as u64)));
                }
                Op::MemoryFill | Op::MemoryCopy => {
                    let (len, middle, to) = (pop!(), pop!(), pop!());
                    let is_fill = matches!(op, Op::MemoryFill);
                    check!(len.mark | to.mark != 0 || !is_fill && middle.mark != 0, Kind::BulkArgument);
                    let memory = &mut self.state.memory;
                    let done = if is_fill { memory.fill(to.bits, middle, len.bits) } else { memory.copy(to.bits, middle.bits, len.bits) };
                    if done.is_none() {
                        outside!();
                    }
                }
                Op::RefNull => push!(Num::default()),
                Op::TableGet(table) => {
                    let at = pop!();
                    check!(at.mark != 0, Kind::TableIndex);
                    let found = self.state.tables[table as usize].get(at.bits as usize).copied();
                    push!(found.ok_or("beyond the end of a table")?);
                }
                Op::TableSet(table) => {
                    let (value, at) = (pop!(), pop!());
                    check!(at.mark != 0, Kind::TableIndex);
                    let place = self.state.tables[table as usize].get_mut(at.bits as usize);
                    *place.ok_or("beyond the end of a table")? = value;
                }
                Op::TableGrow(table) => {
                    let (by, value) = (pop!(), pop!());
                    check!(by.mark != 0, Kind::TableIndex);
                    let table = &mut self.state.tables[table as usize];
                    let before = table.len();
                    table.resize(before + by.bits as usize, value);
                    push!(Num::public(before as u64));
                }
                Op::TableFill(table) => {
                    let (len, value, at) = (pop!(), pop!(), pop!());
                    check!(len.mark | at.mark != 0, Kind::TableIndex);
                    let range = at.bits as usize..(at.bits + len.bits) as usize;
                    self.state.tables[table as usize].get_mut(range).ok_or("beyond the end of a table")?.fill(value);
                }
                Op::Unreachable => return Err(format!("unreachable, at byte {:#x}", function.offsets[pc - 1])),
            }
        }
    }
}
