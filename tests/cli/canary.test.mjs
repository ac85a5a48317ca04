// Every command, with secrets in place: nothing of them in either output, in the arguments of any process, or in any file that is not an environment file.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { fingerprint, generateSecret } from "countersign";
import { damaged } from "../secrets/odd.mjs";
import { putConvexCli, startDeployments, storeDeployments } from "./support/deployments.mjs";
import { makeProject } from "./support/project.mjs";
import { run, temporaryFolder } from "./support/run.mjs";
import { watching } from "./support/watching.mjs";

const secrets = {
  "the server's secret": generateSecret(),
  "Convex's secret": generateSecret(),
  "the secret in production": generateSecret(),
  "the awkward secret": "Canary/7Q\"2Vw\\9Lm&4Rt%8K+3Zs'6H=1Ydé5Bg0xW$HOME",
  "the placeholder": "replace-me-with-a-long-secret-value",
  "the hard-coded secret": "hard/coded+Kx81Qm72Rz63Tw54Yv45Ub36",
  "Stripe's secret": "whsec_4jQm81Kx72Rz63Tw54Yv45Ub36Nc27Fa",
};
const [server, convexSecret, production, awkward, placeholder, hardCoded, stripe] = /** @type {[string, string, string, string, string, string, string]} */ (Object.values(secrets));
const watch = watching(secrets);

/** @type {Awaited<ReturnType<typeof startDeployments>>} */
let deployments;
before(async () => {
  deployments = await startDeployments({
    dev: { COUNTERSIGN_SECRET: convexSecret, COUNTERSIGN_WORKER: convexSecret, INTERNAL_API_SECRET: ` "${awkward}"\n`, WEAK_SECRET: placeholder },
    prod: { COUNTERSIGN_SECRET: production, COUNTERSIGN_SECRET_NEXT: convexSecret },
  });
});

/** In single quotes there is nothing to escape but these. @param {string} text */
const quoted = (text) => `"${text.replace(/[\\"$]/g, "\\$&")}"`;

/** A project in which much is wrong. */
function faultyProject() {
  return makeProject("plain", {
    git: true,
    files: {
      ".gitignore": "node_modules\n.next\n",
      ".env.local": `${deployments.dotenv}COUNTERSIGN_SECRET="${server}" # ours\r\nINTERNAL_API_SECRET=${quoted(awkward)}\nWEAK_SECRET='${placeholder}'\nCOUNTERSIGN_SECRET_NEXT=${server.slice(0, -2)}\n`,
      ".env": `NEXT_PUBLIC_COUNTERSIGN_SECRET=${server}\nCOUNTERSIGN_SECRET=${convexSecret}\n`,
      "convex/old.ts": `import { v } from "convex/values";\nimport { mutation } from "./_generated/server";\n\nexport const write = mutation({\n  args: { secret: v.optional(v.string()) },\n  handler: async (ctx, args) => {\n    if (args.secret !== "${hardCoded}" && args.secret !== process.env.INTERNAL_API_SECRET) throw new Error("no");\n    await ctx.db.insert("notes", { text: "x" });\n  },\n});\n`,
    },
  });
}

/** A project in which nothing is wrong, in step with the deployment given. */
function soundProject() {
  const project = makeProject("plain", { git: true, files: { "convex/countersign.ts": guards } });
  project.write(".env.local", `${deployments.dotenv}# ours\nCOUNTERSIGN_SECRET='${server}'\nSTRIPE_WEBHOOK_SECRET=${stripe}\nAWKWARD=${quoted(awkward)}\n`);
  return project;
}

const guards = `import { countersign } from "countersign/convex";
import { action, httpAction, mutation, query } from "./_generated/server";

export const { signedQuery, signedMutation, signedAction, signedHttpAction } = countersign({ query, mutation, action, httpAction, replay: false });
`;

/** @typedef {{ status: number | null, output: string, stdout: string }} Ended */

/** Each command, and everything it is run with here. @type {Record<string, () => Promise<void>>} */
const rows = {
  async doctor() {
    const project = faultyProject();
    const { env } = deployments;
    const all = ["--prod", "--var", "COUNTERSIGN_SECRET", "--var", "INTERNAL_API_SECRET", "--var", "WEAK_SECRET"];
    const { status, output } = await watch.run(["doctor", ...all], { cwd: project.root, env });
    assert.equal(status, 1, output);
    // It has seen them all, or that they do not show would say nothing.
    for (const secret of [server, convexSecret, production]) assert.ok(output.includes(fingerprint(secret)), output);
    assert.match(output, /convex\/old\.ts:7/);
    const json = await watch.run(["doctor", "--json", ...all], { cwd: project.root, env });
    assert.equal(json.status, 1, json.output);
    assert.ok(JSON.parse(json.stdout).findings.length > 8, json.stdout);
    const fixed = await watch.run(["doctor", "--fix", "--var", "COUNTERSIGN_SECRET", "--var", "INTERNAL_API_SECRET"], { cwd: project.root, env });
    assert.ok(fixed.status !== 2, fixed.output);
    for (const standIn of /** @type {const} */ (["failing", "not logged in", "missing"])) {
      putConvexCli(project, standIn);
      const failed = await watch.run(["doctor"], { cwd: project.root, env: { COUNTERSIGN_SECRET: awkward } });
      assert.ok(failed.status !== 0, failed.output);
    }
    assert.equal((await watch.run(["doctor", "--offline"], { cwd: project.root, env: { COUNTERSIGN_SECRET: awkward } })).status, 1);
  },

  async init() {
    // With the real CLI, whose arguments and files are looked at too.
    const { env } = deployments;
    const project = makeProject("plain", { git: true });
    project.write(".env.local", deployments.dotenv + `AWKWARD=${quoted(awkward)}\n`);
    const all = deployments.variables("dev");
    for (const name of Object.keys(all)) await deployments.set("dev", name, undefined);
    const first = await watch.run(["init", "--yes", "--example"], { cwd: project.root, env, made: ({ output }) => ({ "the secret made": secretIn(project, output) }) });
    assert.equal(first.status, 0, first.output);
    assert.equal(deployments.variables("dev")["COUNTERSIGN_SECRET"], secretIn(project));
    for (const [name, value] of Object.entries(all)) await deployments.set("dev", name, value);

    const other = makeProject("plain", { git: true });
    const store = storeDeployments(other);
    const cwd = other.root;
    // Stopped in each way, and then gone through with.
    assert.equal((await watch.run(["init", "--dry-run"], { cwd })).status, 0);
    assert.equal((await watch.runInTerminal(["init"], { cwd, answers: [{ when: /Yes/, type: "\u0003" }] })).status, 2);
    for (const standIn of /** @type {const} */ (["failing", "slow", "not logged in", "missing"])) {
      putConvexCli(other, standIn);
      const stopped = await watch.run(["init", "--yes", "--timeout", "1"], { cwd });
      assert.equal(stopped.status, 2, stopped.output);
    }
    store.put();
    for (const more of [["--json"], ["--prod"]]) {
      const ended = await watch.run(["init", "--yes", ...more], { cwd, made: () => ({ "the other secret made": secretIn(other), ...(store.variables("prod")["COUNTERSIGN_SECRET"] === undefined ? {} : { "the one made for production": store.variables("prod")["COUNTERSIGN_SECRET"] ?? "" }) }) });
      assert.notEqual(ended.status, 2, ended.output);
    }
    assert.notEqual(store.variables("prod")["COUNTERSIGN_SECRET"], store.variables("dev")["COUNTERSIGN_SECRET"]);
    // One that fails while it writes the secret, and repeats it.
    const broken = makeProject("plain", { files: { ".env.local": `COUNTERSIGN_SECRET=${server}\n` } });
    putConvexCli(broken, { script: `if (process.argv.includes("set")) { const given = require("fs").readFileSync(0, "utf8"); console.log(given); console.error("✖ cannot set " + JSON.stringify(given)); process.exit(1); }` });
    const failed = await watch.run(["init", "--yes"], { cwd: broken.root });
    assert.equal(failed.status, 2, failed.output);
    // Two that differ: both are named, by their fingerprints.
    storeDeployments(broken, { dev: { COUNTERSIGN_SECRET: convexSecret } });
    const differ = await watch.run(["init", "--yes"], { cwd: broken.root });
    assert.ok(differ.status === 1 && differ.output.includes(fingerprint(server)) && differ.output.includes(fingerprint(convexSecret)), differ.output);
  },

  async rotate() {
    // A step with the real CLI, whose arguments and files are looked at too.
    const { env } = deployments;
    const real = soundProject();
    await deployments.set("dev", "COUNTERSIGN_SECRET", server);
    const first = await watch.run(["rotate", "--yes", "--until", "next"], { cwd: real.root, env, timeoutMs: 180_000, made: () => ({ "the next secret": deployments.variables("dev")["COUNTERSIGN_SECRET_NEXT"] ?? "" }) });
    assert.equal(first.status, 0, first.output);
    await deployments.set("dev", "COUNTERSIGN_SECRET", convexSecret);
    await deployments.set("dev", "COUNTERSIGN_SECRET_NEXT", undefined);

    const project = soundProject();
    const cwd = project.root;
    const store = storeDeployments(project, { dev: { COUNTERSIGN_SECRET: server, AWKWARD: awkward }, prod: { COUNTERSIGN_SECRET: production } });
    const made = () => ({ "the new secret": store.variables("dev")["COUNTERSIGN_SECRET_NEXT"] ?? secretIn(project) });
    assert.equal((await watch.run(["rotate", "--dry-run"], { cwd })).status, 0);
    assert.equal((await watch.runInTerminal(["rotate"], { cwd, answers: [{ when: /Yes/, type: "\u0003" }] })).status, 2);
    // Interrupted in the middle, by a CLI that never ends, by one that fails with all it was given in its message, and by Ctrl-C.
    assert.equal((await watch.run(["rotate", "--yes", "--until", "next"], { cwd, made })).status, 0);
    for (const standIn of /** @type {const} */ (["slow", "failing"])) {
      putConvexCli(project, standIn);
      const stopped = await watch.run(["rotate", "--yes", "--timeout", "1"], { cwd });
      assert.equal(stopped.status, 2, stopped.output);
    }
    putConvexCli(project, "slow");
    await watch.run(["rotate", "--yes"], { cwd, started: (child) => setTimeout(() => child.kill("SIGINT"), 1500) });
    store.put();
    const rest = await watch.run(["rotate", "--yes", "--no-wait", "--json"], { cwd, made });
    assert.equal(rest.status, 0, rest.output);
    assert.notEqual(secretIn(project), server);
    assert.equal(store.variables("dev")["COUNTERSIGN_SECRET"], secretIn(project));
    // The whole way at once, and production's.
    const again = await watch.run(["rotate", "--yes", "--no-wait"], { cwd, made: () => ({ "the third secret": secretIn(project) }) });
    assert.equal(again.status, 0, again.output);
    const prod = await watch.run(["rotate", "--yes", "--prod"], { cwd, made: () => ({ "production's next secret": store.variables("prod")["COUNTERSIGN_SECRET_NEXT"] ?? server }) });
    assert.ok(prod.status !== null, prod.output);
    // A secret that is none, and two that differ.
    for (const dev of [{ COUNTERSIGN_SECRET: placeholder }, { COUNTERSIGN_SECRET: convexSecret }]) {
      storeDeployments(project, { dev });
      assert.ok([1, 2].includes((await watch.run(["rotate", "--yes"], { cwd })).status ?? 0));
    }
  },

  async keygen() {
    // Its output is the secret, and it is nowhere else.
    for (const args of [["keygen"], ["keygen", "--var", "COUNTERSIGN_SECRET"], ["keygen", "--json"]]) {
      const { status, stdout } = await watch.run(args, { allow: ["stdout"], made: (ended) => ({ "the secret made": /csk_[\w-]+/.exec(ended.stdout)?.[0] ?? "" }) });
      assert.equal(status, 0);
      assert.equal(stdout.match(/csk_/g)?.length, 1);
    }
  },

  fingerprint: () => oneSecret("fingerprint"),
  inspect: () => oneSecret("inspect"),

  async "sign call"() {
    const project = soundProject();
    const token = await signedCall(project);
    assert.match(token, /^cs1\./);
    const curl = await watch.run(["sign", "call", ...call, "--curl"], { cwd: project.root });
    assert.match(curl.stdout, /curl/);
    assert.equal((await watch.run(["sign", "call", ...call, "--secret-stdin", "--json"], { cwd: project.root, stdin: convexSecret })).status, 0);
    assert.equal((await watch.run(["sign", "call", ...call, "--secret-stdin"], { cwd: project.root, stdin: placeholder })).status, 2);
    assert.equal((await watch.run(["sign", "call", ...call, "--var", "AWKWARD"], { cwd: project.root, env: { AWKWARD: awkward.slice(0, 31) } })).status, 2);
  },

  async "sign http"() {
    const project = soundProject();
    const { status, output } = await watch.run(["sign", "http", "POST", "https://app.example/api/orders", "-H", "content-type: application/json", "--data", "-"], { cwd: project.root, stdin: "{}" });
    assert.equal(status, 0, output);
    assert.match(output, /signature-input/i);
    await watch.run(["sign", "http", "GET", "https://app.example/", "--curl", "--json"], { cwd: project.root });
  },

  async "sign webhook"() {
    const project = soundProject();
    for (const more of [[], ["--json"], ["--curl", "http://localhost:3000/api/webhooks/stripe"]]) {
      const { status, output } = await watch.run(["sign", "webhook", "stripe", "--data", "-", ...more], { cwd: project.root, stdin: '{"id":"evt_1"}' });
      assert.equal(status, 0, output);
    }
  },

  async "verify call"() {
    const project = soundProject();
    const token = await signedCall(project);
    for (const more of [[], ["--explain"], ["--json", "--explain"]]) {
      const right = await watch.run(["verify", "call", ...call, ...more], { cwd: project.root, stdin: token });
      assert.equal(right.status, 0, right.output);
      const wrong = await watch.run(["verify", "call", ...call, ...more], { cwd: project.root, stdin: token, env: { COUNTERSIGN_SECRET: convexSecret } });
      assert.equal(wrong.status, 1, wrong.output);
    }
    assert.equal((await watch.run(["verify", "call", ...call, "--var", "AWKWARD", "--explain"], { cwd: project.root, stdin: token })).status, 1);
    // A secret where the token belongs.
    assert.notEqual((await watch.run(["verify", "call", ...call], { cwd: project.root, stdin: server })).status, 0);
  },

  async "verify http"() {
    const project = soundProject();
    const { stdout } = await run(["sign", "http", "GET", "https://app.example/api/orders"], { cwd: project.root });
    const message = `GET /api/orders HTTP/1.1\r\nHost: app.example\r\n${stdout.trim().split("\n").filter((line) => /^[a-z-]+: /i.test(line)).join("\r\n")}\r\n\r\n`;
    for (const more of [[], ["--explain"], ["--json", "--explain"]]) {
      const right = await watch.run(["verify", "http", "--audience", "https://app.example", ...more], { cwd: project.root, stdin: message });
      assert.equal(right.status, 0, right.output);
      const wrong = await watch.run(["verify", "http", "--audience", "https://app.example", ...more], { cwd: project.root, stdin: message, env: { COUNTERSIGN_SECRET: convexSecret } });
      assert.equal(wrong.status, 1, wrong.output);
    }
  },

  async "verify webhook"() {
    const project = soundProject();
    const body = '{"id":"evt_1"}';
    const { stdout } = await run(["sign", "webhook", "stripe", "--data", "-"], { cwd: project.root, stdin: body });
    const header = stdout.split("\n").find((line) => /^stripe-signature: /i.test(line)) ?? "";
    for (const more of [[], ["--explain"], ["--json", "--explain"]]) {
      const right = await watch.run(["verify", "webhook", "stripe", "-H", header, "--data", "-", ...more], { cwd: project.root, stdin: body });
      assert.equal(right.status, 0, right.output);
      const wrong = await watch.run(["verify", "webhook", "stripe", "-H", header, "--data", "-", ...more], { cwd: project.root, stdin: body, env: { STRIPE_WEBHOOK_SECRET: `whsec_${awkward}` } });
      assert.ok(wrong.status !== 0, wrong.output);
    }
  },
};

/** @param {import("./support/project.mjs").Project} project @param {string} [output] of what should have written one */
const secretIn = (project, output = "") => /^COUNTERSIGN_SECRET=['"]?(csk_[\w-]+)/m.exec(project.read(".env.local"))?.[1] ?? assert.fail(`there is no secret in .env.local\n${output}`);

const call = ["notes:add", "--type", "mutation", "--args", '{"text":"x"}'];

/** @param {import("./support/project.mjs").Project} project */
async function signedCall(project) {
  const { status, stdout, output } = await watch.run(["sign", "call", ...call], { cwd: project.root });
  assert.equal(status, 0, output);
  return stdout.trim();
}

/** @param {"fingerprint" | "inspect"} command */
async function oneSecret(command) {
  const project = soundProject();
  const cwd = project.root;
  for (const json of [[], ["--json"]]) {
    const good = await watch.run([command, ...json], { cwd, stdin: `${server}\n` });
    assert.equal(good.status, 0, good.output);
    assert.ok(good.output.includes(fingerprint(server)), good.output);
    assert.equal((await watch.run([command, "--var", "COUNTERSIGN_SECRET", ...json], { cwd })).status, 0);
    for (const bad of [placeholder, server.slice(0, -1), `"${server}"`, ` ${server}`, `COUNTERSIGN_SECRET=${server}`, `\ufeff${server}`, awkward.slice(0, 31), Buffer.from(server, "utf16le")]) {
      assert.notEqual((await watch.run([command, ...json], { cwd, stdin: bad })).status, 0);
    }
  }
  const typed = await watch.runInTerminal([command], { cwd, answers: [{ when: /not shown/, type: `${awkward.replace(/[^ -~]/g, "e")}\r` }] });
  assert.ok(typed.status !== null, typed.output);
}

/** Every command that does something, from what --help lists. @param {string[]} [above] @returns {Promise<string[]>} */
async function commandsOf(above = []) {
  const { stdout } = await run([...above, "--help"]);
  const [, listed] = /\nCommands:\n([^]*?)(\n\n|$)/.exec(stdout) ?? [];
  if (listed === undefined) return [above.join(" ")];
  const names = [...listed.matchAll(/^ {2}(\S+)/gm)].map(([, name = ""]) => name);
  return (await Promise.all(names.map((name) => commandsOf([...above, name])))).flat();
}

test("every command has a row, and no other", async () => {
  assert.deepEqual((await commandsOf()).sort(), Object.keys(rows).sort());
});

for (const [name, row] of Object.entries(rows)) test(`nothing of a secret shows: ${name}`, row);

test("nothing of a secret shows: in whatever form it stands in an env file or in the environment", async () => {
  // Each form a variable of its own, so that one run sees them all.
  const forms = [server, awkward].flatMap(damaged);
  const variables = forms.map((text, index) => /** @type {const} */ ([`FORM_${index}`, text]));
  const file = variables.map(([name, text], index) => [`${name}=${text}`, `${name}=${JSON.stringify(text)}\r`, `export ${name}='${text}' # it`, `NEXT_PUBLIC_${name}=${text}`][index % 4]).join("\n");
  const env = Object.fromEntries(variables.filter(([, text]) => !text.includes("\0")));
  const args = ["doctor", "--offline", ...variables.flatMap(([name]) => ["--var", name])];
  for (const [files, more] of /** @type {[Record<string, string>, Record<string, string>][]} */ ([[{ ".env.local": file }, {}], [{ ".env": file }, {}], [{}, env]])) {
    const project = makeProject("plain", { files });
    for (const json of [[], ["--json"]]) {
      const { status, output } = await watch.run([...args, ...json], { cwd: project.root, env: more });
      assert.equal(status, 1, output);
    }
  }
});

test("nothing of a secret shows: env files that cannot be read", async () => {
  const project = makeProject("plain", { files: { ".env/x": "" } });
  for (const name of ["doctor", "init", "rotate"]) {
    const { status, output } = await watch.run([name], { cwd: project.root, env: { COUNTERSIGN_SECRET: server } });
    assert.notEqual(status, 0, output);
    assert.doesNotMatch(output, /fault of countersign/);
  }
});

test("nothing of a secret shows: --help and --version", async () => {
  const cwd = soundProject().root;
  for (const name of Object.keys(rows)) assert.equal((await watch.run([...name.split(" "), "--help"], { cwd, env: { COUNTERSIGN_SECRET: server } })).status, 0);
  for (const args of [["--help"], ["--version"]]) assert.equal((await watch.run(args, { cwd })).status, 0);
});

test("nothing of a secret shows: one that is typed where something else belongs", async () => {
  const cwd = temporaryFolder("empty");
  for (const text of [server, awkward]) for (const args of [[text], [`--json=${text}`], ["--", text], ["doctor", "--timeout", text]]) assert.equal((await watch.run(args, { cwd })).status, 2);
  for (const name of Object.keys(rows)) {
    for (const more of [[server], ["--json", `--secret=${server}`], ["--var", server]]) {
      const { status, output } = await watch.run([...name.split(" "), ...more], { cwd });
      assert.equal(status, 2, output.replaceAll(server, "SECRET"));
    }
  }
});
