// Convex, bundled by its CLI's own bundler: the default runtime (a bare context with Convex's rules), in a query, a mutation and
// an action, and "use node" actions on each Node that Convex offers.
import { bundleFunctions } from "../../support/convex/bundle.mjs";
import { createIsolate } from "../../support/isolate/index.mjs";
import { file, nodeBinary, nodeVersion, runChild, versionOf, write } from "../lib.mjs";

/** One bundle serves every runner here. @type {ReturnType<typeof bundleFunctions> | undefined} */
let bundled;
function bundle() {
  const functions = (/** @type {string} */ names) => `import { ${names.replace(/(\w+)/g, "$1Generic as $1")} } from "convex/server";
import { run } from "../entry.mjs";
${names.split(", ").map((type) => `export const in_${type} = ${type}({ args: {}, handler: async () => JSON.stringify(await run()) });`).join("\n")}
`;
  write("convex/isolate.js", functions("query, mutation, action"));
  write("convex/node.js", `"use node";\n${functions("action")}`);
  bundled ??= bundleFunctions(file("convex"), { sourceMaps: false });
  return bundled;
}

/** @param {"query" | "mutation" | "action"} type */
async function inIsolate(type) {
  const isolate = createIsolate({ modules: (await bundle()).modules, timeLimitMs: 60_000 });
  const result = await isolate.call(`isolate:in_${type}`, {}, { type }).finally(isolate.close);
  if (!result.ok) throw new Error(`${result.error.message}\n${result.error.stack}`);
  return JSON.parse(result.value);
}

/** @param {number} major */
async function inNode(major) {
  const { modules } = await bundle();
  for (const { path, source, environment } of modules) if (environment === "node") write(`convex-node/${path}`, source);
  write("convex-node/package.json", '{ "type": "module" }\n');
  const main = write("convex-node/main.mjs", `import { in_action } from "./node.js";
console.log("CONFORMANCE " + JSON.parse(await in_action.invokeAction("request", "[{}]")));
`);
  return runChild(nodeBinary(major), [main]);
}

export default [
  ...(/** @type {const} */ (["query", "mutation", "action"])).map((type) => ({ name: `convex isolate, ${type}`, version: versionOf("convex"), run: () => inIsolate(type) })),
  ...[20, 22, 24].map((major) => ({ name: `convex "use node", node ${major}`, version: nodeVersion(major), run: () => inNode(major) })),
];
