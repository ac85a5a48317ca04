// Test builds of the package's own modules, in which something happens at the start of each function and of each round of a loop, and before
// each instruction that writes to memory.
import binaryen from "binaryen";

// What the compiler's output uses (pkg-template/build/wasm.mjs); with all of binaryen's features on, it writes what no engine knows yet.
const { BulkMemory, ReferenceTypes, Multivalue, MutableGlobals, NontrappingFPToInt, SignExt, SIMD128 } = binaryen.Features;
const features = BulkMemory | ReferenceTypes | Multivalue | MutableGlobals | NontrappingFPToInt | SignExt | SIMD128;

/** @param {Uint8Array} bytes @param {(wat: string) => string} change */
function rewritten(bytes, change) {
  const original = binaryen.readBinary(bytes);
  original.setFeatures(features);
  const wat = original.emitText();
  original.dispose();
  const module = binaryen.parseText(change(wat));
  module.setFeatures(features);
  const binary = module.emitBinary();
  module.dispose();
  return binary;
}

/** Puts a call of `$tick` in all the places. @param {string} wat */
function withTicks(wat) {
  /** @type {string[]} */
  const lines = [];
  let ticks = 0;
  const tick = () => void (lines.push("(call $tick)"), ticks++);
  let inHead = false;
  for (const line of wat.split("\n")) {
    // A function's parameters, result and locals come before its body.
    if (inHead && !/^  \(local /.test(line)) {
      inHead = false;
      tick();
    }
    // Instructions that write give no value, so there may be another one in front of each.
    if (/^\s+\((?:(?:i32|i64|f32|f64|v128)\.(?:[a-z]+\.)?(?:store\d*(?:_lane)?)|memory\.(?:fill|copy|grow|init))\b/.test(line) && !/memory\.grow/.test(line)) tick();
    lines.push(line);
    if (/^ \(func /.test(line)) inHead = true;
    if (/^\s+\(loop\b/.test(line)) tick();
  }
  if (ticks < 100) throw new Error(`Only ${ticks} places to trap at were found: binaryen writes modules differently now.`);
  return lines.join("\n");
}

/** @param {string} wat @param {string} added */
const withDefinition = (wat, added) => wat.replace(/\n (?=\((?:memory|table|global|data|elem|tag|export|func) )/, `\n ${added}\n `);

/** The module, in which the exported `countdown` falls by one at each of these places, and where it comes to 0 is a trap. @param {Uint8Array} bytes */
export function trappingModule(bytes) {
  const definition = `(global $countdown (export "countdown") (mut i32) (i32.const 2147483647))
    (func $tick (global.set $countdown (i32.sub (global.get $countdown) (i32.const 1))) (if (i32.eqz (global.get $countdown)) (then (unreachable))))`;
  return rewritten(bytes, (wat) => withDefinition(withTicks(wat), definition));
}

/** The module, which calls the import `test.tick` at each of these places. @param {Uint8Array} bytes */
export function tickingModule(bytes) {
  return rewritten(bytes, (wat) => withDefinition(withTicks(wat), '(import "test" "tick" (func $tick))'));
}

/** The module with a memory that cannot grow. @param {Uint8Array} bytes */
export function narrowModule(bytes) {
  return rewritten(bytes, (wat) => {
    const narrow = wat.replace(/\n \(memory (\$\S+) (\d+)\)/, "\n (memory $1 $2 $2)");
    if (narrow === wat) throw new Error("The module's memory was not found.");
    return narrow;
  });
}
