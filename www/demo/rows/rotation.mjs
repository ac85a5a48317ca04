// The shared secret is replaced while deliveries keep coming.

import { setTimeout as sleep } from "node:timers/promises";
import { createKeyring } from "countersign";
import { codeIn } from "../lab.mjs";
import { note } from "./judge.mjs";

const [current, next, previous] = ["COUNTERSIGN_SECRET", "COUNTERSIGN_SECRET_NEXT", "COUNTERSIGN_SECRET_PREVIOUS"];
const inEachState = 5;

const rotation = {
  name: "secret rotated in four steps",
  expected: "none refused, then the old is",
  needs: ["env"],
  run: (context) => context.lab.inTurn(() => rotate(context)),
};

async function rotate({ lab, backend, secret, newSecret, startNextWith }) {
  const fresh = newSecret();
  const from = backend.log().length;
  const before = startTraffic(lab, undefined);
  let after;
  let server;
  try {
    await before.more();
    // 1. Convex accepts the next secret as well.
    await backend.setEnv(next, fresh);
    await before.more();
    // 2. The app signs with it; a server that has not been replaced yet still signs with the old one.
    server = await startNextWith({ [current]: fresh });
    after = startTraffic(lab, server.url);
    const both = () => Promise.all([before.more(), after.more()]);
    await both();
    // 3. In Convex the next one becomes the current one, and the old one the previous. Between the commands, too, calls arrive.
    for (const [name, value] of [[previous, secret], [current, fresh], [next, undefined]]) {
      await backend.setEnv(name, value);
      await both();
    }
    // 4. The old one is revoked.
    await before.stop();
    await backend.setEnv(previous, undefined);
    const lines = backend.log().length;
    const revoked = lab.newDelivery();
    const answer = await lab.post("node", revoked);
    const log = backend.log().slice(lines);
    await after.more();
    await after.stop();
    return judgeRotation({ lab, fresh, before, after, refusals: backend.log().slice(from, lines), revoked, answer, log });
  } finally {
    await Promise.allSettled([before.stop(), after?.stop()]);
    await server?.close();
    await backend.setEnv(current, secret);
    for (const name of [next, previous]) await backend.setEnv(name, undefined);
  }
}

async function judgeRotation({ lab, fresh, before, after, refusals, revoked, answer, log }) {
  const sent = [...before.sent, ...after.sent];
  const failed = sent.filter((one) => one.answer.status !== 200);
  const counts = await lab.storedCounts([...sent.map(({ delivery }) => delivery.id), revoked.id]);
  const storedAfterwards = counts.pop();
  const code = codeIn(log);
  const judged = { came: `${sent.length - failed.length} of ${sent.length} accepted`, code: code ?? "-", notes: [], problems: [] };
  if (failed.length > 0) judged.problems.push(`${failed.length} deliveries were refused meanwhile, the first with ${failed[0].answer.status}`);
  if (counts.length !== sent.length || counts.some((count) => count !== 1)) judged.problems.push("not every delivery was stored once");
  if (refusals.length > 0) judged.problems.push(`the deployment logged ${refusals[0]}`);
  const keyring = createKeyring(fresh);
  const [freshId] = keyring.keyIds;
  keyring.free();
  judged.notes.push(`${before.sent.length} deliveries signed with the old secret and ${after.sent.length} with the new one, some in every state`);
  const named = log.some((line) => line.includes(`key=${lab.keyId} `) && line.endsWith(`accepted=${freshId}`));
  note(judged, `the first call with the old one afterwards was refused: key ${lab.keyId}, accepted ${freshId}`, answer.status === 502 && code === "key_unknown" && named && storedAfterwards === 0);
  return judged;
}

/** Posts one delivery after the other until it is stopped. */
function startTraffic(lab, url) {
  const sent = [];
  let over = false;
  const loop = (async () => {
    while (!over) {
      const delivery = lab.newDelivery();
      sent.push({ delivery, answer: await lab.post("node", delivery, url) });
      await sleep(50);
    }
  })();
  // Whoever waits for it gets its error; until then it must not end the process.
  loop.catch(() => undefined);
  return {
    sent,
    /** Waits for some deliveries that begin after now. */
    async more() {
      const goal = sent.length + 1 + inEachState;
      while (sent.length < goal) await Promise.race([sleep(20), loop]);
    },
    async stop() {
      over = true;
      await loop;
    },
  };
}

export const rotationRows = [rotation];
