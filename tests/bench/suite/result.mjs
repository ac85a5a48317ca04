// What was measured of each row, and whether that is enough.

import { median } from "./statistics.mjs";

/** @typedef {import("./rows.mjs").Row} Row */
/** @typedef {import("./statistics.mjs").Spread} Spread */
/** @typedef {{ ours: number, theirs: number, ratio: Spread, rounds?: number, processes?: number, wall?: { ours: number, theirs: number, ratio: Spread } }} Ratio in the row's unit; a ratio above 1 is in our favour */
/** @typedef {{ value: number, points?: { size: number, us: number }[] }} Value `points`: what it was read off */
/** @typedef {Row & { byNode: Record<string, Ratio | Value>, figure: number }} Result `figure`: of a ratio the median over the versions of Node.js, of a value the most */
/** @typedef {{ machine: string, nodes: string[], processes: number, rows: Result[] }} Figures tests/figures/bench.json */

/** No version of Node.js may fall behind what is asserted by more than this, though it is the median over the versions that must reach it. */
export const SLACK = 0.9;

/** @param {Ratio | Value} measured */
export const figureOf = (measured) => ("ratio" in measured ? measured.ratio.median : measured.value);

/** @param {Row} row @param {Record<string, Ratio | Value>} byNode @returns {Result} */
export function resultOf(row, byNode) {
  const figures = Object.values(byNode).map(figureOf);
  return { ...row, byNode, figure: row.kind === "ratio" ? median(figures) : Math.max(...figures) };
}

const rounded = (/** @type {number} */ value) => Math.round(100 * value) / 100;

/**
 * What a result lacks of what is asserted of it: its floor if it has one, or else its gate. The median over the versions of Node.js must reach that, and
 * each version nine tenths of it.
 * @param {Result} result
 * @returns {string | undefined}
 */
export function shortfall({ name, kind, unit, gate, floor, byNode, figure }) {
  const asked = floor ?? gate;
  if (asked === undefined) return undefined;
  const called = floor === undefined ? "gate" : "floor";
  // Not a number is never enough.
  if (kind === "value") return figure <= asked ? undefined : `${name}: ${rounded(figure)} ${unit}, ${rounded(figure - asked)} over the ${called} of ${asked}`;
  if (!(figure >= asked)) return `${name}: ${figure.toFixed(2)}, ${(asked - figure).toFixed(2)} under the ${called} of ${asked}`;
  const behind = Object.entries(byNode).filter(([, measured]) => !(figureOf(measured) >= SLACK * asked));
  if (behind.length === 0) return undefined;
  return `${name}: ${behind.map(([version, measured]) => `${figureOf(measured).toFixed(2)} in Node.js ${version}`).join(", ")}, under ${SLACK} of the ${called} of ${asked}`;
}

/** All that is missing; rows with a gate must have been measured. @param {readonly Result[]} results @param {readonly Row[]} asked */
export function shortfalls(results, asked) {
  const missing = asked.filter(({ gate, name }) => gate !== undefined && !results.some((result) => result.name === name));
  return [...results.flatMap((result) => shortfall(result) ?? []), ...missing.map(({ name }) => `${name}: not measured`)];
}
