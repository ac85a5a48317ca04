// convex-test, with functions that sign and verify, in both environments that its documentation names.
import { bin, file, runChild, versionOf, write } from "../lib.mjs";

/** @param {string} environment */
async function run(environment) {
  const folder = `convex-test-${environment}`;
  write(`${folder}/vitest.config.mjs`, "export default {};\n");
  write(`${folder}/convex/_generated/api.js`, "export {};\n");
  write(`${folder}/convex/conformance.js`, `import { actionGeneric, mutationGeneric, queryGeneric } from "convex/server";
import { run } from "../../entry.mjs";
const handler = async () => JSON.stringify(await run());
export const query = queryGeneric({ args: {}, handler });
export const mutation = mutationGeneric({ args: {}, handler });
export const action = actionGeneric({ args: {}, handler });
`);
  write(`${folder}/conformance.test.mjs`, `import { convexTest } from "convex-test";
import { anyApi, defineSchema } from "convex/server";
import { expect, test } from "vitest";
const modules = { "./convex/conformance.js": () => import("./convex/conformance.js"), "./convex/_generated/api.js": () => import("./convex/_generated/api.js") };
test("conformance", { timeout: 120_000 }, async () => {
  const t = convexTest(defineSchema({}), modules);
  const { query, mutation, action } = anyApi.conformance;
  const outcomes = [await t.query(query, {}), await t.mutation(mutation, {}), await t.action(action, {})].map((text) => JSON.parse(text));
  const outcome = { passed: Math.min(...outcomes.map(({ passed }) => passed)), failures: outcomes.flatMap(({ failures }) => failures) };
  console.log("CONFORMANCE " + JSON.stringify(outcome));
  expect(outcome.failures).toEqual([]);
});
`);
  return runChild(bin("vitest"), ["run", "--root", file(folder), "--environment", environment, "--reporter", "dot", "--disable-console-intercept"]);
}

export default ["edge-runtime", "node"].map((environment) => ({ name: `convex-test, ${environment}`, version: versionOf("convex-test"), run: () => run(environment) }));
