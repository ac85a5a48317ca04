// Projects with one planted fault each, looked at by `countersign doctor`.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { generateSecret } from "countersign";
import { makeProject } from "./project.mjs";
import { environment, run } from "./run.mjs";

/** The secrets of a project without faults. */
export const secret = generateSecret();
export const other = generateSecret();

/** @typedef {import("./project.mjs").Project} Project */
/** @typedef {import("./project.mjs").Layout} Layout */
/** @typedef {{ code: string, severity: string, where: string, message: string, why: string, fix: string, variable?: string, fixable: boolean }} Finding */

/** What guards functions, as `countersign init` writes it. */
export const guards = {
  "convex/convex.config.ts": `import { defineApp } from "convex/server";\nimport countersign from "countersign/convex.config";\n\nconst app = defineApp();\napp.use(countersign);\n\nexport default app;\n`,
  "convex/countersign.ts": `import { countersign } from "countersign/convex";\nimport { components } from "./_generated/api";\nimport { action, mutation, query } from "./_generated/server";\n\nexport const { signedQuery, signedMutation, signedAction } = countersign({ query, mutation, action, replay: components.countersign });\n`,
};

/**
 * A project that nothing is wrong with but what is planted.
 * @param {object} [options]
 * @param {Layout} [options.layout]
 * @param {string} [options.env] added to .env.local
 * @param {string} [options.dotenv] instead of what stands in .env.local
 * @param {import("./project.mjs").Files} [options.files]
 * @param {boolean} [options.git]
 * @param {number} [options.mode] of .env.local
 * @param {{ dotenv: string }} [options.deployments]
 */
export function clean({ layout = "plain", env = "", dotenv, files = {}, git = false, mode = 0o600, deployments } = {}) {
  const split = layout === "monorepo" || layout === "pnpm";
  const inConvex = (/** @type {string} */ name) => (split ? `packages/backend/${name}` : name);
  const chosen = deployments?.dotenv ?? "CONVEX_DEPLOYMENT=dev:quick-otter-123\n\nNEXT_PUBLIC_CONVEX_URL=https://quick-otter-123.convex.cloud\n";
  const url = /^NEXT_PUBLIC_CONVEX_URL=.*\n/m.exec(chosen)?.[0] ?? "";
  const text = dotenv ?? `${split ? url : chosen}COUNTERSIGN_SECRET=${secret}\n`;
  const local = split ? "apps/web/.env.local" : ".env.local";
  const project = makeProject(layout, {
    git,
    files: {
      ...Object.fromEntries(Object.entries(guards).map(([name, content]) => [inConvex(name), content])),
      ...(split ? { "packages/backend/.env.local": chosen } : {}),
      ...files,
    },
  });
  project.write(local, `${text}${env}`);
  chmodSync(project.path(local), mode);
  return project;
}

/**
 * @param {Project} project @param {readonly string[]} args
 * @param {{ env?: Record<string, string | undefined>, cwd?: string }} [options]
 */
export async function doctor(project, args = [], { env = {}, cwd = project.root } = {}) {
  const ended = await run(["doctor", ...args, "--json"], { cwd, env });
  assert.ok(!ended.output.includes(secret.slice(4, 40)) && !ended.output.includes(other.slice(4, 40)), "prints a secret");
  assert.ok(ended.stdout.startsWith("{"), ended.output);
  const report = ended.json();
  assert.equal(report.error, undefined, JSON.stringify(report.error));
  /** @type {Finding[]} */
  const findings = report.findings;
  return { ...ended, report, findings, codes: findings.map(({ code }) => code) };
}

/**
 * Looks, and expects one finding: this one, here, and nothing else. Status 1, and the message names the place without a value.
 * @param {Project} project @param {string} code @param {string} where @param {readonly string[]} [args] @param {{ env?: Record<string, string | undefined>, cwd?: string }} [options]
 * @returns {Promise<Finding>}
 */
export async function findsOnly(project, code, where, args, options) {
  const { status, findings } = await doctor(project, args, options);
  assert.deepEqual(findings.map((each) => [each.code, each.where]), [[code, where]], JSON.stringify(findings, undefined, 1));
  assert.equal(status, 1);
  const [found] = findings;
  assert.ok(found !== undefined && found.message !== "" && found.why !== "" && found.fix !== "");
  return found;
}

/** Looks, and expects nothing. @param {Project} project @param {readonly string[]} [args] @param {{ env?: Record<string, string | undefined>, cwd?: string }} [options] */
export async function findsNothing(project, args, options) {
  const { status, report } = await doctor(project, args, options);
  assert.deepEqual(report.findings, []);
  assert.equal(status, 0, JSON.stringify(report.unchecked));
  return report;
}

/** Runs what a finding says, as it says it, in a shell. @param {string} command @param {Project} project @param {Record<string, string | undefined>} [env] @param {string} [stdin] */
export function paste(command, project, env = {}, stdin = "") {
  const all = environment(env);
  const path = [join(project.root, "node_modules/.bin"), join(project.next, "node_modules/.bin"), join(project.convex, "node_modules/.bin"), all["PATH"]].join(":");
  return new Promise((resolve, reject) => {
    const child = execFile("sh", ["-c", command], { cwd: project.root, env: { ...all, PATH: `${runners}:${path}`, ...identity } }, (error, stdout, stderr) => {
      if (error !== null) reject(new Error(`${command}\n${stdout}${stderr}`, { cause: error }));
      else resolve(stdout + stderr);
    });
    // A command that reads nothing may have ended before.
    child.stdin?.on("error", (/** @type {NodeJS.ErrnoException} */ error) => {
      if (error.code !== "EPIPE") reject(error);
    });
    child.stdin?.end(stdin);
  });
}

const identity = Object.fromEntries(["AUTHOR", "COMMITTER"].flatMap((who) => [[`GIT_${who}_NAME`, "Somebody"], [`GIT_${who}_EMAIL`, "somebody@example.com"]]));

/** `npx` and `pnpm exec` without looking anything up: they run what is installed. */
const runners = realpathSync(mkdtempSync(join(tmpdir(), "countersign-runners-")));
after(() => rmSync(runners, { recursive: true, force: true }));
writeFileSync(join(runners, "npx"), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
writeFileSync(join(runners, "pnpm"), '#!/bin/sh\nshift\nexec "$@"\n', { mode: 0o755 });
