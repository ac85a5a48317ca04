// Calls a second by the number of their arguments, and messages a second by the length of their bodies: on logarithmic scales, where what grows in
// proportion is a straight line.
import { WIDTH, axis, colours, draw, finite, title } from "./draw.mjs";

/** @typedef {import("../suite/result.mjs").Figures} Figures */

/** Of the newest Node.js that was measured. @param {Figures} figures @param {string} name */
function points({ rows }, name) {
  const measured = Object.values(rows.find((row) => row.name === `growth of ${name}, slope`)?.byNode ?? {}).at(-1);
  if (measured === undefined || !("value" in measured) || measured.points === undefined) throw new Error(`Nothing was measured of the growth of ${name}.`);
  return measured.points.map(({ size, us }) => [size, finite(1e6 / us, `growth of ${name}`)]);
}

const bytes = (/** @type {number} */ value) => (value >= 2 ** 20 ? `${value / 2 ** 20} MB` : `${value / 1024} kB`);
const count = (/** @type {number} */ value) => value.toLocaleString("en");

/** @param {Figures} figures */
export async function growth(figures) {
  /** @param {string} name @param {string} called @param {string} colour @param {number} index */
  const line = (name, called, colour, index) => ({ name: called, type: "line", xAxisIndex: index, yAxisIndex: index, data: points(figures, name), symbol: "circle", symbolSize: 7, color: colour, lineStyle: { width: 2, color: colour } });
  const [left, width] = [76, (WIDTH - 2 * 76 - 40) / 2];
  const right = left + width + 76;
  const lines = [line("calls", "signCall + verifyCall", colours.ours, 0), line("hmac", "verifyHmacSha256", colours.ours, 1), line("webhooks", "verifyWebhook", colours.behind, 1), line("messages", "sign + verifyMessage", colours.other, 1)];
  const yAxis = (/** @type {number} */ gridIndex) => ({ type: "log", gridIndex, name: "a second", nameTextStyle: axis.label, axisLabel: { ...axis.label, formatter: count }, splitLine: axis.grid });
  const option = {
    title: [title("Calls a second, by arguments", 12), { ...title("Messages a second, by bytes of the body", 12), left: right - 52 }],
    legend: { top: 44, left: right - 56, itemWidth: 16, itemGap: 30, textStyle: { ...axis.label, color: colours.text }, data: lines.slice(1).map(({ name }) => name) },
    grid: [{ left, width, top: 108, bottom: 40 }, { left: right, width, top: 108, bottom: 40 }],
    xAxis: [
      { type: "log", gridIndex: 0, axisLabel: { ...axis.label, formatter: count }, splitLine: axis.grid, axisLine: axis.line },
      { type: "log", logBase: 4, min: 1024, max: 2 ** 20, gridIndex: 1, axisLabel: { ...axis.label, formatter: bytes }, splitLine: axis.grid, axisLine: axis.line },
    ],
    yAxis: [yAxis(0), yAxis(1)],
    series: lines,
  };
  return draw(option, 400, "Calls a second by the number of arguments, and messages a second by the length of the body");
}
