import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";
import { CliError } from "../errors.js";
import { isFile, readManifest } from "./files.js";

/** The patterns by which a folder names its packages; `undefined` if it is no workspace's root. */
export function workspacePatterns(folder: string): string[] | undefined {
  const pnpm = join(folder, "pnpm-workspace.yaml");
  if (isFile(pnpm)) return pnpmPackages(readFileSync(pnpm, "utf8"));
  const workspaces = readManifest(folder)?.workspaces;
  if (workspaces === undefined) return undefined;
  // yarn 1 also knows { packages, nohoist }, bun { packages, catalog }.
  const patterns = Array.isArray(workspaces) ? workspaces : (workspaces as { packages?: unknown } | null)?.packages;
  if (!Array.isArray(patterns) || !patterns.every((pattern) => typeof pattern === "string")) {
    throw new CliError(`"workspaces" in ${join(folder, "package.json")} is no list of patterns.`, "Mend it, or name the folders with --next <folder> and --convex <folder>.");
  }
  return patterns;
}

/**
 * The entries of `packages:` in a pnpm-workspace.yaml. Only the two usual ways to write a list of texts are read, and anything else is refused: half understood, a
 * package would be missing without a word.
 */
export function pnpmPackages(yaml: string): string[] | undefined {
  const lines = yaml.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  const start = lines.findIndex((line) => /^(?:packages|"packages"|'packages')\s*:/.test(line));
  // With settings only, pnpm takes the folder alone.
  if (start === -1) return undefined;
  const rest = withoutComment((lines[start] as string).replace(/^[^:]*:/, "")).trim();
  if (rest !== "") {
    const flow = /^\[(.*)\]$/.exec(rest)?.[1];
    if (flow === undefined) throw unreadable(start);
    const items = flow.trim() === "" ? [] : flow.replace(/,\s*$/, "").split(",");
    return items.map((item) => scalar(item.trim(), start));
  }
  const patterns: string[] = [];
  for (let index = start + 1; index < lines.length; index++) {
    const line = lines[index] as string;
    if (withoutComment(line).trim() === "") continue;
    const item = /^\s*-\s+(.*)$/.exec(line)?.[1];
    if (item === undefined) {
      if (/^\S/.test(line)) break;
      throw unreadable(index);
    }
    patterns.push(scalar(withoutComment(item).trim(), index));
  }
  return patterns;
}

/** YAML's comments begin with ` #` outside of quotes. */
function withoutComment(text: string): string {
  return text.replace(/^((?:[^'"#]|'[^']*'|"[^"]*"|(?<=\S)#)*?)(?:^|\s)#.*$/, "$1");
}

function scalar(text: string, line: number): string {
  const quoted = /^'([^']*)'$|^"([^"\\]*)"$/.exec(text);
  if (quoted !== null) return (quoted[1] ?? quoted[2]) as string;
  // Without quotes, * and ! at the beginning are YAML's own, and so is a colon before a space.
  if (!/^[\w@./][^'"&|>{}[\],]*$/.test(text) || /:(?:\s|$)/.test(text)) throw unreadable(line);
  return text;
}

function unreadable(line: number): CliError {
  return new CliError(`pnpm-workspace.yaml, line ${line + 1}: this way to write "packages" is not understood.`, 'Write one pattern a line, as in   - "apps/*"   or name the folders with --next <folder> and --convex <folder>.');
}

const NEVER_A_PACKAGE = new Set(["node_modules", ".git", ".next", "dist", "build", "out", "coverage"]);
const DEEPEST = 8;

/** The folders below `root` that have a package.json and fit the patterns, those with `!` taken out again. Sorted. */
export function workspaceFolders(root: string, patterns: readonly string[]): string[] {
  const wanted = patterns.filter((pattern) => !pattern.startsWith("!")).map(toExpression);
  const unwanted = patterns.filter((pattern) => pattern.startsWith("!")).map((pattern) => toExpression(pattern.slice(1)));
  const deepest = patterns.some((pattern) => pattern.includes("**")) ? DEEPEST : Math.max(0, ...patterns.map((pattern) => pattern.split("/").length));
  const found: string[] = [];
  const walk = (folder: string, depth: number) => {
    const path = relative(root, folder).split(sep).join("/");
    if (path !== "" && wanted.some((pattern) => pattern.test(path)) && !unwanted.some((pattern) => pattern.test(path)) && existsSync(join(folder, "package.json"))) found.push(folder);
    if (depth >= deepest) return;
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      // No links: a workspace's package is a folder, and links may go in circles.
      if (entry.isDirectory() && !NEVER_A_PACKAGE.has(basename(entry.name))) walk(join(folder, entry.name), depth + 1);
    }
  };
  walk(root, 0);
  return found.sort();
}

/** `*` within a part, `**` over any number of them, `{a,b}`; what package managers take. */
function toExpression(pattern: string): RegExp {
  const parts = pattern.replace(/^\.\//, "").replace(/\/+$/, "").split("/");
  const source = parts
    .map((part, index) => {
      const last = index === parts.length - 1;
      if (part === "**") return last ? ".*" : "(?:[^/]+/)*";
      const text = part
        .replace(/[.+^$()|[\]\\]/g, "\\$&")
        .replaceAll("*", "[^/]*")
        .replaceAll("?", "[^/]")
        .replace(/\{([^{}]*)\}/g, (_, choices: string) => `(?:${choices.split(",").join("|")})`)
        .replace(/[{}]/g, "\\$&");
      return last ? text : `${text}/`;
    })
    .join("");
  return new RegExp(`^${source}$`);
}
