// Nothing is wrong with a project that nothing is wrong with.

import assert from "node:assert/strict";
import { test } from "node:test";
import { generateSecret } from "countersign";
import { clean, findsNothing, other, secret } from "./support/doctor.mjs";
import { startDeployments } from "./support/deployments.mjs";

/** @typedef {import("./support/project.mjs").Layout} Layout */

const deployments = await startDeployments({ dev: { COUNTERSIGN_SECRET: secret, SITE_URL: "http://localhost:3000" }, prod: { COUNTERSIGN_SECRET: other, SITE_URL: "https://notes.example" } });

for (const [layout, folder] of /** @type {[Layout, string][]} */ ([["plain", ""], ["src", "src"], ["monorepo", "apps/web"], ["pnpm", "packages/backend"]])) {
  test(`no finding: ${layout}, production too`, async () => {
    const project = clean({ layout, deployments, git: true, env: "SITE_URL=http://localhost:3000\n" });
    const { variables, unchecked } = await findsNothing(project, ["--prod", "--var", "COUNTERSIGN_SECRET", "--var", "SITE_URL"], { env: deployments.env, cwd: project.path(folder) });
    assert.deepEqual(unchecked, []);
    const [own, url] = variables;
    assert.match(own.next.fingerprint, /^[0-9a-f]{16}$/);
    assert.equal(own.dev.fingerprint, own.next.fingerprint);
    assert.match(own.next.from, /^(?:apps\/web\/)?\.env\.local:\d+$/);
    assert.notEqual(own.production.fingerprint, own.next.fingerprint);
    // What is no secret is compared, and could be guessed from a fingerprint.
    assert.match(url.next.fingerprint, /^~[0-9a-f]{8}$/);
    assert.equal(url.dev.fingerprint, url.next.fingerprint);
  });
}

test("no finding: self-hosted, production by a file, callers of `keys`, and what looks like a fault and is none", async () => {
  const [worker, workerInProduction, another] = [generateSecret(), generateSecret(), generateSecret()];
  const keys = "({ web: process.env.COUNTERSIGN_WEB, worker: [process.env.COUNTERSIGN_WORKER, process.env.COUNTERSIGN_WORKER_NEXT] })";
  const dev = await startDeployments({ dev: { COUNTERSIGN_WEB: secret, COUNTERSIGN_WORKER: worker }, prod: { COUNTERSIGN_WEB: other, COUNTERSIGN_WORKER: workerInProduction } });
  const url = /** @type {string} */ (/URL=(.*)/.exec(dev.selfHosted("dev"))?.[1]).replace("127.0.0.1", "localhost");
  const project = clean({
    dotenv: `${dev.selfHosted("dev")}NEXT_PUBLIC_CONVEX_URL=${url}\nexport COUNTERSIGN_SECRET="${secret}" # of the web server\n`,
    git: true,
    files: {
      "production.env": dev.selfHosted("prod"),
      ".gitignore": "node_modules\n.env*.local\nproduction.env\n",
      ".env.example": "COUNTERSIGN_SECRET=\n# csk_... from countersign keygen\n",
      ".env": `COUNTERSIGN_SECRET=\n`,
      "convex/countersign.ts": `import { countersign } from "countersign/convex";\nimport { components } from "./_generated/api";\nimport { mutation, query } from "./_generated/server";\n\nexport const { signedQuery, signedMutation } = countersign({ query, mutation, replay: components.countersign, keys: () => ${keys} });\n`,
      "notes.md": `Another secret, of another project: ${another.slice(0, 20)}...\n`,
    },
  });
  const { variables } = await findsNothing(project, ["--prod-env-file", "production.env"], { env: dev.env });
  assert.deepEqual(variables.map((/** @type {{ variable: string }} */ { variable }) => variable), ["COUNTERSIGN_SECRET", "COUNTERSIGN_WEB", "COUNTERSIGN_WORKER"]);
});
