// Faults between the two sides, one planted in each: the real convex CLI, a development and a production deployment.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { parse } from "dotenv";
import { startDeployments, storeDeployments } from "./support/deployments.mjs";
import { clean, doctor, findsNothing, findsOnly, other, paste, secret } from "./support/doctor.mjs";

const DEV = "Convex (dev)";
const PROD = "Convex (production)";

const deployments = await startDeployments();
/** What both deployments have when a project is made. @type {Record<"dev" | "prod", Record<string, string>>} */
let state = { dev: {}, prod: {} };
beforeEach(() => {
  state = { dev: { COUNTERSIGN_SECRET: secret }, prod: { COUNTERSIGN_SECRET: other } };
});

/** @param {"dev" | "prod"} kind @param {string} name @param {string | undefined} value */
function set(kind, name, value) {
  const { [name]: _, ...others } = state[kind];
  state[kind] = value === undefined ? others : { ...others, [name]: value };
}

/**
 * With `real`, the real convex CLI and the embedded deployments; otherwise one that keeps variables in a file, which starts in a fraction of the time.
 * @param {Parameters<typeof clean>[0] & { real?: boolean }} [options]
 */
function project({ real = false, ...options } = {}) {
  const app = clean({ deployments, ...options });
  if (!real) return { ...app, variables: storeDeployments(app, state).variables };
  apply();
  return { ...app, variables: deployments.variables };
}

/** Gives the embedded deployments what is to be there. */
function apply() {
  for (const kind of /** @type {const} */ (["dev", "prod"])) {
    for (const name of new Set([...Object.keys(deployments.variables(kind)), ...Object.keys(state[kind])])) deployments.set(kind, name, state[kind][name]);
  }
}

/** @param {string[]} args */
const look = (...args) => /** @type {const} */ ([["--no-code", ...args], { env: deployments.env }]);
const inDev = (/** @type {ReturnType<typeof project>} */ app) => app.variables("dev");
const inFile = (/** @type {ReturnType<typeof clean>} */ { read }) => parse(read(".env.local"))["COUNTERSIGN_SECRET"];

test("variable_unset in Convex (dev): mended by its fix", async () => {
  set("dev", "COUNTERSIGN_SECRET", undefined);
  const app = project({ real: true });
  const { fix, fixable } = await findsOnly(app, "variable_unset", DEV, ...look());
  assert.equal(fix, "node --env-file=.env.local -p process.env.COUNTERSIGN_SECRET | npx convex env set COUNTERSIGN_SECRET");
  assert.equal(fixable, true);
  await paste(fix, app, deployments.env);
  assert.equal(inDev(app)["COUNTERSIGN_SECRET"], secret);
});

test("variable_unset in Convex (dev) of a monorepo: mended by --fix, and by its fix", async () => {
  const app = project({ layout: "monorepo", real: true });
  for (const how of ["--fix", "paste"]) {
    set("dev", "COUNTERSIGN_SECRET", undefined);
    apply();
    if (how === "--fix") {
      const { report, status } = await doctor(app, ...look("--fix"));
      assert.deepEqual([status, report.findings, report.repaired.map((/** @type {{ code: string }} */ { code }) => code)], [0, [], ["variable_unset"]]);
    } else {
      const { fix } = await findsOnly(app, "variable_unset", DEV, ...look());
      assert.equal(fix, "node --env-file=apps/web/.env.local -p process.env.COUNTERSIGN_SECRET | (cd packages/backend && npx convex env set COUNTERSIGN_SECRET)");
      await paste(fix, app, deployments.env);
    }
    assert.equal(inDev(app)["COUNTERSIGN_SECRET"], secret);
  }
});

test("variable_unset for Next.js while Convex has it: mended by its fix, in a file that git ignores", async () => {
  const app = project({ dotenv: deployments.dotenv, git: true, files: { ".gitignore": "node_modules" } });
  assert.throws(() => app.git("check-ignore", ".env.local"));
  const { fix, fixable } = await findsOnly(app, "variable_unset", "Next.js", ...look());
  assert.equal(fixable, true);
  await paste(fix, app, deployments.env);
  assert.equal(inFile(app), secret);
  assert.equal(app.git("check-ignore", ".env.local"), ".env.local\n");
});

test("variable_unset in Convex (production)", async () => {
  set("prod", "COUNTERSIGN_SECRET", undefined);
  const app = project();
  const { fix, fixable } = await findsOnly(app, "variable_unset", PROD, ...look("--prod"));
  assert.equal(fix, "npx countersign init --prod");
  assert.equal(fixable, false, "--fix leaves production alone");
});

test("variable_unset in production, another variable: mended by its fix", async () => {
  set("dev", "SITE_URL", "http://localhost:3000");
  const app = project({ env: "SITE_URL=http://localhost:3000\n" });
  const { fix } = await findsOnly(app, "variable_unset", PROD, ...look("--prod", "--var", "SITE_URL"));
  await paste(/** @type {string} */ (fix.split(",")[0]), app, deployments.env, "https://notes.example");
  assert.equal(app.variables("prod")["SITE_URL"], "https://notes.example");
});

test("variable_differs: mended by its fix, and not by --fix", async () => {
  set("dev", "COUNTERSIGN_SECRET", other);
  set("prod", "COUNTERSIGN_SECRET", undefined);
  const app = project();
  const { fix, fixable } = await findsOnly(app, "variable_differs", DEV, ...look());
  assert.equal(fixable, false);
  const { report } = await doctor(app, ...look("--fix"));
  assert.equal(report.repaired, undefined);
  assert.equal(inDev(app)["COUNTERSIGN_SECRET"], other);
  await paste(fix, app, deployments.env);
  assert.equal(inDev(app)["COUNTERSIGN_SECRET"], secret);
});

test("variable_differs: a URL, which is judged by nothing else", async () => {
  set("dev", "SITE_URL", "http://localhost:3001");
  const app = project({ env: "SITE_URL=http://localhost:3000\n" });
  const { fix } = await findsOnly(app, "variable_differs", DEV, ...look("--var", "SITE_URL"));
  await paste(fix, app, deployments.env);
  assert.equal(inDev(app)["SITE_URL"], "http://localhost:3000");
});

test("variable_differs: in production, by a file for production", async () => {
  set("dev", "SITE_URL", "http://localhost:3000");
  set("prod", "SITE_URL", "https://notes.example");
  const app = project({ files: { ".env.production": `SITE_URL=https://elsewhere.example\n` }, env: "SITE_URL=http://localhost:3000\n" });
  const { fix } = await findsOnly(app, "variable_differs", PROD, ...look("--prod", "--var", "SITE_URL"));
  assert.match(fix, /convex env set --prod SITE_URL$/);
});

test("variable_differs: the server's secret is no caller's", async () => {
  set("dev", "COUNTERSIGN_SECRET", undefined);
  set("dev", "COUNTERSIGN_WEB", other);
  const { message } = await findsOnly(project(), "variable_differs", DEV, ...look());
  assert.match(message, /COUNTERSIGN_WEB/);
});

test("value_expanded: Convex has it as it stands there, so --fix knows which is meant", async () => {
  const value = "q7$HOME-Vd92kLs0-mZp4Xw8-Rt6Yb1Nc3-Je5Gf";
  set("dev", "COUNTERSIGN_SECRET", value);
  const app = project({ real: true, dotenv: `${deployments.dotenv}COUNTERSIGN_SECRET=${value}\n` });
  const { fixable } = await findsOnly(app, "value_expanded", ".env.local:5", ...look());
  assert.equal(fixable, true);
  const { report } = await doctor(app, ...look("--fix"));
  assert.deepEqual(report.findings, []);
});

for (const [code, value] of [
  ["secret_carriage_return", `${secret}\r`],
  ["secret_padded", ` ${secret}`],
  ["secret_quoted", `"${secret}"`],
]) {
  test(`${code} in Convex (dev): mended by its fix`, async () => {
    set("dev", "COUNTERSIGN_SECRET", value);
    const app = project({ real: true });
    const { fix, fixable } = await findsOnly(app, /** @type {string} */ (code), DEV, ...look());
    assert.equal(fixable, false, "--fix overwrites nothing in Convex");
    await paste(fix, app, deployments.env);
    assert.equal(inDev(app)["COUNTERSIGN_SECRET"], secret);
  });
}

test("secret_truncated in Convex (dev): with the other secret, both are said; mended by its fix", async () => {
  set("dev", "COUNTERSIGN_SECRET", secret.slice(0, -3));
  const app = project();
  const { findings } = await doctor(app, ...look());
  assert.deepEqual(findings.map(({ code, where }) => [code, where]), [["variable_differs", DEV], ["secret_truncated", DEV]]);
  await paste(/** @type {string} */ (findings[1]?.fix), app, deployments.env);
  await findsNothing(app, ...look());
});

test("secret_weak in Convex (production)", async () => {
  set("prod", "COUNTERSIGN_SECRET", "hunter2");
  const { fix } = await findsOnly(project(), "secret_weak", PROD, ...look("--prod"));
  assert.match(fix, /^npx convex env set --prod COUNTERSIGN_SECRET/);
});

test("secret_dev_is_prod", async () => {
  set("prod", "COUNTERSIGN_SECRET", secret);
  const { fix } = await findsOnly(project(), "secret_dev_is_prod", PROD, ...look("--prod"));
  assert.equal(fix, "npx countersign rotate --prod");
});

test("secret_shared: two callers with one secret; mended by its fix", async () => {
  set("dev", "COUNTERSIGN_SECRET", undefined);
  set("dev", "COUNTERSIGN_WEB", secret);
  set("dev", "COUNTERSIGN_WORKER", secret);
  const app = project();
  const { fix, variable } = await findsOnly(app, "secret_shared", DEV, ...look());
  assert.equal(variable, "COUNTERSIGN_WORKER");
  await paste(fix, app, deployments.env);
  await findsNothing(app, ...look());
});

test("caller_unset: a caller of `keys` without a secret; mended by its fix", async () => {
  set("dev", "COUNTERSIGN_SECRET", undefined);
  set("dev", "COUNTERSIGN_WEB", secret);
  const app = project({
    files: {
      "convex/countersign.ts": `import { countersign } from "countersign/convex";\nimport { components } from "./_generated/api";\nimport { mutation } from "./_generated/server";\n\nexport const { signedMutation } = countersign({\n  mutation,\n  replay: components.countersign,\n  keys: () => ({ web: process.env.COUNTERSIGN_WEB, worker: process.env.COUNTERSIGN_WORKER }),\n});\n`,
    },
  });
  const { fix, variable } = await findsOnly(app, "caller_unset", DEV, ...look());
  assert.equal(variable, "COUNTERSIGN_WORKER");
  await paste(fix, app, deployments.env, other);
  await findsNothing(app, ...look());
});

test("rotation_unfinished: _NEXT in Convex only, with the server on either secret", async () => {
  set("dev", "COUNTERSIGN_SECRET_NEXT", other);
  const { fix } = await findsOnly(project(), "rotation_unfinished", DEV, ...look());
  assert.equal(fix, "npx countersign rotate");
  set("dev", "COUNTERSIGN_SECRET", other);
  set("dev", "COUNTERSIGN_SECRET_NEXT", secret);
  const { message } = await findsOnly(project(), "rotation_unfinished", DEV, ...look());
  assert.match(message, /the server signs with it/);
});

test("rotation_unfinished: _PREVIOUS left in Convex; mended by its fix", async () => {
  set("dev", "COUNTERSIGN_SECRET_PREVIOUS", other);
  const app = project();
  const { fix, variable } = await findsOnly(app, "rotation_unfinished", DEV, ...look());
  assert.equal(variable, "COUNTERSIGN_SECRET_PREVIOUS");
  await paste(fix, app, deployments.env);
  assert.deepEqual(inDev(app), { COUNTERSIGN_SECRET: secret });
});

test("rotation_unfinished: _PREVIOUS left in .env.local", async () => {
  const { fix } = await findsOnly(project({ env: `COUNTERSIGN_SECRET_PREVIOUS=${other}\n` }), "rotation_unfinished", ".env.local:6", ...look());
  assert.equal(fix, "Take COUNTERSIGN_SECRET_PREVIOUS out of .env.local:6.");
});
