import { readFileSync, realpathSync } from "node:fs";
import type { Finding } from "../doctor/finding.js";
import type { Skipped } from "./files.js";
import { listCode, nameOf, problemOf } from "./files.js";
import { Graph, readAliases } from "./graph.js";
import { Follow } from "./follow.js";
import type { Guarding } from "./guards.js";
import { serverName } from "./guards.js";
import { secretTexts } from "./checks/leaks.js";
import { parseSource } from "./parse.js";
import { toFinding } from "./report.js";
import type { Draft } from "./report.js";
import type { Summary } from "./summary.js";
import { summarize } from "./summary.js";
import { firstOf } from "./trace.js";

/** Where the code is: what `findProject` returns has more. */
export interface CodeProject {
  /** The folder that has all of it: absolute, as the others. */
  readonly root: string;
  readonly next: { readonly folder: string } | undefined;
  readonly convex: { readonly folder: string; readonly functions: string } | undefined;
}

export interface CodeReport {
  findings: Finding[];
  filesRead: number;
  /** What was not read, or only in part. */
  skipped: Skipped[];
}

/**
 * Reads the project's TypeScript and JavaScript and finds what a secret, or a function that only servers may call, is not safe with.
 * Nothing is run, and no value of a secret is in the result.
 *
 * @param options - `variables`: the environment variables that hold secrets, besides those whose names say so.
 */
export async function findInCode(project: CodeProject, options: { readonly variables: readonly string[] }): Promise<CodeReport> {
  const folders = [project.root, project.next?.folder, project.convex?.folder, project.convex?.functions].filter((each) => each !== undefined);
  const root = real(project.root);
  const functions = project.convex && real(project.convex.functions);
  const { files, skipped } = listCode(root, folders);
  const summaries: Summary[] = [];
  const findings: Finding[] = [];
  let filesRead = 0;
  for (const path of files) {
    const name = nameOf(root, path);
    // Ctrl-C and timers get their turn.
    if (filesRead % 20 === 19) await new Promise((done) => setImmediate(done));
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch (error) {
      skipped.push({ file: name, reason: problemOf(error) });
      continue;
    }
    filesRead += 1;
    const inConvex = functions !== undefined && !nameOf(functions, path).startsWith("../");
    const { source, problem } = await parseSource({ name, path, text, inConvex });
    if (problem !== undefined) skipped.push({ file: name, reason: problem });
    if (source !== undefined) summaries.push(summarize(source, options.variables));
    else for (const place of secretTexts(text)) findings.push(toFinding(name, { ...place, code: "code_secret_in_source", message: "A secret that begins with `csk_` is written in this file." }));
  }
  const graph = new Graph(summaries, await readAliases([...new Set(folders.map(real))]));
  const client = graph.client();
  for (const summary of summaries) {
    const drafts = [...summary.drafts, ...(client.has(summary) && !summary.isTest ? summary.ifClient : [])];
    for (const draft of drafts) if (draft.code === "code_ignore_without_reason" || !summary.silenced.has(draft.line)) findings.push(toFinding(summary.name, draft));
  }
  if (functions !== undefined) findings.push(...unguarded(summaries, graph, client, functions));
  return { findings: findings.sort(byPlace), filesRead, skipped: skipped.sort((one, two) => (one.file < two.file ? -1 : 1)) };
}

/** Public functions that look as if only servers were to call them, and check nothing. */
function unguarded(summaries: readonly Summary[], graph: Graph, client: ReadonlySet<Summary>, functions: string): Finding[] {
  const usedBy = new Map<string, Summary[]>();
  for (const summary of summaries) {
    for (const reference of summary.references) {
      const users = usedBy.get(reference);
      if (users === undefined) usedBy.set(reference, [summary]);
      else users.push(summary);
    }
  }
  const guarded = new Follow<Guarding, true>((guarding, ask) => isGuarded(guarding, graph, ask));
  return summaries.flatMap((summary) => {
    const module = nameOf(functions, summary.path).replace(/\.[cm]?[jt]sx?$/, "");
    return summary.functions.flatMap((fn): Finding[] => {
      if (fn.guarding.guarded || summary.silenced.has(fn.line)) return [];
      const users = (usedBy.get(`${module}:${fn.name}`) ?? []).filter((user) => !user.isTest && !user.inConvex);
      if (users.some((user) => client.has(user) || user.usesHooks)) return [];
      const word = serverName(`${module}.ts`, fn);
      const routes = fn.type === "query" ? [] : users.filter((user) => user.verifyingRoute);
      const onlyRoutes = users.length > 0 && routes.length === users.length;
      if ((word === undefined && !onlyRoutes) || guarded.get(fn.guarding)) return [];
      const sign = onlyRoutes ? `is called only by ${routes[0]!.name}, which checks its caller` : word === fn.name ? "sounds like one for servers" : `is named after "${word}"`;
      const draft: Draft = {
        code: "code_unguarded_function",
        line: fn.line,
        column: fn.column,
        message: `The public ${fn.type} \`${module}:${fn.name}\` ${sign}, but checks nothing itself.`,
        fix: `\`signed${fn.type.charAt(0).toUpperCase()}${fn.type.slice(1)}\` of convex/countersign.ts instead of \`${fn.type}\`, or \`internal${fn.type.charAt(0).toUpperCase()}${fn.type.slice(1)}\` if only Convex calls it. Public on purpose: \`// countersign-ignore: <reason>\` on the line before.`,
      };
      return [toFinding(summary.name, draft)];
    });
  });
}

function isGuarded({ guarded, calls, delegates }: Guarding, graph: Graph, ask: (next: Guarding) => true | undefined): true | undefined {
  if (guarded) return true;
  const helpers = delegates.flatMap(({ from, module, name }) => {
    const file = graph.resolve(from, module);
    // A function that is re-exported from elsewhere, or made by another, is not seen: it is not accused.
    return file === undefined ? [] : [file.helpers.get(name) ?? unseen];
  });
  return firstOf([...calls, ...helpers], ask);
}

const unseen: Guarding = { guarded: true, calls: [], delegates: [] };

function byPlace(one: Finding, two: Finding): number {
  const [first, second] = [one, two].map(({ where }) => /^(.*):(\d+):(\d+)$/.exec(where) ?? ["", where, "0", "0"]) as [string[], string[]];
  if (first[1] !== second[1]) return first[1]! < second[1]! ? -1 : 1;
  return Number(first[2]) - Number(second[2]) || Number(first[3]) - Number(second[3]);
}

function real(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    // listCode says why it cannot be read.
    return folder;
  }
}
