import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../command.js";
import { CliError } from "../errors.js";
import type { Project } from "../project/index.js";
import { valuesOf } from "./edit.js";
import { copyOf, expandInto } from "./expand.js";
import type { EnvEntry } from "./parse.js";
import { parseEnvFile } from "./parse.js";

export type Mode = "development" | "production";

/** Where a value comes from. */
export interface Source {
  /** `process`: the environment of the process; otherwise the file's name, for example `.env.local`. */
  source: string;
  /** Counted from 1; only in a file. */
  line?: number;
  /** As written there, before `$` is expanded. */
  written: string;
  /** How it stands in the file, quotes and all. */
  entry?: EnvEntry;
}

export interface NextVariable extends Source {
  name: string;
  /** What `process.env` holds in Next.js. */
  value: string;
  /** Where else it stands without counting: first what would count next. */
  shadows: Source[];
}

export interface NextEnvironment {
  mode: Mode;
  /** The folder of the files. */
  folder: string;
  variables: ReadonlyMap<string, NextVariable>;
  /** The files that are there, the strongest first. `problem`: why Next.js leaves it out. */
  files: { name: string; path: string; text: string; entries: EnvEntry[]; problem?: string }[];
}

/** The files Next.js reads, the strongest first. */
export function nextEnvFiles(mode: Mode): string[] {
  return [`.env.${mode}.local`, ".env.local", `.env.${mode}`, ".env"];
}

/** The environment that Next.js makes: what the process has wins, then the files in their order, with `$` expanded as it does that. */
export function readNextEnvironment(project: Project, context: Context, mode: Mode): NextEnvironment {
  if (project.next === undefined) throw new CliError("There is no Next.js app here.", "Run this in its folder, or name it with --next <folder>.");
  const { folder } = project.next;
  const initial = copyOf(context.environment);
  // dotenv-expand writes into the environment while it goes through the files, and later files see that.
  const running = copyOf(context.environment);
  const loaded: Record<string, string> = {};
  const sources = new Map<string, Source[]>();
  const add = (name: string, source: Source) => void sources.set(name, [...(sources.get(name) ?? []), source]);
  for (const [name, written] of Object.entries(initial)) add(name, { source: "process", written: written ?? "" });
  const files: NextEnvironment["files"] = [];
  for (const name of nextEnvFiles(mode)) {
    const path = join(folder, name);
    const read = readEnvFile(path);
    if (read === undefined) continue;
    if (read.text === undefined) {
      files.push({ name, path, text: "", entries: [], problem: read.problem });
      continue;
    }
    const { entries } = parseEnvFile(read.text);
    let values: Record<string, string>;
    try {
      values = expandInto(running, valuesOf(entries));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      files.push({ name, path, text: read.text, entries, problem: "a variable in it refers to itself with $" });
      continue;
    }
    files.push({ name, path, text: read.text, entries });
    for (const [variable, value] of Object.entries(values)) {
      // Next.js asks both objects this way, with what they inherit.
      if (initial[variable] === undefined && loaded[variable] === undefined) loaded[variable] = value;
    }
    // Of one name the last counts.
    const seen = new Set<string>();
    for (const entry of entries.toReversed()) {
      if (seen.has(entry.name) || !Object.hasOwn(values, entry.name)) continue;
      seen.add(entry.name);
      add(entry.name, { source: name, line: entry.line, written: entry.value, entry });
    }
  }
  const variables = new Map<string, NextVariable>();
  for (const [name, [first, ...shadows]] of sources) {
    if (first === undefined) continue;
    variables.set(name, { ...first, name, value: (Object.hasOwn(loaded, name) ? loaded[name] : running[name]) ?? first.written, shadows });
  }
  return { mode, folder, variables, files };
}

/** @returns `undefined` if there is none; without a text if Next.js could not read it either. */
export function readEnvFile(path: string): { text: string } | { text?: undefined; problem: string } | undefined {
  try {
    const found = statSync(path);
    if (!found.isFile() && !found.isFIFO()) return undefined;
    return { text: readFileSync(path, "utf8") };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    return { problem: `it cannot be read (${code ?? String(error)})` };
  }
}
