// The code blocks of the documents, by their titles.

import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a user reads that has code in it. */
export const documents = ["README.md", "pkg-template/README.md", "SECURITY.md", "CONTRIBUTING.md", "www/docs/attacks.md", "www/docs/design.md", "www/docs/errors.md", "www/docs/timing.md"];

/** @typedef {{ document: string, language: string, title: string | undefined, code: string }} Snippet */

/** @param {string} document @returns {Snippet[]} */
export function snippets(document) {
  const text = readFileSync(join(root, document), "utf8");
  return [...text.matchAll(/^```(\w*)(?: title="([^"]+)")?\n([\s\S]*?)^```$/gm)].map(([, language = "", title, code = ""]) => ({ document, language, title, code }));
}

/** @param {string} title @returns {string} the README's block of that title */
export function readmeSnippet(title) {
  const found = snippets("README.md").find((snippet) => snippet.title === title);
  if (found === undefined) throw new Error(`README.md has no code block with the title "${title}"`);
  return found.code;
}

/** Writes the README's files into an app of their own, and returns its folder. */
export function writeApp() {
  const app = join(root, ".cache/docs/app");
  rmSync(app, { recursive: true, force: true });
  // What Convex generates is the same for every app, but for the list of its functions.
  cpSync(join(root, "www/convex/_generated"), join(app, "convex/_generated"), { recursive: true });
  cpSync(join(root, "tests/docs/fixture"), app, { recursive: true });
  for (const { language, title, code } of snippets("README.md")) {
    if (language !== "ts" || title === undefined) continue;
    const path = join(app, title);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
  }
  return app;
}
