// A WebAssembly module -> the same module, saying at each step where it is, which address it uses and what it decides by.
// wasm-opt's --log-execution marks functions, loops and returns, its --instrument-memory loads and stores. Neither sees the two arms of
// an `if`, a `br_if`, a `select`, memory.copy and the like; those are marked here, in the text form. An instruction that is
// neither marked nor known to need no mark is an error.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDir, root, run } from "../../../pkg-template/build/process.mjs";

/** A node of the text form: a word, a string with its quotes, or a list. @typedef {string | Node[]} Node */
/** What a mark stands for, to say where two traces part. @typedef {{ func: string, op: string }} Site */
/** @typedef {{ bytes: Uint8Array<ArrayBuffer>, sites: Record<string, Site> }} Instrumented the sites by kind and number, as `decision 7` */

const features = ["bulk-memory", "reference-types", "multivalue", "mutable-globals", "nontrapping-float-to-int", "sign-ext", "simd"].map((name) => `--enable-${name}`);
const marks = ["--log-execution=env", "--instrument-memory"];

// Only numbers and locals go in and come out, in a time that the processor does not make depend on them.
const pure = [
  /^(local|global)\.(get|set|tee)$/,
  /^(block|loop|then|else|br|return|drop|nop|unreachable|call|memory\.size)$/,
  /^i(32|64)\.(const|add|sub|mul|and|or|xor|shl|shr_[su]|rotl|rotr|clz|ctz|popcnt|eqz|eq|ne|[lg][te]_[su]|extend(8|16|32)_s|wrap_i64|extend_i32_[su]|reinterpret_f(32|64)|trunc_sat_f(32|64)_[su])$/,
  /^f(32|64)\.(const|eq|ne|lt|gt|le|ge|abs|neg|convert_i(32|64)_[su]|reinterpret_i(32|64)|promote_f32|demote_f64)$/,
  /^v128\.(const|and|or|xor|not|andnot|bitselect|any_true)$/,
  /^[if](8x16|16x8|32x4|64x2)\.(shuffle|swizzle|splat|extract_lane(_[su])?|replace_lane|add|sub|mul|shl|shr_[su]|eq|ne|all_true|bitmask)$/,
  /^(tuple\.(make|extract)|ref\.(null|is_null|func))$/,
];
/** Seen by --instrument-memory, which is checked. */
const plainAccess = /^(?:[if](?:32|64)|v128)\.(load|store)(8|16|32)?(_[su])?$/;

/** Which operands show, of the operands that an instruction has. @type {[RegExp, (operands: Node[][]) => (Node[] | undefined)[]][]} */
const shown = [
  [/^(br_if|br_table|select|call_indirect|table\.get|table\.grow)$/, (operands) => [operands.at(-1)]],
  [/^if$/, (operands) => [operands[operands.findIndex(([head]) => head === "then") - 1]]],
  [/^memory\.copy$/, (operands) => operands.slice(-3)],
  [/^(memory|table)\.fill$/, (operands) => [operands.at(-3), operands.at(-1)]],
  [/^table\.set$/, (operands) => [operands.at(-2)]],
  [/^i(32|64)\.(div|rem)_[su]$/, (operands) => operands],
  [/^v128\.(load|store)\d+(x\d_[su]|_splat|_zero|_lane)$/, (operands) => [operands[0]]],
];
const isCondition = /^(if|br_if|select)$/;

/**
 * @param {string} path a module
 * @param {string} name what to call its files
 * @returns {Promise<Instrumented>}
 */
export async function instrument(path, name) {
  const folder = join(cacheDir, "trace");
  mkdirSync(folder, { recursive: true });
  const [text, marked, binary] = ["wat", "marked.wat", "wasm"].map((ending) => join(folder, `${name}.${ending}`));
  const tool = (/** @type {string} */ tool, /** @type {string[]} */ ...args) => run(process.execPath, [join(root, "node_modules/binaryen/bin", tool), ...features, ...args]);
  await tool("wasm-opt", ...marks, path, "-S", "-o", text);
  const module = parse(readFileSync(text, "utf8"));
  const sites = mark(module);
  writeFileSync(marked, print(module));
  await tool("wasm-as", marked, "-o", binary);
  return { bytes: new Uint8Array(readFileSync(binary)), sites };
}

/** @param {Node[]} module changed in place */
function mark(module) {
  /** @type {Record<string, Site>} */
  const sites = {};
  let count = 0;
  /** @param {Node[]} operand @param {string} func @param {string} op */
  const show = (operand, func, op) => {
    const hook = /^i64/.test(op) ? "$decide_i64" : isCondition.test(op) ? "$decide_condition" : "$decide";
    sites[`decision ${count}`] = { func, op };
    operand.splice(0, operand.length, "call", hook, ["i32.const", String(count)], [...operand]);
    count++;
  };
  for (const part of module) {
    if (!Array.isArray(part) || part[0] !== "func") continue;
    const func = String(part[1]);
    // What stands before the first instruction: a name, parameters, results, locals.
    const body = part.slice(2).filter((child) => Array.isArray(child) && !["param", "result", "local", "type"].includes(String(child[0])));
    walk(/** @type {Node[][]} */ (body), (node) => {
      const op = String(node[0]);
      const operands = /** @type {Node[][]} */ (node.slice(1).filter((child) => Array.isArray(child) && !["result", "type", "param"].includes(String(child[0]))));
      if (op === "call") return note(sites, node, func);
      if (op === "memory.grow" || plainAccess.test(op)) return checkSeen(op, operands[0], func);
      if (pure.some((pattern) => pattern.test(op))) return;
      const rule = shown.find(([pattern]) => pattern.test(op));
      if (rule === undefined) throw new Error(`${func} has ${op}, and the trace would not show what it does. Add it to tests/constant-time/trace/instrument.mjs.`);
      for (const operand of rule[1](operands)) {
        if (operand === undefined) throw new Error(`${func} has a ${op} that is not understood.`);
        show(operand, func, op);
      }
    });
  }
  const hooks = [["$decide", "i32"], ["$decide_condition", "i32"], ["$decide_i64", "i64"]].map(([hook, type]) => ["import", '"env"', `"${hook.slice(1)}"`, ["func", hook, ["param", "i32", type], ["result", type]]]);
  const firstImport = module.findIndex((part) => part[0] === "import");
  module.splice(firstImport, 0, ...hooks);
  return sites;
}

/** Children first, so that what is put around an operand is not looked at again. @param {Node[][]} nodes @param {(node: Node[]) => void} visit */
function walk(nodes, visit) {
  for (const node of nodes) {
    walk(/** @type {Node[][]} */ (node.filter((child) => Array.isArray(child) && !["result", "type", "param"].includes(String(child[0])))), visit);
    visit(node);
  }
}

const kinds = { $log_execution: "point", $load_ptr: "load", $store_ptr: "store", $memory_grow_pre: "grow" };

/** @param {Record<string, Site>} sites @param {Node[]} call @param {string} func */
function note(sites, [, callee, id], func) {
  const kind = kinds[/** @type {keyof typeof kinds} */ (callee)];
  if (kind !== undefined) sites[`${kind} ${id[1]}`] = { func, op: kind };
}

/** @param {string} op @param {Node[] | undefined} operand @param {string} func */
function checkSeen(op, operand, func) {
  const hook = operand?.[0] === "call" ? String(operand[1]) : "";
  if (!/^\$((load|store)_ptr|memory_grow_pre)$/.test(hook)) throw new Error(`wasm-opt left a ${op} in ${func} without a mark.`);
}

/** @param {string} text @returns {Node[]} the one list that `text` is */
function parse(text) {
  /** @type {Node[][]} */
  const open = [[]];
  for (const [token] of text.matchAll(/;;[^\n]*|"(?:[^"\\]|\\.)*"|[()]|[^\s()"]+/g)) {
    if (token.startsWith(";;")) continue;
    if (token === "(") open.push([]);
    else if (token === ")") {
      const list = /** @type {Node[]} */ (open.pop());
      open.at(-1)?.push(list);
    } else open.at(-1)?.push(token);
  }
  const [[module, ...more]] = open;
  if (open.length !== 1 || more.length > 0 || !Array.isArray(module)) throw new Error("wasm-opt's text form was not understood.");
  return module;
}

/** @param {Node} node @returns {string} */
function print(node) {
  return Array.isArray(node) ? `(${node.map(print).join(" ")})\n` : node;
}
