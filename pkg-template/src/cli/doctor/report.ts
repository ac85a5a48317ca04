import { inspectSecret } from "../../inspect/index.js";
import type { Terminal } from "../terminal.js";
import type { Deployment, Facts, Unchecked } from "./facts.js";
import { convexValue, serverValue } from "./facts.js";
import type { Finding } from "./finding.js";
import type { Repaired } from "./fix.js";

/** One line of the table: what each side has. */
export interface Row {
  variable: string;
  next: (Shown & { from: string }) | null;
  /** `undefined` if the side was not looked at. */
  dev?: Shown | null;
  production?: Shown | null;
}

interface Shown {
  fingerprint: string;
  /** As logs and refusals name it, if the secret can be used. */
  keyId?: string;
}

export interface Examined {
  rows: Row[];
  findings: Finding[];
  unchecked: Unchecked[];
  notes: string[];
}

export function rows(facts: Facts): Row[] {
  const { fingerprints, next, dev, production } = facts;
  return facts.variables.map(({ name, isJudged }) => {
    const shown = (value: string): Shown => {
      const keyId = isJudged ? inspectSecret(value).keyId : undefined;
      return { fingerprint: fingerprints.show(value), ...(keyId === undefined ? {} : { keyId }) };
    };
    const on = (deployment: Deployment) => {
      const value = convexValue(deployment, name);
      return value === undefined ? null : shown(value);
    };
    const here = serverValue(facts, name);
    return {
      variable: name,
      next: here === undefined ? null : { ...shown(here), from: next.get(name)?.where ?? "" },
      ...(dev.variables === undefined ? {} : { dev: on(dev) }),
      ...(production.variables === undefined ? {} : { production: on(production) }),
    };
  });
}

/** What people see: both sides beside each other, then what is wrong, then what could not be looked at. */
export function show(terminal: Terminal, { rows, findings, unchecked, notes }: Examined, serverLabel: string, asked: { prod: boolean }): void {
  const { colours } = terminal;
  const { dim, green, red, yellow, bold } = colours;
  const cell = (side: Shown | null | undefined) => (side === undefined ? "not looked at" : side === null ? "not set" : side.fingerprint);
  const table = [
    ["variable", serverLabel === "Next.js" ? serverLabel : "server", "from", "Convex (dev)", ...(asked.prod ? ["Convex (production)"] : [])],
    ...rows.map(({ variable, next, dev, production }) => [variable, cell(next), next?.from ?? "", cell(dev), ...(asked.prod ? [cell(production)] : [])]),
  ];
  const widths = (table[0] as string[]).map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0)));
  for (const [index, line] of table.entries()) {
    const text = line.map((part, column) => part.padEnd(widths[column] ?? 0)).join("  ").trimEnd();
    terminal.line(index === 0 ? dim(text) : text);
  }
  for (const [keyId, names] of keyIds(rows, serverLabel)) terminal.line(dim(`· key ${keyId}: ${names.join(", ")}`));
  for (const { severity, code, where, message, why, fix } of findings) {
    terminal.line();
    terminal.line(`${severity === "error" ? red("✖") : yellow("!")} ${bold(where)}: ${message} ${dim(`(${code})`)}`);
    terminal.line(`  ${why}`);
    terminal.line(`  Fix: ${fix}`);
  }
  if (unchecked.length + notes.length > 0) terminal.line();
  for (const { what, because, fix } of unchecked) terminal.line(`${yellow("!")} Could not be checked: ${what}. ${because}${fix === undefined ? "" : ` ${fix}`}`);
  for (const note of notes) terminal.line(dim(`· ${note}`));
  terminal.line();
  terminal.line(summary(findings, unchecked, { green, red, yellow }));
}

/** What a refusal and its line in Convex's log call each key, and whose it is here. Only countersign's own have one there. */
function keyIds(rows: readonly Row[], server: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { variable, next, dev, production } of rows) {
    if (!variable.startsWith("COUNTERSIGN_")) continue;
    for (const [side, shown] of [[server, next], ["dev", dev], ["production", production]] as const) {
      if (shown?.keyId !== undefined) found.set(shown.keyId, [...(found.get(shown.keyId) ?? []), `${variable} (${side})`]);
    }
  }
  return found;
}

function summary(findings: readonly Finding[], unchecked: readonly Unchecked[], { green, red, yellow }: Pick<Terminal["colours"], "green" | "red" | "yellow">): string {
  const count = (severity: Finding["severity"], word: string) => {
    const { length } = findings.filter((finding) => finding.severity === severity);
    return length === 0 ? [] : [`${length} ${word}${length === 1 ? "" : "s"}`];
  };
  const found = [...count("error", "error"), ...count("warning", "warning")];
  const repairable = findings.filter(({ repair }) => repair !== undefined).length;
  if (found.length > 0) return `${findings.some(({ severity }) => severity === "error") ? red("✖") : yellow("!")} ${found.join(" and ")}.${repairable === 0 ? "" : ` --fix mends ${repairable === findings.length ? "all" : repairable} of them.`}`;
  return unchecked.length === 0 ? `${green("✔")} Nothing is wrong.` : `${yellow("!")} Nothing is wrong with what could be looked at.`;
}

/** For `--json`: without what only this process can do. */
export function json({ rows, findings, unchecked, notes }: Examined, repaired: readonly Repaired[], filesRead: number | undefined): object {
  return {
    ok: findings.length === 0 && unchecked.every(({ isSide }) => !isSide),
    variables: rows,
    findings: findings.map(({ repair, ...finding }) => ({ ...finding, fixable: repair !== undefined })),
    unchecked: unchecked.map(({ isSide: _, ...entry }) => entry),
    notes,
    ...(repaired.length === 0 ? {} : { repaired }),
    ...(filesRead === undefined ? {} : { filesRead }),
  };
}
