import { CliError } from "../errors.js";
import { expandInto } from "./expand.js";
import type { EnvEntry } from "./parse.js";
import { parseEnvFile } from "./parse.js";

/**
 * The text with this variable set; every other byte stays. Next.js reads back exactly this value, and for all other variables what it read before.
 * A name that comes several times gets the value at the last place, which is the one that counts.
 *
 * @throws CliError if there is no way to write the value here.
 */
export function setVariable(text: string, name: string, value: string): string {
  requireName(name);
  const { entries, lineEnding } = parseEnvFile(text);
  const place = entries.findLastIndex((entry) => entry.name === name);
  const old = entries[place];
  const write = (written: string) => {
    if (old !== undefined) return text.slice(0, old.span.valueStart) + written + text.slice(old.span.valueEnd);
    const separator = text === "" || text === "\uFEFF" || /[\r\n]$/.test(text) ? "" : lineEnding;
    return `${text}${separator}${name}=${written}${lineEnding}`;
  };
  const others = entries.filter((_, index) => index !== place);
  for (const written of waysToWrite(value)) {
    const edited = write(written);
    const after = parseEnvFile(edited).entries;
    const at = old === undefined ? after.length - 1 : place;
    const same = after[at]?.name === name && sameEntries(others, after.filter((_, index) => index !== at));
    if (same && readBack(after, name) === value) return edited;
  }
  throw explained(text, entries, old, name, value);
}

/** The text without this variable, however often it was there: its lines go, every other byte stays. */
export function removeVariable(text: string, name: string): string {
  requireName(name);
  const { entries } = parseEnvFile(text);
  let edited = text;
  for (const entry of entries.toReversed()) {
    if (entry.name !== name) continue;
    const { start, end } = linesOf(edited, entry);
    edited = edited.slice(0, start) + edited.slice(end);
  }
  const others = entries.filter((entry) => entry.name !== name);
  if (!sameEntries(others, parseEnvFile(edited).entries)) {
    throw new CliError(`${name} cannot be taken out of the env file: without its line the lines around it would be read differently.`, "Remove the line by hand, and look at the quotes around it.");
  }
  return edited;
}

/** From the simplest on. Which of them dotenv reads back depends on the quotes in the value and on the lines after it, so each is tried. */
function* waysToWrite(value: string): Generator<string> {
  // dotenv-expand leaves a `$` alone that has a backslash in front, and takes the backslash away.
  const escaped = value.replaceAll("$", "\\$");
  if (/^[\w.~:/@%+,=-]+$/.test(value)) yield value;
  // In double quotes, and nowhere else, a line ending can be written as \n; what reads like that already cannot.
  const doubled = /\\[nr]/.test(escaped) ? undefined : `"${escaped.replaceAll("\n", "\\n").replaceAll("\r", "\\r")}"`;
  if (doubled !== undefined && !value.includes('"')) yield doubled;
  yield `'${escaped}'`;
  yield `\`${escaped}\``;
  // dotenv takes the outer quotes away whatever is between them, if the line ends there.
  if (doubled !== undefined) yield doubled;
  if (!/[#\r\n]/.test(escaped)) yield escaped;
}

/** What Next.js makes of it where the process has no variables; `undefined` if it cannot read the file. */
function readBack(entries: readonly EnvEntry[], name: string): string | undefined {
  try {
    return expandInto({}, valuesOf(entries))[name];
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** As dotenv gives them: of one name, the last. */
export function valuesOf(entries: readonly EnvEntry[]): Record<string, string> {
  const values: Record<string, string> = {};
  for (const { name, value } of entries) values[name] = value;
  return values;
}

function sameEntries(before: readonly EnvEntry[], after: readonly EnvEntry[]): boolean {
  return before.length === after.length && before.every(({ name, raw, value }, index) => after[index]?.name === name && after[index].raw === raw && after[index].value === value);
}

function explained(text: string, entries: readonly EnvEntry[], old: EnvEntry | undefined, name: string, value: string): CliError {
  if (text !== "" && readBack(entries, name) === undefined && refersToItself(entries)) {
    return new CliError("Next.js cannot read this env file: a variable in it refers to itself with $, so the whole file is left out.", "Write \\$ where a dollar sign is meant.");
  }
  if (text !== "" && canBeWritten(name, value)) {
    const where = old === undefined ? "at the end of the env file" : `in line ${old.line} of the env file`;
    return new CliError(`${name} cannot be written ${where} without changing how other lines are read.`, "Look for a quote that is opened and never closed, close it, and run the command again.");
  }
  return new CliError(`The value for ${name} cannot be written into an env file: it has several kinds of quotes, or a carriage return, and dotenv has no way to escape them.`, "Choose a value without quotes; countersign keygen makes one.");
}

function canBeWritten(name: string, value: string): boolean {
  return [...waysToWrite(value)].some((written) => {
    const { entries } = parseEnvFile(`${name}=${written}\n`);
    return entries.length === 1 && readBack(entries, name) === value;
  });
}

function refersToItself(entries: readonly EnvEntry[]): boolean {
  try {
    expandInto({}, valuesOf(entries));
    return false;
  } catch (error) {
    if (error instanceof RangeError) return true;
    throw error;
  }
}

/** The whole lines from the name to the end of the value, with what ends the last one. */
function linesOf(text: string, { span }: EnvEntry): { start: number; end: number } {
  let start = span.start;
  while (start > 0 && /[^\S\r\n\u2028\u2029\uFEFF]/.test(text.charAt(start - 1))) start--;
  const rest = /[\r\n]/.exec(text.slice(span.valueEnd));
  if (rest === null) return { start, end: text.length };
  const end = span.valueEnd + rest.index;
  return { start, end: end + (text.startsWith("\r\n", end) ? 2 : 1) };
}

function requireName(name: string): void {
  if (!/^[A-Za-z_]\w*$/.test(name) || name === "__proto__") throw new CliError(`${JSON.stringify(name)} is not the name of an environment variable.`, "A name has letters, digits and underscores, and begins with no digit.");
}
