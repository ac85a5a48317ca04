//! A WebAssembly file -> code for the machine. What is not known is refused: a section, an instruction, a feature.

use std::collections::BTreeMap;

use wasmparser::{
    BlockType, ConstExpr, DataKind, ElementItems, ElementKind, ExternalKind, FuncValidator, FunctionBody, KnownCustom, Name,
    NameSectionReader, Operator, Parser, Payload, TableInit, TypeRef, ValType, ValidPayload, Validator, ValidatorResources, WasmFeatures,
};

use crate::op::{Jump, Op, plain};

pub type Error = String;

#[derive(Debug)]
pub struct Function {
    pub params: u32,
    pub results: u32,
    pub locals: u32,
    pub ty: u32,
    pub code: Vec<Op>,
    /// For each of `code` the byte of the file that it was decoded from.
    pub offsets: Vec<u32>,
    pub wide: Vec<u128>,
    pub jumps: Vec<Jump>,
}

#[derive(Debug)]
pub struct Import {
    pub module: String,
    pub name: String,
    pub ty: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    Function(u32),
    Global(u32),
    Table(u32),
    Memory,
}

#[derive(Debug, Default)]
pub struct Module {
    /// The types, each as the number of its parameters, that of its results, and its text.
    pub types: Vec<(u32, u32, String)>,
    pub imports: Vec<Import>,
    pub functions: Vec<Function>,
    /// How long each table is at the start.
    pub tables: Vec<usize>,
    /// Pages at the start and at most.
    pub memory: Option<(usize, usize)>,
    pub globals: Vec<u64>,
    pub exports: Vec<(String, Export)>,
    /// Table, offset, functions.
    pub elements: Vec<(u32, usize, Vec<u32>)>,
    pub data: Vec<(usize, Vec<u8>)>,
    /// Of functions, by number. What ships has none; a build of it with names does, and reports are then easier to read.
    pub names: BTreeMap<u32, String>,
    function_types: Vec<u32>,
}

/// Reads a module.
pub fn decode(bytes: &[u8]) -> Result<Module, Error> {
    let features = WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::SIMD
        | WasmFeatures::FLOATS
        | WasmFeatures::GC_TYPES;
    let mut validator = Validator::new_with_features(features);
    let mut module = Module::default();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(text)?;
        if let ValidPayload::Func(to_validate, body) = validator.payload(&payload).map_err(text)? {
            let validator = to_validate.into_validator(wasmparser::FuncValidatorAllocations::default());
            let function = module.function(validator, &body)?;
            module.functions.push(function);
        }
        module.section(payload)?;
    }
    Ok(module)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn text(error: impl ToString) -> Error {
    error.to_string()
}

impl Module {
    fn section(&mut self, payload: Payload<'_>) -> Result<(), Error> {
        match payload {
            Payload::Version { .. } | Payload::FunctionSection(_) | Payload::CodeSectionStart { .. } | Payload::CodeSectionEntry(_) => {
                if let Payload::FunctionSection(section) = payload {
                    self.function_types = section.into_iter().collect::<Result<_, _>>().map_err(text)?;
                }
            }
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(names) = section.as_known() {
                    self.name(names)?;
                }
            }
            Payload::End(_) | Payload::DataCountSection { .. } => {}
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    let ty = ty.map_err(text)?;
                    self.types.push((ty.params().len() as u32, ty.results().len() as u32, signature(ty.params(), ty.results())));
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.map_err(text)?;
                    let TypeRef::Func(ty) = import.ty else { return Err(format!("imports {}, which is no function", import.name)) };
                    self.imports.push(Import { module: import.module.into(), name: import.name.into(), ty });
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    let table = table.map_err(text)?;
                    if !matches!(table.init, TableInit::RefNull) {
                        return Err("a table that begins with something".into());
                    }
                    self.tables.push(table.ty.initial as usize);
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    let memory = memory.map_err(text)?;
                    self.memory = Some((memory.initial as usize, memory.maximum.unwrap_or(1 << 16) as usize));
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    self.globals.push(constant(&global.map_err(text)?.init_expr)?);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.map_err(text)?;
                    self.exports.push((export.name.into(), exported(export.kind, export.index)?));
                }
            }
            Payload::ElementSection(section) => {
                for element in section {
                    let element = element.map_err(text)?;
                    let (ElementKind::Active { table_index, offset_expr }, ElementItems::Functions(items)) = (element.kind, element.items)
                    else {
                        return Err("an element section of an unknown kind".into());
                    };
                    let items = items.into_iter().collect::<Result<_, _>>().map_err(text)?;
                    self.elements.push((table_index.unwrap_or(0), constant(&offset_expr)? as usize, items));
                }
            }
            Payload::DataSection(section) => {
                for data in section {
                    let data = data.map_err(text)?;
                    let DataKind::Active { memory_index: 0, offset_expr } = data.kind else { return Err("passive data".into()) };
                    self.data.push((constant(&offset_expr)? as usize, data.data.to_vec()));
                }
            }
            other => return Err(format!("an unknown section: {other:?}")),
        }
        Ok(())
    }

    fn name(&mut self, names: NameSectionReader<'_>) -> Result<(), Error> {
        for name in names {
            if let Name::Function(functions) = name.map_err(text)? {
                for function in functions {
                    let function = function.map_err(text)?;
                    self.names.insert(function.index, function.name.to_owned());
                }
            }
        }
        Ok(())
    }

    fn function(&self, mut validator: FuncValidator<ValidatorResources>, body: &FunctionBody<'_>) -> Result<Function, Error> {
        let ty = self.function_types[self.functions.len()];
        let (params, results, _) = self.types[ty as usize];
        let mut reader = body.get_binary_reader();
        validator.read_locals(&mut reader).map_err(text)?;
        let locals = validator.len_locals() - params;
        let function = Function { params, results, locals, ty, code: vec![], offsets: vec![], wide: vec![], jumps: vec![] };
        let mut coder = Coder { module: self, function, frames: vec![Frame::default()], label: 0 };
        coder.frames[0].keep = results as u8;
        let mut operators = wasmparser::OperatorsReader::new(reader);
        while !operators.eof() {
            let offset = operators.original_position();
            let operator = operators.read().map_err(text)?;
            let dead = validator.get_control_frame(0).is_some_and(|frame| frame.unreachable);
            let height = validator.operand_stack_height();
            let operator = match operator {
                Operator::LocalGet { local_index } if validator.get_local_type(local_index) == Some(ValType::V128) && !dead => {
                    validator.op(offset, &operator).map_err(text)?;
                    coder.emit(Op::LocalGetWide(local_index), offset as u32);
                    continue;
                }
                other => other,
            };
            validator.op(offset, &operator).map_err(text)?;
            coder.instruction(&operator, offset as u32, height, dead)?;
        }
        Ok(coder.function)
    }

    /// The type of a block's parameters and results, as numbers of them.
    fn block(&self, ty: BlockType) -> (u32, u32) {
        match ty {
            BlockType::Empty => (0, 0),
            BlockType::Type(_) => (0, 1),
            BlockType::FuncType(index) => (self.types[index as usize].0, self.types[index as usize].1),
        }
    }
}

fn exported(kind: ExternalKind, index: u32) -> Result<Export, Error> {
    match kind {
        ExternalKind::Func => Ok(Export::Function(index)),
        ExternalKind::Global => Ok(Export::Global(index)),
        ExternalKind::Table => Ok(Export::Table(index)),
        ExternalKind::Memory => Ok(Export::Memory),
        other => Err(format!("an export of an unknown kind: {other:?}")),
    }
}

fn constant(expression: &ConstExpr<'_>) -> Result<u64, Error> {
    match expression.get_operators_reader().read().map_err(text)? {
        Operator::I32Const { value } => Ok(u64::from(value.cast_unsigned())),
        Operator::I64Const { value } => Ok(value.cast_unsigned()),
        other => Err(format!("an unknown constant: {other:?}")),
    }
}

/// A function's type, as text.
fn signature(params: &[ValType], results: &[ValType]) -> String {
    let list = |types: &[ValType]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    format!("[{}] -> [{}]", list(params), list(results))
}

/// A block that is being decoded.
#[derive(Default)]
struct Frame {
    /// Known at once for a loop; what waits for it otherwise.
    start: Option<u32>,
    waiting: Vec<Waiting>,
    /// The jump of an `if` that has met no `else` yet.
    unless: Option<usize>,
    height: u32,
    keep: u8,
    /// Nothing leads here; only its end is looked for.
    dead: bool,
}

enum Waiting {
    Code(usize),
    Table(usize),
}

struct Coder<'a> {
    module: &'a Module,
    function: Function,
    frames: Vec<Frame>,
    /// The last place that a branch may lead to: no two instructions around it become one.
    label: usize,
}

impl Coder<'_> {
    fn emit(&mut self, mut op: Op, offset: u32) {
        if let (Op::Binary(run), true) = (op, self.function.code.len() > self.label) {
            let fused = match self.function.code.last() {
                Some(Op::LocalGet(local)) => Some(Op::BinaryLocal(run, *local)),
                Some(Op::Const(value)) => u32::try_from(*value).ok().map(|value| Op::BinaryConst(run, value)),
                _ => None,
            };
            if let Some(fused) = fused {
                self.function.code.pop();
                self.function.offsets.pop();
                op = fused;
            }
        }
        self.function.code.push(op);
        self.function.offsets.push(offset);
    }

    /// A place that a branch may lead to.
    fn here(&mut self) -> u32 {
        self.label = self.function.code.len();
        self.label as u32
    }

    /// `height` is that of the operand stack before the instruction.
    fn instruction(&mut self, operator: &Operator<'_>, offset: u32, height: u32, dead: bool) -> Result<(), Error> {
        match operator {
            Operator::Block { blockty } | Operator::Loop { blockty } => {
                self.begin(matches!(operator, Operator::Loop { .. }), *blockty, height, dead);
            }
            Operator::If { blockty } => {
                self.begin(false, *blockty, height.wrapping_sub(1), dead);
                if !dead {
                    let at = self.function.code.len();
                    self.emit(Op::BranchUnless(0), offset);
                    self.frame(0).unless = Some(at);
                }
            }
            Operator::Else => {
                if self.frame(0).dead {
                    return Ok(());
                }
                if !dead {
                    let jump = self.jump(0, Waiting::Code(self.function.code.len()));
                    self.emit(Op::Branch(jump), offset);
                }
                let here = self.here();
                if let Some(at) = self.frame(0).unless.take() {
                    self.function.code[at] = Op::BranchUnless(here);
                }
            }
            Operator::End => self.end(offset),
            _ if dead => {}
            Operator::Nop => {}
            Operator::Br { relative_depth } => {
                let jump = self.jump(*relative_depth, Waiting::Code(self.function.code.len()));
                self.emit(Op::Branch(jump), offset);
            }
            Operator::BrIf { relative_depth } => {
                let jump = self.jump(*relative_depth, Waiting::Code(self.function.code.len()));
                self.emit(Op::BranchIf(jump), offset);
            }
            Operator::BrTable { targets } => {
                let start = self.function.jumps.len();
                let mut depths = targets.targets().collect::<Result<Vec<_>, _>>().map_err(text)?;
                depths.push(targets.default());
                for depth in &depths {
                    let jump = self.jump(*depth, Waiting::Table(self.function.jumps.len()));
                    self.function.jumps.push(jump);
                }
                self.emit(Op::BranchTable(start as u32, depths.len() as u32 - 1), offset);
            }
            Operator::Return => self.emit(Op::Return, offset),
            Operator::Call { function_index } => self.emit(Op::Call(*function_index), offset),
            Operator::CallIndirect { type_index, table_index } => self.emit(Op::CallIndirect(*type_index, *table_index), offset),
            other => {
                let Some((op, then)) = plain(other, &mut self.function.wide) else {
                    return Err(format!("an unknown instruction: {other:?}"));
                };
                self.emit(op, offset);
                if let Some(then) = then {
                    self.emit(then, offset);
                }
            }
        }
        Ok(())
    }

    fn begin(&mut self, is_loop: bool, ty: BlockType, height: u32, dead: bool) {
        let (params, results) = self.module.block(ty);
        let start = is_loop.then(|| self.here());
        let keep = if is_loop { params } else { results } as u8;
        self.frames.push(Frame { start, height: height.wrapping_sub(params), keep, dead, ..Frame::default() });
    }

    fn end(&mut self, offset: u32) {
        let Some(frame) = self.frames.pop() else { return };
        let here = self.here();
        if let Some(at) = frame.unless {
            self.function.code[at] = Op::BranchUnless(here);
        }
        for waiting in frame.waiting {
            match waiting {
                Waiting::Table(at) => self.function.jumps[at].to = here,
                Waiting::Code(at) => {
                    if let Op::Branch(jump) | Op::BranchIf(jump) = &mut self.function.code[at] {
                        jump.to = here;
                    }
                }
            }
        }
        if self.frames.is_empty() {
            self.emit(Op::Return, offset);
        }
    }

    fn frame(&mut self, depth: u32) -> &mut Frame {
        let at = self.frames.len() - 1 - depth as usize;
        &mut self.frames[at]
    }

    fn jump(&mut self, depth: u32, waiting: Waiting) -> Jump {
        let frame = self.frame(depth);
        if frame.start.is_none() {
            frame.waiting.push(waiting);
        }
        Jump { to: frame.start.unwrap_or(0), height: frame.height as u16, keep: frame.keep }
    }
}
