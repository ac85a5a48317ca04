// The commands of www/docs/rotation.md, run one line at a time, with calls after each.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parseEnv } from "node:util";
import { anyApi } from "convex/server";
import { createKeyring, generateSecret } from "countersign";
import { CountersignClient } from "countersign/client";
import { startApp, patternOf } from "./app.mjs";
import { snippet } from "./snippets.mjs";

const page = "www/docs/rotation.md";
const api = /** @type {any} */ (anyApi);
const event = { eventId: "evt_1", provider: "polar" };

/** The app with one caller, as the README has it. @type {import("./app.mjs").App} */
let app;
before(async () => {
  app = await startApp("rotation");
});
after(() => app.convex.close());

const environment = () => parseEnv(readFileSync(join(app.folder, ".env.local"), "utf8"));
/** @param {string} secret */
const keyIdOf = (secret) => createKeyring(secret).keyIds[0];
/** Whether Convex accepts a call that this secret signed. @param {string | undefined} secret */
async function accepts(secret) {
  assert.ok(secret !== undefined);
  const client = new CountersignClient(app.convex.url, { secret, logger: false });
  try {
    return (await client.mutation(api.webhooks.markEventProcessed, event)).endsWith(String(keyIdOf(secret)));
  } catch (error) {
    assert.equal(/** @type {any} */ (error).code, "unauthorized");
    return false;
  }
}

/** Sets one secret on both sides. @returns {Promise<string>} */
async function start() {
  const secret = generateSecret();
  writeFileSync(join(app.folder, ".env.local"), `OTHER="stays"\nCOUNTERSIGN_SECRET=${secret}\n`);
  for (const name of ["", "_NEXT", "_PREVIOUS"]) await app.convex.setEnv(`COUNTERSIGN_SECRET${name}`, name === "" ? secret : undefined);
  return secret;
}

/** Runs a step's commands, and after each one looks whether both secrets are accepted. @param {string} step @param {() => Promise<void>} look */
async function walk(step, look) {
  for (const line of snippet(page, step).trim().split("\n")) {
    await app.run(line);
    await look();
  }
}

test("the command: the old secret is accepted until the last step, and the new one alone after it", async () => {
  const old = await start();
  const rotate = (/** @type {string} */ options) => app.run(`${snippet(page, "rotate").trim()} --yes ${options}`);
  await rotate("--until switch");
  const next = environment()["COUNTERSIGN_SECRET"];
  assert.deepEqual(environment(), { OTHER: "stays", COUNTERSIGN_SECRET: next, COUNTERSIGN_SECRET_PREVIOUS: old });
  assert.deepEqual([await accepts(old), await accepts(next)], [true, true]);
  assert.match(await rotate("--window 1"), /Done: [0-9a-f]{16} is the only secret\./);
  assert.deepEqual(environment(), { OTHER: "stays", COUNTERSIGN_SECRET: next });
  assert.deepEqual([await accepts(old), await accepts(next)], [false, true]);
});

for (const order of [["step 2", "step 3"], ["step 3", "step 2"]]) {
  test(`four steps, ${order.join(" before ")}: the table holds after every command`, async () => {
    const old = await start();
    assert.deepEqual([await accepts(old), await accepts(generateSecret())], [true, false]);

    // The first command only makes the secret; from the second on Convex accepts it.
    await walk("step 1", async () => assert.ok(await accepts(old)));
    const next = environment()["COUNTERSIGN_SECRET_NEXT"] ?? "";
    const options = { idempotencyKey: "across the rotation" };
    const recorded = await new CountersignClient(app.convex.url, { secret: old, logger: false }).mutation(api.webhooks.markEventProcessed, event, options);
    const both = async () => assert.deepEqual([await accepts(old), await accepts(next)], [true, true]);
    await both();

    // A server that has not been through step 2 yet still has the old names in its own environment.
    const before = environment();
    for (const step of order) {
      if (step === "step 3" && order[0] === "step 3") await renamed(before, () => walk(step, both));
      else await walk(step, both);
    }
    assert.deepEqual(environment(), { OTHER: "stays", COUNTERSIGN_SECRET: next, COUNTERSIGN_SECRET_PREVIOUS: old });
    if (order[0] === "step 2") await looks(old, next);
    assert.equal(await new CountersignClient(app.convex.url, { secret: next, logger: false }).mutation(api.webhooks.markEventProcessed, event, options), recorded, "the caller is the same one");

    await walk("step 4", async () => assert.ok(await accepts(next)));
    assert.equal(await accepts(old), false);
    assert.deepEqual(environment(), { OTHER: "stays", COUNTERSIGN_SECRET: next });
    await app.convex.setEnv("COUNTERSIGN_SECRET_PREVIOUS", old);
    assert.equal(await accepts(old), true, "too early: set again");
  });
}

/** With the names as they are on the machine where step 3 is done, while another server keeps its own. @param {NodeJS.Dict<string>} before @param {() => Promise<void>} run */
async function renamed(before, run) {
  await app.run(snippet(page, "step 2"));
  await run();
  writeFileSync(join(app.folder, ".env.local"), Object.entries(before).map(([name, value]) => `${name}="${value}"\n`).join("").replaceAll(/(COUNTERSIGN\w+)="(.*)"/g, "$1=$2"));
}

/** What both sides say of themselves. @param {string} old @param {string} next */
async function looks(old, next) {
  const printed = (await app.run(snippet(page, "key ids"))).trim();
  assert.match(printed, patternOf(snippet(page, "what it prints")));
  assert.deepEqual([...printed.matchAll(/^key id +(.*)$/gm)].map(([, keyId]) => keyId), [keyIdOf(next), keyIdOf(old)]);
  await assert.rejects(app.run(snippet(page, "a refusal")), /Failed to run function/);
  assert.ok(app.logged(snippet(page, "what Convex accepts")), app.messages().join("\n"));
  assert.ok(app.messages().some((message) => message.endsWith(`accepted=${keyIdOf(next)},${keyIdOf(old)}`)));
}

test("revoked at once", async () => {
  const old = await start();
  await app.run(snippet(page, "step 1"));
  const next = environment()["COUNTERSIGN_SECRET_NEXT"];
  await app.run(snippet(page, "revoke"));
  const now = environment();
  assert.deepEqual(Object.keys(now).sort(), ["COUNTERSIGN_SECRET", "OTHER"]);
  assert.deepEqual([await accepts(old), await accepts(next), await accepts(now["COUNTERSIGN_SECRET"])], [false, false, true]);
});

test("callers: lists pass over what is not set, and rotate in the same steps", async () => {
  const callers = await startApp("rotation-of-callers", page);
  try {
    const [old, next, worker] = [generateSecret(), generateSecret(), generateSecret()];
    await callers.convex.setEnv("COUNTERSIGN_WORKER", worker);
    const call = (/** @type {string} */ secret) => new CountersignClient(callers.convex.url, { secret, logger: false }).mutation(api.webhooks.markEventProcessed, event).then(() => true, ({ code }) => code);
    const states = [
      [{ "": old }, [true, "unauthorized"]],
      [{ "": old, _NEXT: next }, [true, true]],
      [{ "": next, _PREVIOUS: old }, [true, true]],
      [{ "": next }, ["unauthorized", true]],
    ];
    for (const [values, expected] of states) {
      for (const name of ["", "_NEXT", "_PREVIOUS"]) await callers.convex.setEnv(`COUNTERSIGN_WEB${name}`, /** @type {any} */ (values)[name]);
      assert.deepEqual([await call(old), await call(next)], expected);
      assert.equal(await call(worker), true);
    }
  } finally {
    await callers.convex.close();
  }
});
