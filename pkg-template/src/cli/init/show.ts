import type { Terminal } from "../terminal.js";
import type { Outcome, Step } from "./step.js";

const indented = (text: string) => text.split("\n").map((line) => `    ${line}`).join("\n");

/** A line for each step, and what a person has to do about those that cannot be done. */
export function showPlan(terminal: Terminal, steps: readonly Step[]): void {
  const { green, red, cyan, dim } = terminal.colours;
  for (const { state, title, note, fix } of steps) {
    const mark = { done: green("✔"), to_do: cyan("+"), cannot: red("✖") }[state];
    terminal.line(`${mark} ${title}${note === undefined || note === "" ? "" : dim(` (${note})`)}`);
    if (state === "cannot" && fix !== undefined) terminal.line(indented(fix));
  }
}

/** What changes in files, as diffs. */
export function showDiffs(terminal: Terminal, steps: readonly Step[]): void {
  const { green, red, dim } = terminal.colours;
  for (const { diff, state } of steps) {
    if (diff === undefined || state !== "to_do") continue;
    terminal.line();
    for (const line of diff.split("\n")) {
      const colour = /^(---|\+\+\+|@@)/.test(line) ? dim : line.startsWith("+") ? green : line.startsWith("-") ? red : String;
      terminal.line(colour(`  ${line}`));
    }
  }
}

const said: Record<Exclude<Outcome["result"], "already_done" | "done">, string> = {
  cannot: "needs you, see above",
  declined: "not done: you said no",
  skipped: "not done: it needs one that is not done",
  failed: "not done: it failed",
  not_done: "not done",
};

/** What became of one step. */
export function showOutcome(terminal: Terminal, { step, result }: Outcome): void {
  if (result === "already_done") return;
  const { green, red, yellow, dim } = terminal.colours;
  if (result === "done") {
    terminal.line(`${green("✔")} ${step.afterwards ?? step.title}`);
    return;
  }
  const mark = result === "cannot" || result === "failed" ? red("✖") : yellow("!");
  terminal.line(`${mark} ${step.title}${dim(` (${said[result]})`)}`);
}
