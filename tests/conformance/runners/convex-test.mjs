// convex-test, with functions that sign and verify, in both environments that its documentation names.
import { bin, file, runChild, versionOf, write } from "../lib.mjs";

/** @param {string} environment */
async function run(environment) {
  const folder = `convex-test-${environment}`;
  write(`${folder}/vitest.config.mjs`, "export default {};\n");
  write(`${folder}/convex/_generated/api.js`, "export {};\n");
  write(`${folder}/convex/conformance.js`, `import { actionGeneric, mutationGeneric, queryGeneric } from "convex/server";
import { createKeyring, signCall, verifyCall } from "countersign";
import { run } from "../../entry.mjs";
const call = { audience: "https://a.example", type: "query", name: "m:f", args: { n: 1n } };
const roundTrip = () => {
  const keyring = createKeyring("q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab");
  return verifyCall(keyring, signCall(keyring, call), { ...call, now: Date.now() }).caller;
};
export const query = queryGeneric({ args: {}, handler: roundTrip });
export const action = actionGeneric({ args: {}, handler: roundTrip });
export const mutation = mutationGeneric({ args: {}, handler: async () => JSON.stringify(await run()) });
`);
  write(`${folder}/conformance.test.mjs`, `import { convexTest } from "convex-test";
import { anyApi, defineSchema } from "convex/server";
import { expect, test } from "vitest";
const modules = { "./convex/conformance.js": () => import("./convex/conformance.js"), "./convex/_generated/api.js": () => import("./convex/_generated/api.js") };
test("conformance", { timeout: 120_000 }, async () => {
  const t = convexTest(defineSchema({}), modules);
  const { query, mutation, action } = anyApi.conformance;
  expect([await t.query(query, {}), await t.action(action, {})]).toEqual(["default", "default"]);
  const outcome = JSON.parse(await t.mutation(mutation, {}));
  console.log("CONFORMANCE " + JSON.stringify(outcome));
  expect(outcome.failures).toEqual([]);
});
`);
  return runChild(bin("vitest"), ["run", "--root", file(folder), "--environment", environment, "--reporter", "dot", "--disable-console-intercept"]);
}

export default ["edge-runtime", "node"].map((environment) => ({ name: `convex-test, ${environment}`, version: versionOf("convex-test"), run: () => run(environment) }));
