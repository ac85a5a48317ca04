// A whole rotation while servers call without a pause, with the real convex CLI: not one call is refused, in either direction.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createKeyring, fingerprint } from "countersign";
import { signRequest, verifyRequest } from "countersign/http";
import { accepts, environmentOf, startRotation, startServer } from "./support/rotation.mjs";

const RESTART = /Start your Next\.js server again now/;

test("servers that start before, on the way and when they are told to: none is ever refused", async () => {
  const world = await startRotation();
  const { project, secret } = world;
  const start = async () => startServer(world.url(), (await world.server()).current);

  // One server runs on until it is told to start again; others come and go all the time, each with what it finds when it starts.
  const patient = await start();
  let told = false;
  /** @type {Promise<{ accepted: number, refused: string[] }> | undefined} */
  let stopped;
  /** @type {string[]} */
  const refused = [];
  let made = 0;
  let over = false;
  let environment = await environmentOf(project.root);
  let messages = 0;
  const others = (async () => {
    while (!over) {
      const server = await start();
      await server.more(3);
      const { accepted, refused: some } = await server.stop();
      made += accepted;
      refused.push(...some);
      // The other way: what Convex signs now, verified by the patient server.
      if (told && stopped === undefined) {
        stopped = patient.stop();
        environment = await environmentOf(project.root);
      }
      const { COUNTERSIGN_SECRET: signing = "" } = world.deployments.variables("dev");
      const has = ["", "_NEXT", "_PREVIOUS"].flatMap((suffix) => environment[`COUNTERSIGN_SECRET${suffix}`] ?? []);
      // It knows the next one only if it was started again since.
      const request = await signRequest(createKeyring(signing), new Request("https://app.example/hook", { method: "POST", body: "{}" }));
      await verifyRequest(createKeyring(has), request, { audience: "https://app.example" }).then(() => messages++, (error) => refused.push(`http: ${error.code}`));
    }
  })();

  const run = await world.rotate(["--yes", "--window", "4"], {
    timeoutMs: 120_000,
    started: (child) => child.stderr?.on("data", (text) => (told ||= RESTART.test(text))),
  });
  over = true;
  await others;
  assert.equal(run.status, 0, run.output);
  assert.match(run.stderr, RESTART);
  const old = await stopped;
  assert.ok(old !== undefined && old.accepted > 10 && made > 20 && messages > 5, JSON.stringify({ old, made, messages }));
  assert.deepEqual([...old.refused, ...refused], []);

  const { current } = await world.server();
  assert.deepEqual([await world.server(), world.convex()], [{ current }, { current }]);
  assert.notEqual(current, secret);
  assert.deepEqual([await accepts(world.url(), current), await accepts(world.url(), secret)], [true, false]);
  // The words name both by their fingerprints, and neither by its value.
  for (const value of [secret, String(current)]) {
    assert.ok(run.output.includes(fingerprint(value)));
    assert.ok(!run.output.includes(value.slice(4, 40)), "prints a secret");
  }
});
