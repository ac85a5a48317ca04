// How long `===` takes by the place of the first wrong character, as JSON: run by timing.mjs in each Node.js there is.
//   node tests/bench/timing/staircase.mjs <seconds>

import { quantile, random } from "./statistics.mjs";

export const PLACES = 128;
const CANDIDATES = 16;
const COUNT = 2000;

const expectedBytes = Buffer.from(Array.from({ length: PLACES }, (_, i) => 97 + ((i * 7) % 26)));
const expected = expectedBytes.toString("latin1");
const scratch = Buffer.from(expectedBytes);

/** @param {number} place */
function candidatesWrongAt(place) {
  scratch[place] ^= 1;
  const made = Array.from({ length: CANDIDATES }, () => scratch.toString("latin1"));
  scratch[place] ^= 1;
  return made;
}

/** @param {string[]} candidates */
function compareAll(candidates) {
  let equal = 0;
  for (let i = 0; i < COUNT; i++) if (candidates[i & (CANDIDATES - 1)] === expected) equal++;
  return equal;
}

/** @param {number} place @returns {number} nanoseconds for one comparison */
function time(place) {
  const candidates = candidatesWrongAt(place);
  const start = process.hrtime.bigint();
  const equal = compareAll(candidates);
  const elapsed = Number(process.hrtime.bigint() - start);
  if (equal !== 0) throw new Error("=== took a wrong text for equal");
  return elapsed / COUNT;
}

if (process.argv[1]?.endsWith("staircase.mjs")) {
  const draw = random(7);
  const any = () => Math.floor(draw() * PLACES);
  for (let i = 0; i < 2000; i++) time(any());
  /** @type {number[][]} */
  const times = Array.from({ length: PLACES }, () => []);
  const until = performance.now() + 1000 * Number(process.argv[2]);
  while (performance.now() < until) {
    const place = any();
    times[place]?.push(time(place));
  }
  // The lower quartile: whatever else the machine does only makes it slower.
  console.log(JSON.stringify({ version: process.versions.node, nanoseconds: times.map((list) => quantile(list, 0.25)) }));
}
