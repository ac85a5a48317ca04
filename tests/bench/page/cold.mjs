// What a guard adds to a query in a fresh context, over WebAssembly, @noble/hashes and crypto.subtle.
import { axis, colours, draw, finite, title } from "./draw.mjs";

/** @typedef {import("../suite/result.mjs").Figures} Figures */

/** Milliseconds by who does the work. @param {Figures} figures @param {string} state @returns {number[]} */
function times({ rows }, state) {
  const each = ["@noble/hashes", "crypto.subtle"].map((peer) => {
    const name = `cold guard ${state}, ${peer}`;
    const [measured] = Object.values(rows.find((row) => row.name === name)?.byNode ?? {});
    if (measured === undefined || !("ratio" in measured)) throw new Error(`Nothing was measured of "${name}".`);
    return measured;
  });
  return [each[0]?.ours, ...each.map(({ theirs }) => theirs)].map((ms) => finite(ms, `cold guard ${state}`));
}

/** @param {Figures} figures */
export async function cold(figures) {
  const states = ["seen", "unseen"];
  const found = states.map((state) => times(figures, state));
  const names = ["countersign", "over @noble/hashes", "over crypto.subtle"];
  const option = {
    title: title("Cold start of a guard: milliseconds it adds to a query in a fresh context", 12, "V8 14.6 with Convex's flags. Seen: this process compiled the same code before."),
    legend: { top: 58, left: 16, itemWidth: 14, itemGap: 36, itemHeight: 12, icon: "rect", textStyle: { ...axis.label, color: colours.text }, data: names },
    grid: { left: 96, right: 70, top: 92, bottom: 36 },
    xAxis: { type: "value", axisLabel: axis.label, splitLine: axis.grid },
    yAxis: { type: "category", inverse: true, data: states, axisLabel: { ...axis.label, color: colours.text, fontSize: 13 }, axisTick: { show: false }, axisLine: axis.line },
    series: names.map((name, i) => ({
      name,
      type: "bar",
      barWidth: 20,
      itemStyle: { color: [colours.ours, colours.peer, colours.other][i] },
      label: { show: true, position: "right", color: colours.text, fontSize: 12, formatter: (/** @type {{ value: number }} */ { value }) => `${value.toFixed(1)} ms` },
      data: found.map((each) => each[i]),
    })),
  };
  return draw(option, 300, "Milliseconds that a guard adds to a query in a fresh context");
}
