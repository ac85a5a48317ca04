import { dirname, join, relative, sep } from "node:path";
import { CliError } from "../errors.js";
import { git as openGit } from "../git.js";
import { patch } from "./diff.js";
import type { Facts } from "./facts.js";
import { shown, textOf, writeChanged, writeNew } from "./files.js";
import type { Step } from "./step.js";

/**
 * Keeps the file with the secret out of git, before there is a secret in it.
 *
 * @param file - Where the secret is, or will be.
 */
export async function planGitignore(facts: Facts, file: string, willWrite: boolean): Promise<Step> {
  const { git, project } = facts;
  const name = shown(project.root, file);
  const title = `git leaves ${name} alone.`;
  if (await git.isTracked(file)) {
    const fix = `git rm --cached ${relative(git.root ?? project.root, file).split(sep).join("/")}, and commit that.${willWrite ? "" : ` The secret in it is known to all who have the repository: ${facts.words("countersign rotate")}.`}`;
    return { id: "gitignore", state: "cannot", title, note: "it is committed, and a secret does not belong there", fix };
  }
  if (await git.isIgnored(file)) return { id: "gitignore", state: "done", title };
  const folder = dirname(file);
  const path = join(folder, ".gitignore");
  const before = textOf(path);
  const pattern = relative(folder, file);
  // Without a repository git cannot be asked; one may come later.
  if (!git.isRepository && ([before, textOf(join(project.root, ".gitignore"))].some((text) => text !== undefined && lists(text, pattern)))) {
    return { id: "gitignore", state: "done", title, note: git.unavailable ?? "" };
  }
  const newline = before?.includes("\r\n") === true ? "\r\n" : "\n";
  const separator = before === undefined || before === "" || before.endsWith("\n") ? "" : newline;
  const after = `${before ?? ""}${separator}${pattern}${newline}`;
  return {
    id: "gitignore",
    state: "to_do",
    title: `${shown(project.root, path)} gets ${pattern}, so that git leaves it alone.`,
    afterwards: `${shown(project.root, path)} has ${pattern}: git leaves it alone.`,
    ...(git.isRepository ? {} : { note: git.unavailable ?? "" }),
    diff: await patch(shown(project.root, path), before, after),
    question: `Add ${pattern} to ${shown(project.root, path)}?`,
    async run() {
      if (before === undefined) writeNew(path, after);
      else writeChanged(path, before, after);
      const now = await openGit(project.root, facts.context.environment);
      if (now.isRepository && !(await now.isIgnored(file))) throw new CliError(`git does not ignore ${name}, although ${shown(project.root, path)} now has it.`, "Look for a line that begins with ! in your .gitignore files.");
    },
  };
}

/** The spellings that the usual templates have. */
function lists(text: string, name: string): boolean {
  const known = new Set([name, `/${name}`, `**/${name}`, ".env*", ".env.*", ".env*.local", ".env.*.local", "*.local", "*.env*"]);
  return text.split(/\r?\n/).some((line) => known.has(line.trim()));
}
