// What people have made by hand: half states are gone on with, mixes are explained, and env files keep every other byte.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { fingerprint, generateSecret } from "countersign";
import { accepts, environmentOf, named, startRotation, valuesIn } from "./support/rotation.mjs";
import { runInTerminal } from "./support/terminal.mjs";

const installed = new URL("../../node_modules/countersign/esm/cli/", import.meta.url);
/** @param {string} file @returns {Promise<any>} */
const load = (file) => import(pathToFileURL(fileURLToPath(new URL(file, installed))).href);
const { recognise } = await load("rotate/state.js");
const { Fingerprints } = await load("fingerprints.js");

const [A, B, C] = [generateSecret(), generateSecret(), generateSecret()];
/** @typedef {import("./support/rotation.mjs").Values} Values */
/** @param {Values | undefined} server @param {Values} convex @param {boolean} [deployed] */
const state = (server, convex, deployed) => recognise({ server, convex }, new Fingerprints(), (/** @type {string} */ side, /** @type {string} */ slot) => `${side} ${slot}`, deployed);

test("which of the two is the new one follows from what anything is called", () => {
  assert.deepEqual(state({ current: A }, { current: A }), { kind: "idle", current: A });
  for (const [server, convex] of /** @type {[Values, Values][]} */ ([
    [{ current: A, next: B }, { current: A }],
    [{ current: A }, { current: A, next: B }],
    [{ current: B, previous: A }, { current: A }],
    [{ current: A }, { current: B, previous: A }],
    [{ current: B }, { current: B, previous: A }],
    [{ current: B, previous: A }, { current: B, next: B, previous: A }],
  ])) {
    const found = state(server, convex);
    assert.deepEqual([found.kind, found.old, found.new], ["under way", A, B]);
    assert.equal(found.position.server.current, server.current === A ? "old" : "new");
  }
  assert.deepEqual(state({ current: B }, { current: B, next: B }).position.convex, { current: "new", next: "new", previous: undefined });
});

test("a host that cannot be read signs with the old one until somebody says otherwise", () => {
  assert.deepEqual(state(undefined, { current: A }), { kind: "idle", current: A });
  assert.equal(state(undefined, { current: A, next: B }).position.server.current, "old");
  assert.equal(state(undefined, { current: A, next: B }, true).position.server.current, "new");
  assert.equal(state(undefined, { current: B, previous: A }).position.server.current, "old");
});

test("mixes have a reason, and the reason no value", () => {
  for (const [server, convex, reason] of /** @type {[Values, Values, RegExp][]} */ ([
    [{ current: A }, { current: B }, /differ, and nothing says which/],
    [{ current: A, next: B }, { current: A, next: C }, /3 different secrets/],
    [{ current: A, next: B }, { current: A, previous: B }, /next in one place and previous in another/],
    [{}, { current: A }, /server current is not set/],
    [{ current: A, next: B }, { next: B }, /convex current is not set/],
    [{ current: A }, { current: A, next: B.slice(0, -1) }, /convex next cannot be used\. .*checksum/],
    [{ current: `"${A}"` }, { current: A }, /server current cannot be used\. .*quote/],
  ])) {
    const found = state(server, convex);
    assert.equal(found.kind, "unknown");
    assert.match(found.reasons.join("\n"), reason);
    for (const value of [A, B, C]) assert.ok(!found.reasons.join().includes(value.slice(4, 40)));
  }
});

test("nothing is changed in a mix: it is shown by fingerprints, and the status is 1", async () => {
  const world = await startRotation({ called: false, server: { current: A, next: B }, convex: { current: A, next: C } });
  for (const args of [["--yes"], ["--dry-run"], ["--yes", "--json"]]) {
    const run = await world.rotate(args);
    assert.equal(run.status, 1, run.output);
    assert.match(run.output, /3 different secrets/);
    for (const value of [A, B, C]) {
      assert.ok(run.output.includes(fingerprint(value)));
      assert.ok(!run.output.includes(value.slice(4, 40)), "prints a secret");
    }
  }
  assert.deepEqual([await world.server(), world.convex()], [{ current: A, next: B }, { current: A, next: C }]);
});

test("somebody was too early: the old one is accepted again at once, and then it goes on", async () => {
  const world = await startRotation({ server: { current: A, next: B }, convex: { current: B } });
  assert.equal(await accepts(world.url(), A), false);
  const run = await world.rotate(["--yes", "--until", "next"]);
  assert.equal(run.status, 0, run.output);
  assert.deepEqual([await accepts(world.url(), A), await accepts(world.url(), B)], [true, true]);
  assert.equal((await world.rotate(["--yes", "--until", "switch"])).status, 0);
  assert.deepEqual([await world.server(), world.convex()], [{ current: B, previous: A }, { current: B, previous: A }]);
});

test("env files: CRLF, quotes, comments and dollars survive, and the old secret moves as it is", async () => {
  const odd = `it's $HOME "quoted" #no comment \\n ${generateSecret().slice(4)}`;
  const rest = `# A comment\r\nexport OTHER='a "b" $c'\r\nLINES="one\r\ntwo"\r\nDOLLAR=a\\$b\r\n`;
  const world = await startRotation({
    called: false,
    convex: { current: odd, next: B },
    envFile: (dotenv) => `${dotenv.replaceAll("\n", "\r\n")}COUNTERSIGN_SECRET_NEXT=${B}\r\nCOUNTERSIGN_SECRET=\`${odd.replaceAll("$", "\\$")}\`\r\n${rest}`,
  });
  const { project } = world;
  const before = await environmentOf(project.root);
  assert.equal(before["COUNTERSIGN_SECRET"], odd);
  // The convex CLI is asked for each value by itself where quotes leave a doubt: that takes a while.
  const run = await world.rotate(["--yes", "--until", "switch"], { timeoutMs: 180_000 });
  assert.equal(run.status, 0, run.output);
  assert.ok(!run.output.includes("quoted"), "prints the secret");
  assert.deepEqual([await world.server(), world.convex()], [{ current: B, previous: odd }, { current: B, previous: odd }]);
  assert.ok(project.read(".env.local").includes(rest));
  assert.doesNotMatch(project.read(".env.local"), /(?<!\r)\n(?!two)/);
  const others = (/** @type {object} */ environment) => Object.entries(environment).filter(([name]) => !name.startsWith("COUNTERSIGN_SECRET"));
  assert.deepEqual(others(await environmentOf(project.root)), others(before));
});

test("what Next.js takes from elsewhere, and what git would commit, is not rotated", async () => {
  const world = await startRotation({ called: false });
  const { project, secret } = world;
  const unchanged = async () => assert.deepEqual(world.convex(), { current: secret });
  const elsewhere = await world.rotate(["--yes"], { env: { COUNTERSIGN_SECRET: secret } });
  assert.equal(elsewhere.status, 2);
  assert.match(elsewhere.stderr, /Next\.js takes COUNTERSIGN_SECRET from the environment of this process/);
  project.write(".env.development.local", `COUNTERSIGN_SECRET=${secret}\n`);
  assert.match((await world.rotate(["--yes"])).stderr, /Next\.js takes COUNTERSIGN_SECRET from \.env\.development\.local/);
  project.remove(".env.development.local");
  await unchanged();
  project.git("init", "-q");
  project.git("add", "-f", ".env.local");
  const tracked = await world.rotate(["--yes"]);
  assert.equal(tracked.status, 2, tracked.output);
  assert.match(tracked.stderr, /\.env\.local is tracked by git.*\n.*git rm --cached \.env\.local/);
  assert.deepEqual(await world.server(), { current: secret });
  await unchanged();
});

test("at a terminal each change is asked for; no and Ctrl-C say how to go on", async () => {
  const world = await startRotation({ called: false });
  const at = (/** @type {any[]} */ answers, /** @type {string[]} */ args = []) => runInTerminal(["rotate", ...args], { cwd: world.project.root, env: world.deployments.env, answers });
  const no = await at([{ when: /\.env\.local: set COUNTERSIGN_SECRET_NEXT to the new secret \([0-9a-f]{16}\)\?/, type: "n" }]);
  assert.equal(no.status, 2);
  assert.match(no.output, /Nothing was changed by this run\.\n {2}Go on with: npx countersign rotate/);
  const stopped = await at([
    { when: /\.env\.local: set COUNTERSIGN_SECRET_NEXT .*\?/, type: "y" },
    { when: /Convex \(dev\): set COUNTERSIGN_SECRET_NEXT .*\?/, type: "\u0003" },
  ]);
  assert.equal(stopped.status, 2);
  assert.match(stopped.output, /Done by this run:\n +\.env\.local: set COUNTERSIGN_SECRET_NEXT/);
  const { next } = await world.server();
  assert.equal((await world.rotate(["--yes", "--until", "switch"])).status, 0);
  const drop = await at([
    { when: /Was every server that signs with COUNTERSIGN_SECRET started again since the switch\? Then .*remove COUNTERSIGN_SECRET_PREVIOUS\?/, type: "y" },
    { when: /· 30 seconds/, type: "\u0003" },
  ], ["--window", "30"]);
  assert.equal(drop.status, 2, drop.output);
  assert.match(drop.output, /Stopped\.\n {2}Nothing was changed by this run\./);
  assert.deepEqual(world.convex(), { current: next, previous: world.secret });
  assert.ok(!drop.output.includes(world.secret.slice(4, 40)), "prints the secret");
});

test("where nobody can be asked it says so, and --no-wait says what it costs", async () => {
  const world = await startRotation({ called: false, server: { current: B, previous: A }, convex: { current: B, previous: A } });
  const asked = await world.rotate([]);
  assert.equal(asked.status, 2);
  assert.match(asked.stderr, /nobody can be asked here: .*\n {2}Give --yes to say yes\./);
  const dropped = await world.rotate(["--yes", "--no-wait", "--json"]);
  assert.equal(dropped.status, 0, dropped.output);
  assert.match(dropped.stderr, /Not waiting: a call that was signed with the old secret less than 60 seconds ago/);
  const { outcome, done } = dropped.json();
  assert.deepEqual([outcome, done], ["finished", ["Convex (dev): remove COUNTERSIGN_SECRET_PREVIOUS", ".env.local: remove COUNTERSIGN_SECRET_PREVIOUS"]]);
  assert.deepEqual([await world.server(), world.convex()], [{ current: B }, { current: B }]);
});

test("production: it stops at the host, and goes on when that is said to be done", async () => {
  const world = await startRotation({ prod: { current: A } });
  const first = await world.rotate(["--prod", "--yes", "--json"]);
  assert.equal(first.status, 0, first.output);
  const { outcome, todo, goOn } = first.json();
  const { next } = world.convex("prod");
  assert.equal(outcome, "waiting for the host");
  assert.equal(goOn, "npx countersign rotate --prod --deployed");
  assert.match(todo.join("\n"), new RegExp(`COUNTERSIGN_SECRET_PREVIOUS .*${fingerprint(A)}[^]*COUNTERSIGN_SECRET .*${fingerprint(String(next))}.*convex env get COUNTERSIGN_SECRET_NEXT --prod`));
  assert.deepEqual([await accepts(world.url("prod"), A), await accepts(world.url("prod"), next)], [true, true]);
  // Not said to be deployed: nothing more is done, as often as it runs.
  assert.equal((await world.rotate(["--prod", "--yes", "--json"])).json().outcome, "waiting for the host");
  assert.deepEqual(world.convex("prod"), { current: A, next });
  const last = await world.rotate(["--prod", "--deployed", "--yes", "--window", "1"]);
  assert.equal(last.status, 0, last.output);
  assert.match(last.stdout, /Still to do: remove COUNTERSIGN_SECRET_PREVIOUS at your host/);
  assert.deepEqual(world.convex("prod"), { current: next });
  // Neither another rotation by mistake, nor anything in development.
  assert.equal((await world.rotate(["--prod", "--deployed", "--yes", "--json"])).json().outcome, "nothing under way");
  assert.deepEqual([await world.server(), world.convex(), world.convex("prod")], [{ current: world.secret }, { current: world.secret }, { current: next }]);
});

test("another caller's secret: only if the functions read all three of its variables", async () => {
  const keys = (/** @type {string} */ list) => `import { countersign } from "countersign/convex";
import { action, mutation, query } from "./_generated/server";

export const { signedQuery, signedMutation, signedAction } = countersign({ query, mutation, action, replay: false, keys: () => ({ web: process.env.COUNTERSIGN_WEB, worker: ${list} }) });
`;
  const list = "[process.env.COUNTERSIGN_WORKER, process.env.COUNTERSIGN_WORKER_NEXT, process.env.COUNTERSIGN_WORKER_PREVIOUS]";
  const world = await startRotation({ server: { current: A }, convex: {}, files: { "convex/countersign.ts": keys(list) } });
  const { project, deployments } = world;
  await deployments.set("dev", "COUNTERSIGN_WORKER", A);
  await deployments.set("dev", "COUNTERSIGN_WEB", C);
  for (const [args, words] of /** @type {[string[], RegExp][]} */ ([
    [["--caller", "web"], /reads COUNTERSIGN_WEB and not COUNTERSIGN_WEB_NEXT and COUNTERSIGN_WEB_PREVIOUS/],
    [["--caller", "nobody"], /No function in convex reads COUNTERSIGN_NOBODY/],
    [["--var", C], /no name that Convex allows|looks like a secret/],
    [["--var", "NEXT_PUBLIC_SECRET"], /every visitor's browser/],
  ])) {
    const refused = await world.rotate([...args, "--yes"]);
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, words);
    assert.ok(!refused.output.includes(C.slice(4, 40)));
  }
  const run = await world.rotate(["--caller", "worker", "--yes", "--window", "1"]);
  assert.equal(run.status, 0, run.output);
  const { current } = await world.server();
  assert.deepEqual(valuesIn(deployments.variables("dev"), "COUNTERSIGN_WORKER"), { current });
  assert.deepEqual(valuesIn(deployments.variables("dev"), "COUNTERSIGN_WEB"), { current: C });
  assert.deepEqual([await accepts(world.url(), current), await accepts(world.url(), A), await accepts(world.url(), C)], [true, false, true]);
  // The guards' own variable, read by name where its companions are not.
  project.write("convex/old.ts", "export const same = (given: string) => given === process.env.COUNTERSIGN_SECRET;\n");
  await deployments.set("dev", "COUNTERSIGN_SECRET", current);
  assert.match((await world.rotate(["--yes"])).stderr, /convex\/old\.ts reads COUNTERSIGN_SECRET and not COUNTERSIGN_SECRET_NEXT and COUNTERSIGN_SECRET_PREVIOUS/);
  assert.equal(Object.keys(named(await world.server())).length, 1);
});
