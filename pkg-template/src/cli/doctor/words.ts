import { relative, sep } from "node:path";
import type { Project } from "../project/index.js";
import { installWords, runWords } from "../project/index.js";
import type { Setting } from "./facts.js";

/** What can be pasted: commands in the project's package manager's words, for the folder that doctor was started in. */
export interface Words {
  /** A path in a command. */
  path(path: string): string;
  /** Installs a package for the package.json of a folder. */
  install(name: string, into: string): string;
  /** A command of the convex CLI, where that has to run. */
  convex(args: string): string;
  /** A command of countersign's own. */
  countersign(args: string): string;
  /** doctor again, with the options it was given, and `--fix`. */
  fix(): string;
  /** Gives Convex a server's value without showing it: no screen, no history, no list of processes. `undefined` if no command does so for this value. */
  copyToConvex(name: string, from: Setting | undefined, production: boolean): string | undefined;
  /** Gives Convex a value that is typed in, or pasted. */
  enterInConvex(name: string, production: boolean): string;
  removeFromConvex(name: string, production: boolean): string;
}

/** @param prodEnvFile - The file that chooses production, if `--prod` does not. */
export function wordsFor(project: Project, folder: string, options: readonly string[], prodEnvFile: string | undefined): Words {
  const run = (command: string) => runWords(project.packageManager, command);
  const inFolder = (place: string, command: string) => (place === folder ? command : `(cd ${path(place)} && ${command})`);
  const path = (to: string, from = folder) => {
    const short = relative(from, to).split(sep).join("/");
    return /[^\w./@+-]/.test(short) ? `"${short}"` : short === "" ? "." : short;
  };
  const convexFolder = project.convex?.folder ?? project.root;
  const convex = (args: string) => inFolder(convexFolder, run(`convex ${args}`));
  const choice = prodEnvFile === undefined ? "--prod" : `--env-file ${path(prodEnvFile, convexFolder)}`;
  const target = (production: boolean) => (production ? `${choice} ` : "");
  const enterInConvex = (name: string, production: boolean) => convex(`env set ${target(production)}${name}`);
  return {
    path,
    install: (name, into) => inFolder(into, installWords(project.packageManager, name)),
    convex,
    countersign: (args) => run(`countersign ${args}`),
    fix: () => [run("countersign doctor --fix"), ...options].join(" "),
    enterInConvex,
    removeFromConvex: (name, production) => convex(`env remove ${target(production)}${name}`),
    copyToConvex(name, from, production) {
      // What Node.js and Next.js read differently is left to people.
      if (from === undefined || !/^[\w.+/=:@~-]+$/.test(from.value) || from.value !== from.written) return undefined;
      const file = from.file === undefined ? "" : `--env-file=${path(from.file)} `;
      return `node ${file}-p process.env.${name} | ${enterInConvex(name, production)}`;
    },
  };
}
