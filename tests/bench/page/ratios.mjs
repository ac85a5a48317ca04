// How many times ours each peer takes, row by row, on a logarithmic scale, with the least that is asserted of each row.
import { WIDTH, axis, colours, draw, finite, title } from "./draw.mjs";

/** @typedef {import("../suite/result.mjs").Figures} Figures */

const ROW = 24;
const TOP = 76;
const LEFT = 372;

/** @param {Figures} figures */
export async function ratios({ rows }) {
  const shown = rows.filter(({ kind, part }) => kind === "ratio" && part !== "cost");
  if (shown.length === 0) throw new Error("There is no ratio to draw.");
  for (const { figure, name } of shown) finite(figure, name);
  const all = shown.flatMap(({ figure, gate }) => (gate === undefined ? [figure] : [figure, gate]));
  // Whole powers of 2, with room for the text behind the longest bar.
  const [least, most] = [2 ** Math.floor(Math.log2(Math.min(0.5, ...all))), 2 ** Math.ceil(Math.log2(1.5 * Math.max(4, ...all)))];
  const height = TOP + shown.length * ROW + 50;
  /** @param {unknown} _ @param {any} api */
  const bar = (_, api) => {
    const row = api.value(0);
    const [from, to] = [api.coord([1, row]), api.coord([api.value(1), row])];
    const [left, right] = [Math.min(from[0], to[0]), Math.max(from[0], to[0])];
    const gate = shown[row]?.gate;
    const mark = gate === undefined ? undefined : api.coord([gate, row])[0];
    const isAhead = api.value(1) >= 1;
    // Beside the bar, and not on the mark.
    const text = Math.max(right, mark !== undefined && mark < right + 46 ? mark : right) + 7;
    return {
      type: "group",
      children: [
        { type: "rect", shape: { x: left, y: to[1] - 7, width: Math.max(1, right - left), height: 14 }, style: { fill: isAhead ? colours.ours : colours.behind } },
        ...(mark === undefined ? [] : [{ type: "line", shape: { x1: mark, y1: to[1] - 10, x2: mark, y2: to[1] + 10 }, style: { stroke: colours.gate, lineWidth: 2 } }]),
        { type: "text", x: text, y: to[1], style: { text: `x${api.value(1).toFixed(2)}`, fill: colours.text, fontSize: 12, verticalAlign: "middle" } },
      ],
    };
  };
  const option = {
    title: title("How many times our time each peer takes", 12, "Right of 1: countersign is faster. The mark is the goal of the row. Median over the versions of Node.js."),
    grid: { left: LEFT, top: TOP, bottom: 40, width: WIDTH - LEFT - 24 },
    xAxis: { type: "log", logBase: 2, min: least, max: most, axisLabel: { ...axis.label, formatter: (/** @type {number} */ value) => String(value) }, axisLine: axis.line, splitLine: axis.grid },
    yAxis: { type: "category", inverse: true, data: shown.map(({ name }) => name), axisLabel: { ...axis.label, color: colours.text, interval: 0 }, axisTick: { show: false }, axisLine: { show: false } },
    series: [{ type: "custom", renderItem: bar, data: shown.map(({ figure }, row) => [row, figure]), encode: { x: 1, y: 0 } }],
  };
  return draw(option, height, "How many times countersign's time each peer takes");
}
