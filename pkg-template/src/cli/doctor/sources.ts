import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { rotated } from "./variables.js";

const skipped = new Set(["node_modules", "_generated", "dist", "build", "out", "coverage"]);

/** The TypeScript and JavaScript files below a folder, of the project's own. */
export async function sourceFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return skipped.has(entry.name) || entry.name.startsWith(".") ? [] : await sourceFiles(path);
      return entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name) && !entry.name.endsWith(".d.ts") ? [path] : [];
    }),
  );
  return found.flat().sort();
}

/** The first of these files that imports this, if one does. Good enough to know whether something is used; what is wrong with code is looked for by parsing it. */
export async function importer(files: readonly string[], pattern: RegExp): Promise<string | undefined> {
  for (const file of files) if (pattern.test(withoutComments(await readFile(file, "utf8")))) return file;
  return undefined;
}

/** The callers' variables that the functions read, and where. */
export async function referencedCallers(functions: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const file of await sourceFiles(functions)) {
    const text = withoutComments(await readFile(file, "utf8"));
    if (!/\bkeys\b/.test(text)) continue;
    for (const [, name = ""] of text.matchAll(/\bprocess\.env\.(COUNTERSIGN_[A-Z\d_]+)/g)) {
      const { base } = rotated(name);
      if (base !== "COUNTERSIGN_SECRET" && !found.has(base)) found.set(base, file);
    }
  }
  return found;
}

/** Whole lines only: what looks like a comment may be in the middle of a text. */
function withoutComments(text: string): string {
  return text.replace(/^\s*(?:\/\/|\*|\/\*).*$/gm, "");
}
