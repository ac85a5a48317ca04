// What a rotation does next, for every position that two sides can be in: nobody is locked out, and it comes to an end.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const file = fileURLToPath(new URL("../../node_modules/countersign/esm/cli/rotate/plan.js", import.meta.url));
/** @type {any} */
const { after, nextChange } = await import(pathToFileURL(file).href);

/** @typedef {{ current: string, next: string | undefined, previous: string | undefined }} Holds */
/** @typedef {{ server: Holds, convex: Holds }} Position */

/** @type {Holds[]} */
const all = ["old", "new"].flatMap((current) => [undefined, "new"].flatMap((next) => [undefined, "old"].map((previous) => ({ current, next, previous }))));
/** @type {Position[]} */
const positions = all.flatMap((server) => all.map((convex) => ({ server, convex })));

/** @param {Holds} holds */
const accepted = (holds) => new Set([holds.current, holds.next, holds.previous].filter((which) => which !== undefined));
const over = { current: "new", next: undefined, previous: undefined };

/** @param {Position} from @returns {{ before: Position, change: any, then: Position }[]} */
function walk(from) {
  const walked = [];
  for (let position = from; ; ) {
    const change = nextChange(position);
    if (change === undefined) return walked;
    const then = after(position, change);
    walked.push({ before: position, change, then });
    assert.ok(walked.length <= 9, `no end from ${JSON.stringify(from)}`);
    position = then;
  }
}

test("there are 64 positions, and from each it ends with the new secret alone on both sides", () => {
  assert.equal(positions.length, 64);
  for (const from of positions) {
    const last = walk(from).at(-1)?.then ?? from;
    assert.deepEqual(last, { server: over, convex: over }, JSON.stringify(from));
  }
});

test("Convex accepts what a server signs with, before a change and after it, and whether it was started again or not", () => {
  let changes = 0;
  for (const from of positions) {
    // A server that runs may have what is current, and what was current before.
    const running = new Set([from.server.current, ...(from.server.previous === undefined ? [] : ["old"])]);
    for (const { before, change, then } of walk(from)) {
      changes += 1;
      running.add(then.server.current);
      for (const signing of running) {
        if (change.step === "drop" && signing === "old") continue;
        // What was refused before, in a position made by hand, may be refused still; nothing gets worse.
        if (accepted(before.convex).has(signing)) assert.ok(accepted(then.convex).has(signing), `${JSON.stringify(from)}: ${JSON.stringify(change)}`);
      }
      if (then.server.current !== before.server.current) assert.ok(accepted(before.convex).has(then.server.current), `signs before it is accepted: ${JSON.stringify(from)}`);
      if (change.step === "drop") assert.deepEqual([before.server.current, before.convex.current], ["new", "new"]);
    }
  }
  assert.ok(changes > 200, String(changes));
});

test("where a server is locked out, the first change lets it in again", () => {
  const lockedOut = positions.filter(({ server, convex }) => !accepted(convex).has(server.current) && [...accepted(server), ...accepted(convex)].includes("new"));
  assert.ok(lockedOut.length > 10);
  for (const from of lockedOut) assert.ok(accepted(walk(from)[0]?.then.convex ?? from.convex).has(from.server.current), JSON.stringify(from));
});

test("neither side signs with the new secret before both accept it, unless one does already", () => {
  for (const from of positions) {
    const first = walk(from).find(({ change }) => change.set.current === "new");
    if (first === undefined || [from.server.current, from.convex.current].includes("new")) continue;
    for (const holds of [first.before.server, first.before.convex]) assert.ok(accepted(holds).has("new"), JSON.stringify(from));
  }
});

test("the server accepts what Convex signs with, too", () => {
  for (const from of positions) {
    for (const { before, change, then } of walk(from)) {
      if (accepted(before.server).has(before.convex.current)) assert.ok(accepted(then.server).has(then.convex.current), `${JSON.stringify(from)}: ${JSON.stringify(change)}`);
    }
  }
});

test("from a secret on both sides it is the way of the page, one variable of Convex's at a time", () => {
  const begun = { server: { current: "old", next: "new", previous: undefined }, convex: { current: "old", next: undefined, previous: undefined } };
  assert.deepEqual(
    walk(begun).map(({ change: { step, side, set } }) => `${step} ${side} ${Object.entries(set).map(([slot, which]) => `${slot}=${which ?? "-"}`).join(" ")}`),
    [
      "next convex next=new",
      "switch server current=new next=- previous=old",
      "switch convex previous=old",
      "switch convex current=new",
      "switch convex next=-",
      "drop convex previous=-",
      "drop server previous=-",
    ],
  );
  for (const { change } of positions.flatMap(walk)) if (change.side === "convex") assert.equal(Object.keys(change.set).length, 1);
});
