import type { Style } from "./style.js";
import type { Module } from "./syntax.js";

/** Text put in at a place of the old text, in place of what stands up to `end`. */
export interface Insertion {
  at: number;
  end?: number;
  text: string;
}

/** What is thrown where a file is written in a way that is not understood. The message ends a sentence: "is left as it is: ...". */
export class Unclear extends Error {}

/** Puts in what is to be put in. Of two things at one place, the first comes first. */
export function apply(text: string, edits: readonly Insertion[]): string {
  const ordered = edits.map((edit, index) => ({ ...edit, index })).sort((a, b) => b.at - a.at || b.index - a.index);
  return ordered.reduce((edited, { at, end = at, text: added }) => edited.slice(0, at) + added + edited.slice(end), text);
}

/** A line after the last import. There is one: what defines the app comes from convex/server. */
export function importLine(module: Module, line: string, style: Style): Insertion {
  return lineAfter(module.text, module.imports.at(-1)!.end!, `${line}${style.semicolon}`, style);
}

/** A line of its own after the one on which something ends, and its comment; right behind it if more code follows on that line. */
export function lineAfter(text: string, end: number, line: string, { newline }: Style): Insertion {
  const rest = /^[ \t]*(\/\/[^\r\n]*|\/\*[^\r\n]*?\*\/[ \t]*)?(?=\r?\n|$)/.exec(text.slice(end));
  return { at: end + (rest?.[0].length ?? 0), text: `${newline}${line}` };
}

/** A name that the file does not have yet. */
export function freeName(module: Module, names: readonly string[]): string {
  const free = names.find((name) => !module.mentions(name));
  if (free === undefined) throw new Unclear(`the names ${names.join(", ")} are all taken`);
  return free;
}
