// jest, which requires the package: in its node environment, and in jsdom, which has no TextEncoder: as a page, and as a server, which it is for those
// who test both in one environment.
import { bin, file, runChild, versionOf, write } from "../lib.mjs";

/** @param {string} environment @param {"page" | "server"} side */
async function run(environment, side) {
  const folder = `jest-${environment}-${side}`;
  write(`${folder}/conformance.test.cjs`, `const { run } = require("../${side === "page" ? "entry.page.cjs" : "entry.cjs"}");
test("conformance", async () => {
  const outcome = await run();
  process.stdout.write("CONFORMANCE " + JSON.stringify(outcome) + "\\n");
  expect(outcome.failures).toEqual([]);
}, 120_000);
`);
  const config = { rootDir: file(""), roots: [file(folder)], testEnvironment: environment, testEnvironmentOptions: side === "page" ? {} : { customExportConditions: ["node"] }, testMatch: ["**/*.test.cjs"], transform: {}, cacheDirectory: file(`${folder}/cache`) };
  return runChild(bin("jest"), ["--config", JSON.stringify(config), "--runInBand", "--no-watchman"]);
}

export default /** @type {const} */ ([["node", "server"], ["jsdom", "page"], ["jsdom", "server"]]).map(([environment, side]) => ({
  name: `jest ${environment}, as a ${side}`,
  version: versionOf("jest"),
  run: () => run(environment, side),
}));
