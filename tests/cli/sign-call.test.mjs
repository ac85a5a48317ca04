// `countersign sign call`, as a user's shell runs it; the curl command is run by bash, against a deployment.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { createKeyring, generateSecret, verifyCall } from "countersign";
import { startConvex } from "../support/convex/index.mjs";
import { fromConvexJson } from "../conformance/cases/checks.mjs";
import { commandPage, readmeSnippet, snippet } from "../docs/snippets.mjs";
import { makeProject } from "./support/project.mjs";
import { environment } from "./support/run.mjs";
import { runWithMistake, runWithin, watchedRun } from "./support/signing.mjs";

const exec = promisify(execFile);
const [secret, previous, worker] = [generateSecret(), generateSecret(), generateSecret()];
const run = watchedRun([secret, previous, worker]);
const within = runWithin([secret, previous, worker]);
const cloud = "https://happy-animal-123.convex.cloud";

const countersignFile = `import { countersign } from "countersign/convex";
import { components } from "./_generated/api";
import { action, mutation, query } from "./_generated/server";
export const { signedQuery, signedMutation, signedAction } = countersign({ query, mutation, action, replay: components.countersign });
`;
const files = {
  "convex/convex.config.ts": `import { defineApp } from "convex/server";\nimport countersign from "countersign/convex.config";\nconst app = defineApp();\napp.use(countersign);\nexport default app;\n`,
  "convex/schema.ts": `import { defineSchema, defineTable } from "convex/server";\nimport { v } from "convex/values";\nexport default defineSchema({ events: defineTable({ eventId: v.string(), provider: v.string() }), counts: defineTable({ eventId: v.string(), count: v.int64(), bytes: v.bytes(), rate: v.number() }) });\n`,
  "convex/countersign.ts": countersignFile,
  "convex/inner/events.ts": `import { v } from "convex/values";
import { internalMutation, internalQuery } from "../_generated/server";
import { signedMutation, signedQuery } from "../countersign";
const args = { eventId: v.string(), count: v.int64(), bytes: v.bytes(), rate: v.number() };
export const record = signedMutation({ args, handler: async (ctx, event) => { await ctx.db.insert("counts", event); return "done by " + ctx.caller.keyId; } });
export const list = signedQuery({ args: {}, handler: async (ctx) => (await ctx.db.query("counts").collect()).length });
export const hidden = internalQuery({ args: { text: v.string() }, handler: async (_ctx, { text }) => "hidden: " + text });
`,
  "convex/gateway.ts": `import { gateway } from "countersign/convex";
import { components } from "./_generated/api";
import * as builders from "./_generated/server";
export const { query, mutation, action } = gateway({ query: builders.query, mutation: builders.mutation, action: builders.action, replay: components.countersign, allow: ["inner/events:*"] });
`,
  "convex/webhooks.ts": readmeSnippet("convex/webhooks.ts"),
  "convex/notes.ts": undefined,
  ".env.local": `COUNTERSIGN_SECRET="${secret}"\r\nCOUNTERSIGN_WORKER=${worker}\nNEXT_PUBLIC_CONVEX_URL=${cloud}\n`,
};
const project = makeProject("plain", { files });
const cwd = project.root;

/** @type {Awaited<ReturnType<typeof startConvex>>} */
let convex;
before(async () => {
  convex = await startConvex({ functionsDir: project.functions, env: { COUNTERSIGN_SECRET: secret } });
});
after(() => convex.close());

/** @param {string} token @param {object} call @param {string} [by] */
function verified(token, call, by = secret) {
  const expected = { audience: cloud, type: /** @type {const} */ ("mutation"), name: "inner/events:record", args: {}, now: Date.now(), ...call };
  return verifyCall(createKeyring(by), token, expected);
}

test("a token that the verifier takes, and on stderr how long it is good and whose it is", async () => {
  const { status, stdout, stderr } = await run(["sign", "call", "inner/events:record", "--type", "mutation", "--args", '{"eventId":"evt_1"}'], { cwd });
  assert.equal(status, 0, stderr);
  const { keyId } = verified(stdout.trimEnd(), { args: { eventId: "evt_1" } });
  assert.match(stderr, new RegExp(`Signed with COUNTERSIGN_SECRET \\(\\.env\\.local\\), key ${keyId}, for ${cloud}\\. It is good once, within 60 seconds`));
  assert.match(stdout, /^cs1\.\S+\n$/);
});

test("arguments in Convex's JSON form, from the command line, a file and stdin", async () => {
  const json = '{"n":{"$integer":"/////////38="},"b":{"$bytes":"AQID"},"f":{"$float":"AAAAAAAAAIA="},"l":[1,1.5,null,true,{"deep":"\\u2028 it\'s"}]}';
  const args = fromConvexJson(JSON.parse(json));
  writeFileSync(project.path("args.json"), json);
  const given = ["sign", "call", "inner/events:record", "--type", "mutation"];
  for (const [more, stdin] of /** @type {[string[], string][]} */ ([[["--args", json], ""], [["--args-file", "args.json"], ""], [["--args-file", "-"], json]])) {
    const { status, stdout, stderr } = await run([...given, ...more], { cwd, stdin });
    assert.equal(status, 0, stderr);
    verified(stdout.trimEnd(), { args });
    assert.throws(() => verified(stdout.trimEnd(), { args: { ...args, f: 0 } }), { code: "signature_invalid" }, "0 is not -0");
  }
});

test("another secret, audience, type, idempotency key; --json", async () => {
  const result = await run(["sign", "call", "inner/events:record", "--type", "mutation", "--var", "COUNTERSIGN_WORKER", "--audience", "https://Other-1.convex.cloud/", "--idempotency-key", "evt_1", "--json"], { cwd });
  const { token, audience, keyId } = result.json();
  assert.equal(audience, "https://other-1.convex.cloud");
  assert.equal(verified(token, { audience, idempotencyKey: "evt_1" }, worker).keyId, keyId);
  const piped = await run(["sign", "call", "inner/events:list", "--type", "query", "--secret-stdin", "--audience", cloud], { stdin: `${previous}\n`, cwd });
  verified(piped.stdout.trimEnd(), { type: "query", name: "inner/events:list" }, previous);
});

test("the environment comes before the files, as in Next.js", async () => {
  const { stdout } = await run(["sign", "call", "inner/events:record", "--type", "mutation"], { cwd, env: { COUNTERSIGN_SECRET: previous, NEXT_PUBLIC_CONVEX_URL: "https://elsewhere-1.convex.cloud" } });
  verified(stdout.trimEnd(), { audience: "https://elsewhere-1.convex.cloud" }, previous);
});

test("in a monorepo the variables are the app's, and convex the backend's", async () => {
  const monorepo = makeProject("pnpm", { files: { "apps/web/.env.local": files[".env.local"] } });
  for (const folder of [monorepo.root, monorepo.next, monorepo.convex]) {
    const { status, stdout, stderr } = await run(["sign", "call", "inner/events:record", "--type", "mutation", "--args", '{"n":{"$integer":"AQAAAAAAAAA="}}'], { cwd: folder });
    assert.equal(status, 0, stderr);
    verified(stdout.trimEnd(), { args: { n: 1n } });
  }
});

/** Runs a printed command. @param {string} command @returns {Promise<any>} */
async function bash(command) {
  const { stdout } = await exec("bash", ["-euc", command], { cwd, env: environment() });
  return JSON.parse(stdout);
}

test("--curl: the command is accepted once, and refused the second time", async () => {
  const args = `{"eventId":"it's \\"one\\" $HOME \`id\` \\\\ \\n!","count":{"$integer":"AQAAAAAAAAA="},"bytes":{"$bytes":"AQID"},"rate":{"$float":"AAAAAAAAAIA="}}`;
  const { status, stdout, stderr } = await run(["sign", "call", "inner/events:record", "--type", "mutation", "--args", args, "--curl"], { cwd, env: { NEXT_PUBLIC_CONVEX_URL: convex.url } });
  assert.equal(status, 0, stderr);
  const first = await bash(stdout);
  assert.equal(first.status, "success", JSON.stringify(first));
  assert.equal(first.value, `done by ${createKeyring(secret).keyIds[0]}`);
  const rows = await convex.readTable("", "counts");
  assert.deepEqual(rows.map(({ eventId, count, rate }) => [eventId, count, Object.is(rate, -0)]), [['it\'s "one" $HOME `id` \\ \n!', 1n, true]]);
  const second = await bash(stdout);
  assert.deepEqual([second.status, second.errorData], ["error", { code: "unauthorized" }]);
  assert.ok(convex.logs.some(({ message }) => /code=replayed/.test(message)));
  assert.equal((await convex.readTable("", "counts")).length, 1);
});

test("--curl: a query, a retried mutation with an idempotency key, and an internal function through the gateway", async () => {
  const env = { NEXT_PUBLIC_CONVEX_URL: `${convex.url}/` };
  const command = async (/** @type {string[]} */ ...args) => {
    const result = await run(["sign", "call", ...args, "--curl"], { cwd, env });
    assert.equal(result.status, 0, result.stderr);
    return bash(result.stdout);
  };
  const before = (await command("inner/events:list", "--type", "query")).value;
  const event = ["inner/events:record", "--type", "mutation", "--args", '{"eventId":"evt_2","count":{"$integer":"AAAAAAAAAAA="},"bytes":{"$bytes":""},"rate":1}', "--idempotency-key", "evt_2"];
  assert.deepEqual([(await command(...event)).status, (await command(...event)).status], ["success", "success"]);
  assert.equal((await command("inner/events:list", "--type", "query")).value, before + 1);
  const hidden = await command("inner/events:hidden", "--type", "query", "--args", '{"text":"a"}', "--gateway");
  assert.equal(hidden.value, "hidden: a", JSON.stringify(hidden));
});

test("the page's command, as it stands there, calls the function", async () => {
  const env = environment({ npm_config_offline: "true", NEXT_PUBLIC_CONVEX_URL: convex.url });
  const { stdout } = await exec("bash", ["-euo", "pipefail", "-c", snippet(commandPage, "sign a call")], { cwd, env });
  assert.match(JSON.parse(stdout).value, /^polar event recorded, signed by key [0-9a-f]{16}$/);
  assert.equal((await convex.readTable("", "events")).length, 1);
});

/** @type {[string, string[], RegExp, { env?: Record<string, string>, stdin?: string }?][]} */
const wrong = [
  ["no type", ["a:b"], /--type query, --type mutation or --type action/],
  ["a type there is not", ["a:b", "--type", "Mutation"], /--type query/],
  ["a name with an ending", ["convex/a.ts:b", "--type", "query"], /not how Convex names a function[^]*Give a:b/],
  ["a reference", ["api.folder.a.b", "--type", "query"], /Give folder\/a:b/],
  ["a file alone", ["a", "--type", "query"], /Give a:default/],
  ["no name at all", ["a b", "--type", "query"], /path\/to\/module:function/],
  ["arguments that are no JSON", ["a:b", "--type", "query", "--args", "{a:1}"], /not JSON/],
  ["a list of arguments", ["a:b", "--type", "query", "--args", "[1]"], /are an object/],
  ["__proto__", ["a:b", "--type", "query", "--args", '{"a":[{"__proto__":{"isAdmin":true}}]}'], /__proto__/],
  ["a name twice", ["a:b", "--type", "query", "--args", '{"a":[{"b\\"{":1,"c":"b\\"{","d":[{"e":1},{"e":2,"\\u0065":3}]}]}'], /a name twice within one object/],
  ["nested too deep", ["a:b", "--type", "query", "--args-file", "-"], /nested deeper/, { stdin: `{"a":${"[".repeat(50_000)}${"]".repeat(50_000)}}` }],
  ["deeper than Convex takes", ["a:b", "--type", "query", "--args", `{"a":${"[".repeat(80)}${"]".repeat(80)}}`], /value_unsupported|no Convex value|cannot be signed/],
  ["no Convex value", ["a:b", "--type", "query", "--args", '{"a":{"$date":1}}'], /no Convex value/],
  ["the token's own argument", ["a:b", "--type", "query", "--args", '{"countersign":"x"}'], /`countersign`/],
  ["arguments twice", ["a:b", "--type", "query", "--args", "{}", "--args-file", "x"], /--args and --args-file/],
  ["a file that is not there", ["a:b", "--type", "query", "--args-file", "none.json"], /none\.json: there is none/],
  ["a deployment that is not encrypted", ["a:b", "--type", "query", "--url", "http://example.com"], /not encrypted/],
  ["an idempotency key for a query", ["a:b", "--type", "query", "--idempotency-key", "x"], /only a mutation has one/],
  ["a variable that is not set", ["a:b", "--type", "query", "--var", "OTHER_SECRET"], /OTHER_SECRET is not set here/],
  ["stdin for two things", ["a:b", "--type", "query", "--secret-stdin", "--args-file", "-"], /--secret-stdin and --args-file - both want stdin/],
  ["two secrets", ["a:b", "--type", "query", "--var", "COUNTERSIGN_SECRET", "--var", "COUNTERSIGN_WORKER"], /One secret signs/],
  ["a weak secret", ["a:b", "--type", "query"], /COUNTERSIGN_SECRET \(environment\) cannot be used: It has fewer than 32 bytes/, { env: { COUNTERSIGN_SECRET: "changeme" } }],
  ["a secret on stdin that is none", ["a:b", "--type", "query", "--secret-stdin"], /cannot be used/, { stdin: `"${previous}"` }],
  ["a secret with a byte-order mark", ["a:b", "--type", "query", "--secret-stdin"], /byte-order mark/, { stdin: `\ufeff${previous}\n` }],
  ["a line of an env file", ["a:b", "--type", "query", "--secret-stdin"], /line of an env file/, { stdin: `COUNTERSIGN_SECRET=${previous}\n` }],
];
for (const [what, args, expected, more] of wrong) {
  test(`wrong usage is status 2, says what is right, and signs nothing: ${what}`, async () => {
    const { status, stdout, stderr } = await within(["sign", "call", ...args], { cwd, ...more });
    assert.deepEqual([status, stdout], [2, ""], stderr);
    assert.match(stderr, expected);
    assert.ok(!stderr.includes("fault of countersign"), stderr);
  });
}

test("a secret as an argument is refused, and not repeated", async () => {
  const given = generateSecret();
  for (const args of [["--secret", given], [`--secret=${given}`], ["--var", given], ["--var", "whsec_abcdefghijklmnop"], ["--idempotency-key", given]]) {
    const { status, stdout, stderr } = await runWithMistake([given, "abcdefghijklmnop"])(["sign", "call", "a:b", "--type", "mutation", ...args], { cwd });
    assert.deepEqual([status, stdout], [2, ""]);
    assert.match(stderr, /shell's history|looks like a secret|no name that Convex allows/);
  }
  const alike = "Zq8ZrXvXwStNc7Lm1Pd9Kf3Hj6Gs4Ab";
  const unset = await runWithMistake([alike])(["sign", "call", "a:b", "--type", "mutation", "--var", alike], { cwd });
  assert.match(unset.stderr, /The variable that --var names is not set here/);
  const { status } = await runWithMistake([given])(["sign", "call", given, "--type", "mutation"], { cwd });
  assert.equal(status, 2);
});

test("outside of a project there is no convex to read arguments with, and that is said", async () => {
  const result = await run(["sign", "call", "a:b", "--type", "query"], { env: { COUNTERSIGN_SECRET: secret, NEXT_PUBLIC_CONVEX_URL: cloud } });
  assert.equal(result.status, 2);
  assert.match(result.stderr, /package convex is not installed here[^]*npm install convex/);
});
