import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { finding } from "../codes.js";
import type { Check, Facts } from "../facts.js";
import type { Finding } from "../finding.js";
import { importer, sourceFiles } from "../sources.js";

/** Whether convex/ has what countersign needs there, where it is used. */
export const setup: Check = async (facts) => {
  const { project } = facts;
  if (project.convex === undefined) return [];
  const functions = await sourceFiles(project.convex.functions);
  const guards = await importer(functions, /\bfrom\s+["']countersign\/convex["']/);
  if (guards === undefined) return await withoutGuards(facts);
  const user = await importer(functions, /\bcomponents\.countersign\b/);
  return user === undefined ? [] : await withoutComponent(facts, user);
};

async function withoutGuards({ project, relative, words }: Facts): Promise<Finding[]> {
  if (project.next === undefined || project.convex === undefined) return [];
  const signer = await importer(await sourceFiles(project.next.folder), /\bfrom\s+["']countersign\/(?:next|client)["']/);
  if (signer === undefined) return [];
  return [
    finding("guards_missing", {
      where: `${relative(project.convex.functions)}/countersign.ts`,
      message: `${relative(signer)} signs calls, and nothing in ${relative(project.convex.functions)}/ imports countersign/convex.`,
      fix: words.countersign("init"),
    }),
  ];
}

async function withoutComponent({ project, relative, words }: Facts, user: string): Promise<Finding[]> {
  const folder = project.convex?.functions as string;
  const [name, text] = await firstOf(folder, ["convex.config.ts", "convex.config.js", "convex.config.mts", "convex.config.mjs"]);
  if (text !== undefined && usesComponent(text)) return [];
  return [
    finding("component_missing", {
      where: `${relative(folder)}/${name}`,
      message: `${relative(user)} names components.countersign, and ${relative(folder)}/${name} ${text === undefined ? "is not there" : "has no app.use(countersign)"}.`,
      fix: words.countersign("init"),
    }),
  ];
}

async function firstOf(folder: string, names: readonly [string, ...string[]]): Promise<[string, string | undefined]> {
  for (const name of names) {
    const text = await readFile(join(folder, name), "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (text !== undefined) return [name, text];
  }
  return [names[0], undefined];
}

/** Whatever it is called where it is imported. */
function usesComponent(text: string): boolean {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const [, name] = /\bimport\s+([\w$]+)\s+from\s+["']countersign\/convex\.config(?:\.js)?["']/.exec(code) ?? [];
  return name !== undefined && new RegExp(`\\.use\\(\\s*${name.replaceAll("$", "\\$")}\\s*[,)]`).test(code);
}
