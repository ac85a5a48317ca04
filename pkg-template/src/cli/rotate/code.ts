import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { CliError } from "../errors.js";
import type { Project } from "../project/index.js";

const GUARDS_READ = "COUNTERSIGN_SECRET";

/**
 * countersign's guards read COUNTERSIGN_SECRET and its two companions by themselves. Code that names a secret's variable must name the companions too, or Convex would
 * refuse what is signed with the other secret.
 *
 * @throws CliError if the functions read this variable and not all three.
 */
export function requireThatFunctionsReadAll(project: Project, name: string): void {
  if (project.convex === undefined) return;
  const { functions } = project.convex;
  const texts = sources(functions).map((file) => ({ file, text: readFileSync(file, "utf8") }));
  const mentions = (each: string) => texts.filter(({ text }) => new RegExp(`\\b${each}\\b`).test(text));
  // The guards' own variable is mentioned in many ways, an error message for example. Only where it is read is it the code's.
  const reads = name === GUARDS_READ ? texts.filter(({ text }) => /\benv(?:\s*\.\s*|\s*\[\s*["'`])COUNTERSIGN_SECRET\b/.test(text)) : mentions(name);
  const folder = relative(project.root, functions);
  const companions = [`${name}_NEXT`, `${name}_PREVIOUS`];
  const all = [name, ...companions].map((each) => `process.env.${each}`).join(", ");
  if (reads.length === 0) {
    if (name === GUARDS_READ) return;
    throw new CliError(`No function in ${folder} reads ${name}.`, `Is the name right? The guards' \`keys\` names it: [${all}].`);
  }
  const missing = companions.filter((companion) => mentions(companion).length === 0);
  if (missing.length === 0) return;
  const files = reads.map(({ file }) => relative(project.root, file)).join(", ");
  throw new CliError(`${files} reads ${name} and not ${missing.join(" and ")}: Convex would refuse the calls that are signed with the other secret.`, `Write the list [${all}] in its place (what is not set is passed over), deploy, and run the command again.`);
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "_generated" || entry.name === "node_modules" ? [] : sources(path);
    return entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name) ? [path] : [];
  });
}
