// The code blocks of the documents, by their titles, and the apps that they make.

import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** The pages that bring code of their own. Each makes an app: the README's, with the page's files in the places of those of the same name. */
export const pages = ["replay", "gateway", "callers", "rotation", "http", "http-format"].map((name) => `www/docs/${name}.md`);

/** Those on webhooks: one, and one for each group of providers. */
export const webhookPages = ["webhooks", "webhooks-standard", "webhooks-payments", "webhooks-services"].map((name) => `www/docs/${name}.md`);
/** The one on the command line: it shows what is typed and what is printed, and brings no file. */
export const commandPage = "www/docs/cli.md";
pages.push(...webhookPages, commandPage);

/** The tests of a page, or of all the pages whose names begin alike. Those of the commands try what their page says of them. @param {string} page */
export const testsOf = (page) =>
  page === commandPage ? readdirSync(join(root, "tests/cli")).filter((name) => name.endsWith(".test.mjs")).map((name) => `tests/cli/${name}`) : [page.replace(/^www\/docs\/(\w+).*$/, "tests/docs/$1.test.mjs")];

/** What else a user reads. Code in there is the README's. */
export const others = ["pkg-template/README.md", "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md", ...["attacks", "design", "errors", "performance", "timing"].map((name) => `www/docs/${name}.md`)];

export const documents = ["README.md", ...others, ...pages];

/** @typedef {{ document: string, language: string, title: string | undefined, code: string }} Snippet */

/** @param {string} document @returns {Snippet[]} */
export function snippets(document) {
  const text = readFileSync(join(root, document), "utf8");
  return [...text.matchAll(/^```(\w*)(?: title="([^"]+)")?\n([\s\S]*?)^```$/gm)].map(([, language = "", title, code = ""]) => ({ document, language, title, code }));
}

/** @param {string} document @param {string} title @returns {string} the document's block of that title */
export function snippet(document, title) {
  const found = snippets(document).find((candidate) => candidate.title === title);
  if (found === undefined) throw new Error(`${document} has no code block with the title "${title}"`);
  return found.code;
}

/** @param {string} title @returns {string} the README's block of that title */
export const readmeSnippet = (title) => snippet("README.md", title);

/**
 * Writes the files of the README, and of a page over them, into an app of their own.
 * @param {string} place the app's folder in `.cache/docs`, another one for each test file: they run at the same time
 * @param {string} [page]
 * @returns {string} the app's folder
 */
export function writeApp(place, page) {
  const app = join(root, ".cache/docs", place);
  rmSync(app, { recursive: true, force: true });
  // What Convex generates is the same for every app, but for the lists in api.
  cpSync(join(root, "www/convex/_generated"), join(app, "convex/_generated"), { recursive: true });
  cpSync(join(root, "tests/docs/fixture"), app, { recursive: true });
  // What a page's test tries beyond the page's own code.
  const more = page === undefined ? undefined : join(root, page.replace(/^www\/docs\/(.*)\.md$/, "tests/docs/fixtures/$1"));
  if (more !== undefined && existsSync(more)) cpSync(more, app, { recursive: true });
  for (const document of page === undefined ? ["README.md"] : ["README.md", page]) {
    for (const { language, title, code } of snippets(document)) {
      if (language !== "ts" || title === undefined) continue;
      const path = join(app, title);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, code);
    }
  }
  writeGenerated(join(app, "convex"));
  return app;
}

/** `_generated/api`, as `npx convex dev` writes it. It asks a deployment, which these tests do without. @param {string} folder */
function writeGenerated(folder) {
  const modules = readdirSync(folder).flatMap((file) => /^(\w+)\.ts$/.exec(file)?.[1] ?? []).filter((name) => name !== "schema");
  const types = [
    'import type { ApiFromModules, FilterApi, FunctionReference } from "convex/server";',
    ...modules.map((name) => `import type * as ${name} from "../${name}.js";`),
    "",
    `declare const fullApi: ApiFromModules<{ ${modules.map((name) => `${name}: typeof ${name}`).join("; ")} }>;`,
    'export declare const api: FilterApi<typeof fullApi, FunctionReference<any, "public">>;',
    'export declare const internal: FilterApi<typeof fullApi, FunctionReference<any, "internal">>;',
    'export declare const components: { countersign: import("countersign/_generated/component.js").ComponentApi<"countersign"> };',
    "",
  ];
  const values = ['import { anyApi, componentsGeneric } from "convex/server";', "", "export const api = anyApi;", "export const internal = anyApi;", "export const components = componentsGeneric();", ""];
  writeFileSync(join(folder, "_generated/api.d.ts"), types.join("\n"));
  writeFileSync(join(folder, "_generated/api.js"), values.join("\n"));
}
