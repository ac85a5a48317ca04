// tests/figures/timing.json: a line of text for each thing measured, which is read again where it is shown.

import { readFileSync, writeFileSync } from "node:fs";
import { KEPT } from "./statistics.mjs";
import { LIMIT } from "./measure.mjs";

/** @typedef {import("./measure.mjs").Result} Result */
/** @typedef {{ version: string, found: { width: number, height: number } | undefined }} Steps */
/** @typedef {{ machine: string, rows: Pick<Result, "name" | "t" | "difference" | "each" | "over" | "rounds">[], steps: Steps[] }} Measured */

const path = new URL("../../figures/timing.json", import.meta.url);
const MACHINE = "timing was measured on";
const ROW = "timing of ";
const STEPS = "steps of `===` in Node.js ";
const NONE = "none found";

/** @param {number} value */
const digits = (value) => (Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 1 ? value.toFixed(1) : value.toFixed(2));

/** @param {Measured} measured */
export function writeFigures({ machine, rows, steps }) {
  const entries = [
    [MACHINE, machine],
    ...rows.map(({ name, t, difference, each, over, rounds }) => [`${ROW}${name}`, `|t| ${digits(Math.abs(t))}, ${digits(difference)} ns of ${digits(each)} ns, over ${LIMIT} in ${over} of ${rounds} rounds`]),
    ...steps.map(({ version, found }) => [`${STEPS}${version}`, found === undefined ? NONE : `${found.width} characters, ${digits(found.height)} ns`]),
  ];
  writeFileSync(path, `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
}

/** @param {string} text @param {RegExp} pattern @returns {string[]} */
function parts(text, pattern) {
  const found = pattern.exec(text);
  if (found === null) throw new Error(`tests/figures/timing.json: "${text}" was not understood`);
  return found.slice(1);
}

/** What the file says. */
export function readFigures() {
  /** @type {Record<string, string>} */
  const figures = JSON.parse(readFileSync(path, "utf8"));
  const of = (/** @type {string} */ start) => Object.entries(figures).filter(([key]) => key.startsWith(start)).map(([key, text]) => ({ name: key.slice(start.length), text }));
  return {
    machine: String(figures[MACHINE]),
    rows: of(ROW).map(({ name, text }) => {
      const [t = "", difference = "", each = "", over = "", rounds = ""] = parts(text, /^\|t\| ([\d.]+), (-?[\d.]+) ns of ([\d.]+) ns, over [\d.]+ in (\d+) of (\d+) rounds$/);
      return { name, t, difference, each, over: Number(over), rounds: Number(rounds) };
    }),
    steps: of(STEPS).map(({ name, text }) => {
      if (text === NONE) return { version: name, found: undefined };
      const [width = "", height = ""] = parts(text, /^(\d+) characters, (-?[\d.]+) ns$/);
      return { version: name, found: { width: Number(width), height } };
    }),
  };
}

/** @typedef {ReturnType<typeof readFigures>} Figures */

/** What must be so for the rest to mean anything. @param {{ rows: readonly { name: string, t: number | string }[] }} measured @returns {string[]} */
export function doubts({ rows }) {
  const controls = rows.filter(({ name }) => name.startsWith("control: "));
  const [leaky, same] = controls.map(({ t }) => Math.abs(Number(t)));
  if (controls.length !== 2 || leaky === undefined || same === undefined) return ["The two controls were not measured."];
  return [
    ...(leaky > LIMIT ? [] : [`The control that leaks was not found (|t| ${leaky}).`]),
    ...(same > LIMIT ? [`The control without a difference has |t| ${same}: something else than the candidates makes the difference.`] : []),
  ];
}

export const cut = `the slowest ${Math.round(100 * (1 - KEPT))} %`;
