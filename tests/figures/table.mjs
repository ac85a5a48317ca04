// The figures of SECURITY.md: each comes from a file of this folder, which a command has written or compared with what it measured.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const begin = "<!-- figures: written by node tests/figures/write.mjs -->";
const end = "<!-- end of figures -->";

/** The files there must be, and the command that makes each. @type {Readonly<Record<string, string>>} */
export const commands = {
  "constant-time": 'npm test -- --only "secrets decide nothing"',
  trace: "npm test -- --only traces",
  memory: "npm test -- --only outside",
  mutants: "npm run mutants",
  fuzz: "npm run fuzz",
  native: "npm run test:ct-native",
  timing: "npm run bench:timing",
  replay: "npm run bench:replay",
  webhooks: "npm run bench:webhooks",
  bench: "npm run bench",
};

/**
 * What SECURITY.md shows: what of which file, with names of figures in braces. The files hold more; timing, replay, webhooks and bench have pages of their own.
 * @type {readonly (readonly [file: string, what: string, figures: string])[]}
 */
export const shown = [
  ["constant-time", "Exports run with every secret bit marked", "{exports with a contract}, in {calls run with marked secrets} calls and {instructions run with marked secrets} instructions"],
  ["constant-time", "HMAC: key lengths by message lengths", "{key lengths by message lengths, in the lean and the rich module} pairs in the lean and in the rich module"],
  ["constant-time", "Lengths of secrets compared", "{lengths of secrets compared, in the lean and the rich module} in the lean and in the rich module"],
  ["constant-time", "Secret bytes left in memory by a call", "{secret bytes left in memory by a call, lean module} in the lean module, {secret bytes left in memory by a call, guard module} in the guard module, {secret bytes left in memory by a call, messages module} in the messages module, {secret bytes left in memory by a call, rich module} in the rich one"],
  ["constant-time", "Bytes of stack that secrets reach, and that are wiped or in use", "{bytes of stack that secrets reach, lean module} of {bytes of stack in use, wiping included, lean module}; {bytes of stack that secrets reach, guard module} of {bytes of stack in use, wiping included, guard module}; {bytes of stack that secrets reach, messages module} of {bytes of stack in use, wiping included, messages module}; {bytes of stack that secrets reach, rich module} of {bytes of stack in use, wiping included, rich module}"],
  ["constant-time", "Leaks planted and found; instructions held to V8", "{leaks caught}; {instructions of WebAssembly known, and tried against V8}, in {runs compared with V8} runs"],
  ["trace", "Traces that had to be equal, and were", "{trace equality: cases} cases of {trace equality: runs} runs; one of `verifyCall` has {trace of verifyCall: points} points, {trace of verifyCall: addresses} addresses, {trace of verifyCall: decisions} decisions"],
  ["native", "V8's machine code: Node.js (V8), with Liftoff and with TurboFan", "{V8's machine code: Node.js (V8), each with Liftoff and TurboFan}"],
  ["native", "Jumps and addresses there that depend on a secret, beside the public decisions", "{V8's machine code: jumps and addresses that depend on a secret, beside the public decisions}, in {V8's machine code: calls in each configuration} calls of {V8's machine code: functions} functions; {V8's machine code: deliberate leaks caught in each configuration} planted leaks found"],
  ["memory", "Bytes left, searched for in Node.js", "{bytes left}: {public functions} public functions, {rows of uses} uses, {looks at the memory} looks, {patterns searched for} patterns"],
  ["memory", "Traps provoked, at each of which nothing was taken for a yes", "{trap points} in {uses that were trapped} uses, {bytes left by a trap} bytes left"],
  ["memory", "Flat memory", "{calls with flat memory} calls, {messages and deliveries with flat memory} messages and deliveries, {keyrings with flat memory} keyrings, {contexts with forgotten handles} contexts with forgotten handles"],
  ["mutants", "Mutants of the crate, without the files named in `tests/mutants/mutants.toml`", "{mutants of the crate}: {mutants killed by its tests} killed, {mutants that do not compile} do not compile, {mutants that no test can tell from the crate (tests/mutants/equivalent.mjs)} make no difference, {mutants that survived} survived"],
  ["fuzz", "Inputs run by libFuzzer, {seconds of fuzzing for each target} s a target", "tokens {inputs run by libFuzzer: token parsing}, values {inputs run by libFuzzer: value encoding}, calls {inputs run by libFuzzer: signing and verifying calls}, secrets {inputs run by libFuzzer: secrets and keys}, keyrings {inputs run by libFuzzer: keyrings}, lists {inputs run by libFuzzer: lists of callers and functions}, HTTP messages {inputs run by libFuzzer: signed HTTP messages}, webhooks {inputs run by libFuzzer: webhooks}"],
  ["fuzz", "Random values held to a second encoder, and changed JSON texts", "{random values held to a second encoder and to Convex's JSON} and {changed JSON texts held to the value that was signed}; {inputs and values that failed} of all these failed"],
];

/** @typedef {Record<string, string | number>} Figures */

/** Files that are missing, or that nobody knows. @returns {string[]} */
export function problems() {
  const there = readdirSync(join(root, "tests/figures")).filter((name) => name.endsWith(".json"));
  return [
    ...Object.entries(commands).filter(([name]) => !there.includes(`${name}.json`)).map(([name, command]) => `tests/figures/${name}.json is missing: run ${command}`),
    ...there.filter((name) => !(name.slice(0, -".json".length) in commands)).map((name) => `tests/figures/${name} is not in the list of tests/figures/table.mjs`),
  ];
}

/** @param {string} name @returns {Figures} */
export function readFigures(name) {
  /** @type {unknown} */
  const parsed = JSON.parse(readFileSync(join(root, `tests/figures/${name}.json`), "utf8"));
  if (typeof parsed !== "object" || parsed === null || Object.keys(parsed).length === 0) throw new Error(`tests/figures/${name}.json holds no figures.`);
  for (const [key, value] of Object.entries(parsed)) {
    if (typeof value === "string" ? value === "" : !Number.isFinite(value)) throw new Error(`tests/figures/${name}.json: "${key}" is neither a number nor a text.`);
  }
  return /** @type {Figures} */ (parsed);
}

/** The table. */
export function table() {
  const rows = shown
    .filter(([name]) => existsSync(join(root, `tests/figures/${name}.json`)))
    .map(([name, what, text]) => [filled(what, name), `[${filled(text, name)}](tests/figures/${name}.json)`, `\`${commands[name]}\``]);
  return ["| what | figures | command |", "|---|---|---|", ...rows.map((cells) => `| ${cells.join(" | ")} |`)].join("\n");
}

/** A text with the figures of a file in the places of their names. @param {string} text @param {string} file */
export function filled(text, file) {
  const figures = readFigures(file);
  return text.replaceAll(/\{(.+?)\}/g, (_, name) => {
    const value = figures[name];
    if (value === undefined) throw new Error(`tests/figures/${file}.json has no figure "${name}".`);
    return format(value);
  });
}

/** Numbers as people write them: 1,234,567. @param {string | number} value */
function format(value) {
  return typeof value === "number" ? value.toLocaleString("en-US", { maximumFractionDigits: 20 }) : value;
}

/** A text with the table between its two markers, in the place of whatever was there. @param {string} text */
export function withTable(text) {
  const [before, rest, ...more] = text.split(begin);
  const [old, after, ...others] = rest?.split(end) ?? [];
  if (before === undefined || old === undefined || after === undefined || more.length + others.length > 0) throw new Error(`SECURITY.md must have each marker once: ${begin} and ${end}`);
  return `${before}${begin}\n\n${table()}\n\n${end}${after}`;
}
