import { parse } from "../vendor/dotenv.js";

/** One assignment of an env file. Names may come more than once: the last one counts. */
export interface EnvEntry {
  name: string;
  /** The value as it stands in the file, with its quotes, without white space around it. */
  raw: string;
  /** As dotenv reads it, before `$` is expanded. */
  value: string;
  /** Counted from 1; where the name stands. */
  line: number;
  /** The quotes that dotenv takes off. */
  quote: "" | "'" | '"' | "`";
  exported: boolean;
  /** Where things stand in the text: the name, or `export` in its line, and the raw value. */
  span: { start: number; valueStart: number; valueEnd: number };
}

export interface EnvFile {
  entries: EnvEntry[];
  hasBom: boolean;
  lineEnding: "\n" | "\r\n" | "\r";
}

// dotenv's own expression, with names for the groups: dotenv tells values and no places, and an edit needs places. parseEnvFile holds one to the other.
const LINE = /(?:^|^)\s*(?<exported>export\s+)?(?<name>[\w.-]+)(?<equals>\s*=\s*?|:\s+?)(?<value>\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?(?:$|$)/dgm;

/** Reads an env file as dotenv does, and says where everything stands. */
export function parseEnvFile(text: string): EnvFile {
  // dotenv reads every line ending as \n; an edit counts in the text as it is.
  const { normal, places } = withPlainLineEndings(text);
  const entries: EnvEntry[] = [];
  let line = 1;
  let counted = 0;
  for (const match of normal.matchAll(LINE)) {
    const groups = match.groups as Record<string, string | undefined>;
    const indices = match.indices?.groups as Record<string, [number, number] | undefined>;
    const [, afterEquals] = indices["equals"] as [number, number];
    const written = groups["value"] ?? "";
    const trimmed = written.trim();
    const [from] = indices["value"] ?? [afterEquals];
    // White space alone is no value: what is put there stands right after the equals sign.
    const valueStart = trimmed === "" ? afterEquals : from + written.indexOf(trimmed);
    const valueEnd = valueStart + trimmed.length;
    const [name] = indices["name"] as [number, number];
    const exported = groups["exported"] ?? "";
    // dotenv lets the name follow in the next line; `export` then is not of the name's line.
    const start = exported.includes("\n") ? name : name - exported.length;
    line += count(normal.slice(counted, name), "\n");
    counted = name;
    entries.push({
      name: groups["name"] as string,
      raw: text.slice(places(valueStart), places(valueEnd)),
      value: unquoted(trimmed),
      line,
      quote: quoteOf(trimmed),
      exported: exported !== "",
      span: { start: places(start), valueStart: places(valueStart), valueEnd: places(valueEnd) },
    });
  }
  hold(text, entries);
  return { entries, hasBom: text.startsWith("\uFEFF"), lineEnding: lineEndingOf(text) };
}

/** As in dotenv: the quotes go by line, so that a value of several lines may lose some inside. */
function unquoted(trimmed: string): string {
  const value = trimmed.replace(/^(['"`])([\s\S]*)\1$/gm, "$2");
  return trimmed.startsWith('"') ? value.replace(/\\n/g, "\n").replace(/\\r/g, "\r") : value;
}

function quoteOf(trimmed: string): EnvEntry["quote"] {
  const first = trimmed.charAt(0);
  return trimmed.length > 1 && trimmed.endsWith(first) && (first === "'" || first === '"' || first === "`") ? first : "";
}

/** @throws Error if dotenv reads another value: then its expression has changed, and no edit is safe. */
function hold(text: string, entries: readonly EnvEntry[]): void {
  const theirs = parse(text);
  const ours: Record<string, string> = {};
  for (const { name, value } of entries) ours[name] = value;
  const names = Object.keys(theirs);
  const same = names.length === Object.keys(ours).length && names.every((name) => Object.hasOwn(ours, name) && ours[name] === theirs[name]);
  if (!same) throw new Error("countersign and dotenv read this env file differently.");
}

function withPlainLineEndings(text: string): { normal: string; places: (index: number) => number } {
  const removed: number[] = [];
  const normal = text.replace(/\r\n?/g, (ending, offset: number) => {
    if (ending.length === 2) removed.push(offset - removed.length);
    return "\n";
  });
  /** The place in the text of a place in `normal`: for each pair before it, one more. */
  const places = (index: number) => {
    let low = 0;
    let high = removed.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((removed[middle] as number) < index) low = middle + 1;
      else high = middle;
    }
    return index + low;
  };
  return { normal, places };
}

function lineEndingOf(text: string): EnvFile["lineEnding"] {
  const pairs = count(text, "\r\n");
  const feeds = count(text, "\n") - pairs;
  const returns = count(text, "\r") - pairs;
  if (pairs > feeds && pairs >= returns) return "\r\n";
  return returns > feeds ? "\r" : "\n";
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}
