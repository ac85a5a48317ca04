//! The instructions as the machine runs them: operands decoded, jumps resolved, arithmetic as functions of number.rs and simd.rs.

use wasmparser::Operator as W;

use crate::memory::Memory;
use crate::number::{self, Num, w32, w64};
use crate::simd::{self, Wide};

/// Where a branch goes, and what it leaves on the stack: the uppermost `keep` values, moved down to `height`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Jump {
    pub to: u32,
    pub height: u16,
    pub keep: u8,
}

#[derive(Clone, Copy, Debug)]
pub enum Op {
    Const(u64),
    /// An index into the function's wide constants.
    ConstWide(u32),
    LocalGet(u32),
    LocalGetWide(u32),
    LocalSet(u32),
    LocalTee(u32),
    GlobalGet(u32),
    GlobalSet(u32),
    Unary(fn(Num) -> Num),
    Binary(fn(Num, Num) -> Num),
    /// Two instructions in one: the second operand is a local, or a small constant.
    BinaryLocal(fn(Num, Num) -> Num, u32),
    BinaryConst(fn(Num, Num) -> Num, u32),
    Divide(fn(u64, u64) -> Option<u64>),
    /// The function, the offset.
    Load(fn(&Memory, u64) -> Option<Num>, u32),
    /// What follows a load that extends the sign, and every load of lanes, is an operation of its own.
    LoadWide(u32),
    Store(fn(&mut Memory, u64, Num) -> Option<()>, u32),
    StoreWide(u32),
    UnaryWide(fn(Wide) -> Wide),
    BinaryWide(fn(Wide, Wide) -> Wide),
    ShiftWide(fn(Wide, Num) -> Wide),
    TestWide(fn(Wide) -> Num),
    Splat(fn(Num) -> Wide),
    Extract(fn(Wide, u8) -> Num, u8),
    Replace(fn(Wide, u8, Num) -> Wide, u8),
    /// An index into the function's wide constants, which holds the lanes.
    Shuffle(u32),
    Drop,
    Select,
    Branch(Jump),
    BranchIf(Jump),
    /// To the `else` or behind the `end`, if the condition does not hold.
    BranchUnless(u32),
    /// Where the targets begin in the function's table, and how many there are before the default.
    BranchTable(u32, u32),
    Return,
    Call(u32),
    /// The type, the table.
    CallIndirect(u32, u32),
    MemorySize,
    MemoryGrow,
    MemoryFill,
    MemoryCopy,
    RefNull,
    TableGet(u32),
    TableSet(u32),
    TableGrow(u32),
    TableFill(u32),
    Unreachable,
}

/// The operation for an instruction that neither jumps nor calls. Some are two. None for one that is not known: it fails closed.
#[expect(clippy::too_many_lines, reason = "a table")]
pub fn plain(instruction: &W, wide: &mut Vec<u128>) -> Option<(Op, Option<Op>)> {
    use Op::{Binary, BinaryWide, Divide, Extract, Replace, ShiftWide, Splat, TestWide, Unary, UnaryWide};
    let load = |run, memarg: &wasmparser::MemArg| Op::Load(run, memarg.offset as u32);
    let store = |run, memarg: &wasmparser::MemArg| Op::Store(run, memarg.offset as u32);
    let mut intern = |value| {
        wide.push(value);
        wide.len() as u32 - 1
    };
    Some(match instruction {
        // Two operations: the load, and what it is extended by.
        W::I32Load8S { memarg } => (load(Memory::load8, memarg), Some(Unary(w32::extend8_s))),
        W::I32Load16S { memarg } => (load(Memory::load16, memarg), Some(Unary(w32::extend16_s))),
        W::I64Load8S { memarg } => (load(Memory::load8, memarg), Some(Unary(w64::extend8_s))),
        W::I64Load16S { memarg } => (load(Memory::load16, memarg), Some(Unary(w64::extend16_s))),
        W::I64Load32S { memarg } => (load(Memory::load32, memarg), Some(Unary(number::extend32_s))),
        W::V128Load32Splat { memarg } => (load(Memory::load32, memarg), Some(Splat(simd::splat32))),
        W::V128Load64Splat { memarg } => (load(Memory::load64, memarg), Some(Splat(simd::splat64))),
        W::V128Load32Zero { memarg } => (load(Memory::load32, memarg), Some(Splat(simd::zero_extend))),
        W::V128Load64Zero { memarg } => (load(Memory::load64, memarg), Some(Splat(simd::zero_extend))),
        one => {
            let op = match one {
                W::I32Const { value } => Op::Const(u64::from(value.cast_unsigned())),
                W::I64Const { value } => Op::Const(value.cast_unsigned()),
                W::F64Const { value } => Op::Const(value.bits()),
                W::V128Const { value } => Op::ConstWide(intern(value.i128().cast_unsigned())),
                W::LocalGet { local_index } => Op::LocalGet(*local_index),
                W::LocalSet { local_index } => Op::LocalSet(*local_index),
                W::LocalTee { local_index } => Op::LocalTee(*local_index),
                W::GlobalGet { global_index } => Op::GlobalGet(*global_index),
                W::GlobalSet { global_index } => Op::GlobalSet(*global_index),
                W::Drop => Op::Drop,
                W::Select | W::TypedSelect { .. } => Op::Select,
                W::Unreachable => Op::Unreachable,

                W::I32Load { memarg } | W::I64Load32U { memarg } => load(Memory::load32, memarg),
                W::I64Load { memarg } | W::F64Load { memarg } => load(Memory::load64, memarg),
                W::I32Load8U { memarg } | W::I64Load8U { memarg } => load(Memory::load8, memarg),
                W::I32Load16U { memarg } | W::I64Load16U { memarg } => load(Memory::load16, memarg),
                W::V128Load { memarg } => Op::LoadWide(memarg.offset as u32),
                W::I32Store { memarg } | W::I64Store32 { memarg } => store(Memory::store32, memarg),
                W::I64Store { memarg } | W::F64Store { memarg } => store(Memory::store64, memarg),
                W::I32Store8 { memarg } | W::I64Store8 { memarg } => store(Memory::store8, memarg),
                W::I32Store16 { memarg } | W::I64Store16 { memarg } => store(Memory::store16, memarg),
                W::V128Store { memarg } => Op::StoreWide(memarg.offset as u32),
                W::MemorySize { .. } => Op::MemorySize,
                W::MemoryGrow { .. } => Op::MemoryGrow,
                W::MemoryFill { .. } => Op::MemoryFill,
                W::MemoryCopy { .. } => Op::MemoryCopy,
                W::RefNull { .. } => Op::RefNull,
                W::TableGet { table } => Op::TableGet(*table),
                W::TableSet { table } => Op::TableSet(*table),
                W::TableGrow { table } => Op::TableGrow(*table),
                W::TableFill { table } => Op::TableFill(*table),

                W::I32Eqz | W::I64Eqz => Unary(number::eqz),
                W::I32Eq | W::I64Eq => Binary(number::eq),
                W::I32Ne | W::I64Ne => Binary(number::ne),
                W::I32LtU | W::I64LtU => Binary(number::lt_u),
                W::I32GtU | W::I64GtU => Binary(number::gt_u),
                W::I32LeU | W::I64LeU => Binary(number::le_u),
                W::I32GeU | W::I64GeU => Binary(number::ge_u),
                W::I32LtS => Binary(w32::lt_s),
                W::I32GtS => Binary(w32::gt_s),
                W::I32LeS => Binary(w32::le_s),
                W::I32GeS => Binary(w32::ge_s),
                W::I64LtS => Binary(w64::lt_s),
                W::I64GtS => Binary(w64::gt_s),
                W::I64LeS => Binary(w64::le_s),
                W::I64GeS => Binary(w64::ge_s),
                W::F64Eq => Binary(number::f64_eq),

                W::I32And | W::I64And => Binary(number::and),
                W::I32Or | W::I64Or => Binary(number::or),
                W::I32Xor | W::I64Xor => Binary(number::xor),
                W::I32Add => Binary(w32::add),
                W::I32Sub => Binary(w32::sub),
                W::I32Mul => Binary(w32::mul),
                W::I32Shl => Binary(w32::shl),
                W::I32ShrU => Binary(w32::shr_u),
                W::I32ShrS => Binary(w32::shr_s),
                W::I32Rotl => Binary(w32::rotl),
                W::I32Rotr => Binary(w32::rotr),
                W::I64Add => Binary(w64::add),
                W::I64Sub => Binary(w64::sub),
                W::I64Mul => Binary(w64::mul),
                W::I64Shl => Binary(w64::shl),
                W::I64ShrU => Binary(w64::shr_u),
                W::I64ShrS => Binary(w64::shr_s),
                W::I64Rotl => Binary(w64::rotl),
                W::I64Rotr => Binary(w64::rotr),
                W::I32DivU => Divide(w32::div_u),
                W::I32DivS => Divide(w32::div_s),
                W::I32RemU => Divide(w32::rem_u),
                W::I32RemS => Divide(w32::rem_s),
                W::I64DivU => Divide(w64::div_u),
                W::I64DivS => Divide(w64::div_s),
                W::I64RemU => Divide(w64::rem_u),
                W::I64RemS => Divide(w64::rem_s),

                W::I32Clz => Unary(w32::clz),
                W::I32Ctz => Unary(w32::ctz),
                W::I32Popcnt => Unary(w32::popcnt),
                W::I64Clz => Unary(w64::clz),
                W::I64Ctz => Unary(w64::ctz),
                W::I64Popcnt => Unary(w64::popcnt),
                W::I32Extend8S => Unary(w32::extend8_s),
                W::I32Extend16S => Unary(w32::extend16_s),
                W::I64Extend8S => Unary(w64::extend8_s),
                W::I64Extend16S => Unary(w64::extend16_s),
                W::I64Extend32S | W::I64ExtendI32S => Unary(number::extend32_s),
                W::I64ExtendI32U | W::F64ReinterpretI64 | W::I64ReinterpretF64 => Unary(number::same),
                W::I32WrapI64 => Unary(number::wrap),
                W::F64ConvertI32U | W::F64ConvertI64U => Unary(number::f64_convert_u),
                W::I32TruncSatF64U => Unary(w32::trunc_sat_f64_u),
                W::I64TruncSatF64U => Unary(w64::trunc_sat_f64_u),

                W::V128Not => UnaryWide(simd::not),
                W::V128And => BinaryWide(simd::and),
                W::V128AndNot => BinaryWide(simd::andnot),
                W::V128Or => BinaryWide(simd::or),
                W::V128Xor => BinaryWide(simd::xor),
                W::I8x16Add => BinaryWide(simd::add8),
                W::I16x8Add => BinaryWide(simd::add16),
                W::I32x4Add => BinaryWide(simd::add32),
                W::I64x2Add => BinaryWide(simd::add64),
                W::I64x2Eq => BinaryWide(simd::eq64),
                W::I8x16Sub => BinaryWide(simd::sub8),
                W::I32x4Sub => BinaryWide(simd::sub32),
                W::I8x16Eq => BinaryWide(simd::eq8),
                W::I8x16Ne => BinaryWide(simd::ne8),
                W::I32x4Shl => ShiftWide(simd::shl32),
                W::I32x4ShrU => ShiftWide(simd::shr32_u),
                W::I32x4ShrS => ShiftWide(simd::shr32_s),
                W::I64x2Shl => ShiftWide(simd::shl64),
                W::I64x2ShrU => ShiftWide(simd::shr64_u),
                W::V128AnyTrue => TestWide(simd::any_true),
                W::I8x16AllTrue => TestWide(simd::all_true8),
                W::I8x16Splat => Splat(simd::splat8),
                W::I32x4Splat => Splat(simd::splat32),
                W::I64x2Splat => Splat(simd::splat64),
                W::I8x16ExtractLaneU { lane } => Extract(simd::extract8_u, *lane),
                W::I32x4ExtractLane { lane } => Extract(simd::extract32, *lane),
                W::I64x2ExtractLane { lane } => Extract(simd::extract64, *lane),
                W::I32x4ReplaceLane { lane } => Replace(simd::replace32, *lane),
                W::I64x2ReplaceLane { lane } => Replace(simd::replace64, *lane),
                W::I8x16Shuffle { lanes } => Op::Shuffle(intern(u128::from_le_bytes(*lanes))),
                _ => return None,
            };
            (op, None)
        }
    })
}
