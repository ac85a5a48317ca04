// The figures of SECURITY.md: each comes from a file of this folder, which a command has written or compared with what it measured.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const begin = "<!-- figures: written by node tests/figures/write.mjs -->";
const end = "<!-- end of figures -->";

/** The files there must be, and the command that makes each. @type {Readonly<Record<string, string>>} */
export const commands = {
  "constant-time": "npm test",
  trace: "npm test",
  memory: "npm test",
  mutants: "npm run mutants",
  fuzz: "npm run fuzz",
  native: "npm run test:ct-native",
  timing: "npm run bench:timing",
};

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

/** The table: every figure of every file that is there. */
export function table() {
  const rows = Object.entries(commands)
    .filter(([name]) => existsSync(join(root, `tests/figures/${name}.json`)))
    .flatMap(([name, command]) => Object.entries(readFigures(name)).map(([key, value]) => [cell(name, key), format(value), `\`${command}\``]));
  return ["| figure | value | command |", "|---|---|---|", ...rows.map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)].join("\n");
}

/** A figure by its name, with what it is of in front, and where it comes from. @param {string} name @param {string} key */
export function cell(name, key) {
  return `[${key.startsWith(name) ? key : `${name}: ${key}`}](tests/figures/${name}.json)`;
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
