// vitest, with its node environment.
import { bin, file, runChild, versionOf, write } from "../lib.mjs";

async function run() {
  write("vitest/vitest.config.mjs", "export default {};\n");
  write("vitest/conformance.test.mjs", `import { expect, test } from "vitest";
import { run } from "../entry.mjs";
test("conformance", { timeout: 120_000 }, async () => {
  const outcome = await run();
  process.stdout.write("CONFORMANCE " + JSON.stringify(outcome) + "\\n");
  expect(outcome.failures).toEqual([]);
});
`);
  return runChild(bin("vitest"), ["run", "--root", file("vitest"), "--reporter", "dot", "--disable-console-intercept"]);
}

export default { name: "vitest", version: versionOf("vitest"), run };
