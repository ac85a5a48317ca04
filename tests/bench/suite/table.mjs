// The table as it is printed.

import { shortfall } from "./result.mjs";

/** @typedef {import("./result.mjs").Result} Result */

const times = (/** @type {number} */ value) => value.toFixed(2);
const digits = (/** @type {number} */ value) => (value >= 1000 ? Math.round(value).toLocaleString("en") : value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
/** @param {number | undefined} value */
const goalText = (value) => (value === undefined ? "" : value.toLocaleString("en"));

/** @param {Result} result @param {readonly string[]} versions */
function cells(result, versions) {
  const { name, unit, kind, gate, aim, floor, byNode, figure } = result;
  const [first] = Object.values(byNode);
  const took = first !== undefined && "ratio" in first ? [digits(first.ours), digits(first.theirs), unit] : ["", "", unit];
  const each = versions.map((version) => {
    const measured = byNode[version];
    if (measured === undefined) return "";
    return "ratio" in measured ? `${times(measured.ratio.median)} (${times(measured.ratio.low)}-${times(measured.ratio.high)})` : measured.value.toLocaleString("en", { maximumFractionDigits: 2 });
  });
  const verdict = gate === undefined ? "" : shortfall(result) !== undefined ? "MISSES" : floor !== undefined ? "floor" : aim !== undefined && (kind === "ratio" ? figure >= aim : figure <= aim) ? "aim" : "gate";
  return [name, ...took, ...each, goalText(gate), goalText(aim), verdict];
}

/** @param {readonly Result[]} results */
export function table(results) {
  const versions = [...new Set(results.flatMap(({ byNode }) => Object.keys(byNode)))].sort((one, other) => one.localeCompare(other, "en", { numeric: true }));
  const lines = [["", "ours", "theirs", "", ...versions, "gate", "aim", "reaches"], ...results.map((result) => cells(result, versions))];
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  const text = lines.map((line) => line.map((cell, column) => (column === 0 || column === 3 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join("  ").trimEnd());
  const reasons = results.filter(({ floor }) => floor !== undefined).map(({ name, gate, floor, why }) => `${name}: ${floor} is asserted, not ${gate}: ${why}`);
  return [...text, "ours, theirs: medians in the first version of Node.js; then how many times ours theirs takes (80 % of all rounds): above 1, ours is faster", ...reasons].join("\n");
}
