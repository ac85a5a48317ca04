import { existsSync, readFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import type { ConvexCli } from "../convex-cli.js";
import { setVariable, writePrivately } from "../environment/index.js";
import { CliError } from "../errors.js";
import type { Git } from "../git.js";
import type { EnvFile, Setting } from "./facts.js";
import type { Repair } from "./finding.js";

/** What `--fix` may do: it takes no value away that differs from another, and touches neither production nor git's history. */
export interface Repairs {
  /** Gives the development deployment a value that only the server has. */
  setInDev(name: string, value: string): Repair | undefined;
  /** Gives the server a value that only the development deployment has. */
  writeOnServer(name: string, value: string): Repair;
  /** Writes what is left of a value without what does not belong to it. */
  rewrite(name: string, setting: Setting, value: string): Repair;
  withoutMark(file: EnvFile): Repair;
  ignore(path: string): Repair;
}

export function repairsFor(server: string, relativePath: (path: string) => string, git: Git, cli: ConvexCli | undefined): Repairs {
  const edit = (path: string, change: (text: string) => string) => writePrivately(path, change(existsSync(path) ? readFileSync(path, "utf8") : ""));
  const ignore = async (path: string) => {
    const list = ignoreList(path, git.root ?? dirname(path));
    const text = existsSync(list) ? readFileSync(list, "utf8") : "";
    const lineEnding = text.includes("\r\n") ? "\r\n" : "\n";
    const entry = relative(dirname(list), path).split(sep).join("/");
    await appendFile(list, `${text === "" || text.endsWith("\n") ? "" : lineEnding}${entry}${lineEnding}`);
    if (!(await git.isIgnored(path))) throw new CliError(`${relativePath(path)} is not ignored by git yet: another line of .gitignore takes it out again.`, "Look for a line with ! in .gitignore.");
  };
  return {
    setInDev: (name, value) => (cli === undefined ? undefined : { description: `${name} is set in Convex (dev).`, run: async () => await cli.set(name, value, {}) }),
    writeOnServer(name, value) {
      const path = join(server, ".env.local");
      return {
        description: `${relativePath(path)} has ${name} as Convex (dev) has it.`,
        run: async () => {
          if (await git.isTracked(path)) throw new CliError(`git tracks ${relativePath(path)}, and no secret is written there.`, "Take the file out of git first: git rm --cached");
          // Before the secret is there.
          if (git.isRepository && !(await git.isIgnored(path))) await ignore(path);
          edit(path, (text) => setVariable(text, name, value));
        },
      };
    },
    rewrite: (name, { file, where }, value) => ({
      description: `${where}: ${name} has only the secret in it.`,
      run: async () => edit(file as string, (text) => setVariable(text, name, value)),
    }),
    withoutMark: ({ path, name }) => ({ description: `${name} has no byte-order mark.`, run: async () => edit(path, (text) => text.replace(/^\uFEFF/, "")) }),
    ignore: (path) => ({ description: `git ignores ${relativePath(path)}.`, run: async () => await ignore(path) }),
  };
}

/** The nearest .gitignore that is there, up to the root of the repository; or a new one beside the file. */
function ignoreList(path: string, root: string): string {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const list = join(folder, ".gitignore");
    if (existsSync(list)) return list;
    if (folder === root || folder === dirname(folder)) return join(dirname(path), ".gitignore");
  }
}
