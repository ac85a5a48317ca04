// The README's story: from an empty Next.js and Convex project to the first guarded call, with `init`, and without a file edited by hand.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ConvexHttpClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { createKeyring, generateSecret } from "countersign";
import { CountersignClient } from "countersign/client";
import { readmeSnippet } from "../docs/snippets.mjs";
import { startConvex } from "../support/convex/index.mjs";
import { startDeployments } from "./support/deployments.mjs";
import { writeGenerated } from "./support/init.mjs";
import { makeProject } from "./support/project.mjs";
import { environment, run } from "./support/run.mjs";

const repository = fileURLToPath(new URL("../..", import.meta.url));

/** In the repository, because Turbopack follows no link out of its root, and next is only linked into a project here. */
function emptyProject() {
  const holder = join(repository, ".cache/story");
  mkdirSync(holder, { recursive: true });
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = holder;
  try {
    const config = `import type { NextConfig } from "next";\n\nconst root = ${JSON.stringify(repository)};\nconst config: NextConfig = { turbopack: { root }, outputFileTracingRoot: root };\n\nexport default config;\n`;
    return makeProject("plain", { git: true, files: { "next.config.ts": config, "convex/notes.ts": undefined, "convex/schema.ts": undefined } });
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
}

/** @typedef {ReturnType<typeof makeProject>} Project */

/** What `npm install` of the packed package leaves. @param {Project} project */
function installTarball(project) {
  const folder = project.path("node_modules/countersign");
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  execFileSync("tar", ["-xzf", join(repository, ".cache/countersign.tgz"), "--strip-components=1", "-C", folder]);
}

/** @param {Project} project @param {string[]} args */
function next(project, args) {
  const child = spawn(process.execPath, [join(repository, "node_modules/next/dist/bin/next"), ...args], {
    cwd: project.root,
    // Nothing of countersign's or Convex's: all of that comes from the project's files.
    env: environment({ HOME: process.env["HOME"], NEXT_TELEMETRY_DISABLED: "1", NO_COLOR: "1" }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  after(() => child.kill("SIGKILL"));
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (log += text));
  const ended = new Promise((resolve, reject) => child.on("error", reject).on("exit", (code) => (code === 0 ? resolve(undefined) : reject(new Error(`next ${args[0]} ended with ${code}\n${log}`)))));
  return { child, ended, log: () => log };
}

/** @param {ReturnType<typeof next>} server @returns {Promise<string>} */
async function addressOf(server) {
  for (;;) {
    const url = /Local:\s+(http:\S+)[^]*Ready in/.exec(server.log())?.[1];
    if (url !== undefined) return url;
    await Promise.race([server.ended, new Promise((resolve) => setTimeout(resolve, 50))]);
  }
}

test("from an empty project to the first guarded call", async () => {
  const deployments = await startDeployments();
  const project = emptyProject();
  installTarball(project);
  // `npx convex dev` has been there once: it chose a deployment.
  project.write(".env.local", deployments.dotenv);

  const [npx, name, ...args] = readmeSnippet("set up").trim().split(" ");
  assert.deepEqual([npx, name], ["npx", "countersign"]);
  const set = await run([...args, "--yes"], { cwd: project.root, env: deployments.env });
  assert.equal(set.status, 0, set.output);
  const secret = /^COUNTERSIGN_SECRET=(csk_\S+)$/m.exec(project.read(".env.local"))?.[1] ?? "";
  assert.equal(deployments.variables("dev")["COUNTERSIGN_SECRET"], secret);
  assert.ok(!set.output.includes(secret));
  assert.doesNotMatch(project.git("status", "--porcelain"), /\.env/);
  // The README shows what init writes.
  for (const file of ["convex/convex.config.ts", "convex/countersign.ts"]) assert.equal(project.read(file), readmeSnippet(file));

  // The functions go to the deployment, at the same address, with the variables it was given; and types are generated.
  const variables = deployments.variables("dev");
  await deployments.dev.close();
  const convex = await startConvex({ functionsDir: project.functions, env: variables, port: Number(new URL(deployments.dev.url).port) });
  after(() => convex.close());
  writeGenerated(project.functions);

  await next(project, ["build"]).ended;
  const server = next(project, ["start", "--hostname", "127.0.0.1", "--port", "0"]);
  const address = await addressOf(server);

  const [, , , url = ""] = readmeSnippet("first call").trim().split(" ");
  const { pathname, origin } = new URL(url);
  assert.equal(origin, "http://localhost:3000");
  assert.ok(set.output.includes(readmeSnippet("first call").trim()), "init says how to call it");
  const response = await fetch(`${address}${pathname}`, { method: "POST" });
  const text = await response.text();
  assert.equal(response.status, 200, `${text}\n${server.log()}`);
  const [keyId] = createKeyring(secret).keyIds;
  assert.deepEqual(JSON.parse(text), { message: `Hello Next.js, your call was signed by key ${keyId}.` });
  assert.equal((await convex.readTable("countersign", "nonces")).length, 1, "the component remembers the call");

  // Without a signature, and with another secret's, the function does not run.
  const hello = /** @type {import("convex/server").FunctionReference<"mutation">} */ (makeFunctionReference("countersignExample:hello"));
  const anybody = new ConvexHttpClient(deployments.dev.url, { skipConvexDeploymentUrlCheck: true, logger: false });
  await assert.rejects(anybody.mutation(hello, { name: "anybody" }), (/** @type {any} */ error) => error.data?.code === "unauthorized");
  const stranger = /** @type {any} */ (new CountersignClient(deployments.dev.url, { secret: generateSecret() }));
  await assert.rejects(stranger.mutation(hello, { name: "stranger" }), { code: "unauthorized" });
  assert.equal((await convex.readTable("countersign", "nonces")).length, 1);
  assert.ok(![...convex.logs.map(({ message }) => message), server.log()].join("\n").includes(secret));
  server.child.kill("SIGKILL");
});
