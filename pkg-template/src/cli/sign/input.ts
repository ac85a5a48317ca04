import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Context } from "../command.js";
import { CliError } from "../errors.js";

/** A header field as it was given with `-H`. */
export type HeaderField = readonly [name: string, value: string];

/** Adds a value to those of an option that may be given several times. */
export function several(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** The bytes of a file, or of stdin for `-`. @param what - For messages: `the body`. */
export async function readData(context: Context, path: string, what: string): Promise<Buffer> {
  if (path === "-") return context.terminal.input(`Pipe ${what} into the command, or name a file.`);
  try {
    return await readFile(resolve(context.folder, path));
  } catch (error) {
    throw new CliError(`${what.replace(/^t/, "T")} cannot be read from the file ${path}: ${reasonOf(error)}.`);
  }
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  const reasons: Readonly<Record<string, string | undefined>> = { ENOENT: "there is none", EISDIR: "it is a folder", EACCES: "this user may not" };
  return reasons[code ?? ""] ?? code ?? String(error);
}

/** Only one thing can come on stdin. @param wanted - What is to be read there, each by its option. */
export function oneOnStdin(wanted: readonly (string | undefined)[]): void {
  const names = wanted.filter((name) => name !== undefined);
  if (names.length > 1) throw new CliError(`${names.join(" and ")} both want stdin.`, "Give one of them in another way.");
}

/** The line end that `echo` and editors put behind a single value. */
export function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, "");
}

/** A field's name is a token (RFC 9110, section 5.6.2). */
export const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Reads `name: value`. A wrong one is not repeated: it may hold a credential. */
export function parseHeader(line: string): HeaderField {
  const colon = line.indexOf(":");
  const name = line.slice(0, colon);
  if (colon < 0 || !TOKEN.test(name)) throw new CliError("A header given with -H is not of the form 'name: value'.", "For example -H 'content-type: application/json'.");
  const value = line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "");
  if (/[^\t -~\u0080-\u00ff]/.test(value)) throw new CliError(`The header ${name} holds a line end or another character that no header can have.`);
  return [name, value];
}

/** A time as people have it: milliseconds since 1970, as in a token, or a date with its zone. */
export function parseTime(text: string, option: string): number {
  const example = `For example ${option} 2026-11-22T08:30:00Z, or milliseconds since 1970.`;
  if (/^\d{1,16}$/.test(text)) {
    const time = Number(text);
    if (time >= 1e11) return time;
    throw new CliError(`${option} ${text} looks like seconds, and is in milliseconds.`, `Give ${option} ${time * 1000}.`);
  }
  const time = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i.test(text) ? Date.parse(text.replace(" ", "T")) : NaN;
  if (Number.isNaN(time) || time < 0) throw new CliError(`${option} is no time that can be read.`, example);
  return time;
}

/** An http or https URL without anything that a signed request cannot have. */
export function parseUrl(text: string, what: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw new CliError(`${what} is no http or https URL.`, "For example https://app.example/api/orders.");
  if (url.username !== "" || url.password !== "") throw new CliError(`${what} has a user name or a password in it.`, "Leave it out: a request has it in a header, if at all.");
  return url;
}
