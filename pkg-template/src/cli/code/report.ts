import type { Node } from "@babel/types";
import type { Finding } from "../doctor/finding.js";
import type { Callers } from "./callers.js";
import type { Code } from "./codes.js";
import { kinds } from "./codes.js";
import type { Source } from "./parse.js";
import type { Tracer } from "./trace.js";

/** A finding, before it is known whether a comment silences it. */
export interface Draft {
  code: Code;
  line: number;
  column: number;
  message: string;
  fix?: string | undefined;
  variable?: string | undefined;
}

/** What every check of a file gets. */
export interface FileContext {
  source: Source;
  tracer: Tracer;
  callers: Callers;
  /** Adds a finding at this node. One of a code at a place is enough. */
  report: (node: Node, code: Code, message: string, more?: { fix?: string | undefined; variable?: string | undefined }) => void;
}

export function toFinding(file: string, draft: Draft): Finding {
  const { severity, why, fix } = kinds[draft.code];
  return {
    code: draft.code,
    severity,
    where: `${file}:${draft.line}:${draft.column}`,
    message: draft.message,
    why,
    fix: draft.fix ?? fix,
    ...(draft.variable === undefined ? {} : { variable: draft.variable }),
  };
}

/** Lines silenced by `countersign-ignore: <reason>`, and the comments that give no reason. */
export function readIgnores(source: Source): { silenced: ReadonlySet<number>; drafts: Draft[] } {
  const silenced = new Set<number>();
  const drafts: Draft[] = [];
  if (!source.text.includes("countersign-ignore")) return { silenced, drafts };
  const lines = source.text.split(/\r\n|[\n\r\u2028\u2029]/);
  const commentLines = new Set(
    source.comments.flatMap(({ loc }) => {
      const { start, end } = loc ?? { start: { line: 0, column: 0 }, end: { line: 0 } };
      const alone = /^[\s{]*$/.test((lines[start.line - 1] ?? "").slice(0, start.column));
      return alone ? Array.from({ length: end.line - start.line + 1 }, (_, index) => start.line + index) : [];
    }),
  );
  // In a block of comments each asks for the code below it: each line is passed once.
  const codeBelow = new Map<number, number>();
  const below = (start: number): number => {
    let line = start;
    const way: number[] = [];
    for (; commentLines.has(line); line = codeBelow.get(line) ?? line + 1) way.push(line);
    for (const each of way) codeBelow.set(each, line);
    return line;
  };
  for (const comment of source.comments) {
    const found = /^[\s*]*countersign-ignore\b(?:\s*:\s*(?<reason>\S.*))?/.exec(comment.value);
    if (found === null || !comment.loc) continue;
    const { start, end } = comment.loc;
    if (found.groups?.["reason"] === undefined) {
      const message = "This comment silences nothing, for it gives no reason.";
      drafts.push({ code: "code_ignore_without_reason", line: start.line, column: start.column + 1, message });
      continue;
    }
    if (!commentLines.has(start.line)) {
      silenced.add(end.line);
      continue;
    }
    // The reason may go on for more lines of comment; meant is the code below them.
    silenced.add(below(end.line + 1));
  }
  return { silenced, drafts };
}
