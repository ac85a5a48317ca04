import { join } from "node:path";
import { isFile, readManifest } from "./files.js";

export type PackageManager = "npm" | "pnpm" | "yarn" | "bun";

const LOCK_FILES: readonly (readonly [file: string, manager: PackageManager])[] = [
  ["pnpm-lock.yaml", "pnpm"],
  ["pnpm-workspace.yaml", "pnpm"],
  ["yarn.lock", "yarn"],
  ["bun.lock", "bun"],
  ["bun.lockb", "bun"],
  ["package-lock.json", "npm"],
  ["npm-shrinkwrap.json", "npm"],
];

/** What `packageManager` says in these folders, or else a lock file in them, the first folder first; npm where nothing says. */
export function packageManagerOf(folders: readonly string[]): PackageManager {
  for (const folder of folders) {
    const named = /^(npm|pnpm|yarn|bun)@/.exec(readManifest(folder)?.packageManager ?? "")?.[1];
    if (named !== undefined) return named as PackageManager;
  }
  for (const folder of folders) {
    const found = LOCK_FILES.find(([file]) => isFile(join(folder, file)));
    if (found !== undefined) return found[1];
  }
  return "npm";
}

/** How a person runs an installed command: `npx convex dev`. */
export function runWords(manager: PackageManager, command: string): string {
  return `${{ npm: "npx", pnpm: "pnpm exec", yarn: "yarn", bun: "bunx" }[manager]} ${command}`;
}

/** How a person installs a package: `npm install convex`. */
export function installWords(manager: PackageManager, name: string): string {
  return `${manager} ${manager === "npm" ? "install" : "add"} ${name}`;
}
