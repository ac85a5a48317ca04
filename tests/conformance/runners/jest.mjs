// jest, which requires the package: in its node environment, and in jsdom, which has no TextEncoder.
import { bin, file, runChild, versionOf, write } from "../lib.mjs";

/** @param {string} environment */
async function run(environment) {
  const folder = `jest-${environment}`;
  write(`${folder}/conformance.test.cjs`, `const { run } = require("../${environment === "jsdom" ? "entry.page.cjs" : "entry.cjs"}");
test("conformance", async () => {
  const outcome = await run();
  process.stdout.write("CONFORMANCE " + JSON.stringify(outcome) + "\\n");
  expect(outcome.failures).toEqual([]);
}, 120_000);
`);
  const config = { rootDir: file(""), roots: [file(folder)], testEnvironment: environment, testMatch: ["**/*.test.cjs"], transform: {}, cacheDirectory: file(`${folder}/cache`) };
  return runChild(bin("jest"), ["--config", JSON.stringify(config), "--runInBand", "--no-watchman"]);
}

export default ["node", "jsdom"].map((environment) => ({ name: `jest ${environment}`, version: versionOf("jest"), run: () => run(environment) }));
