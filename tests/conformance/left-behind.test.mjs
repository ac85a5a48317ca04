// Nothing of a secret is left in WebAssembly's memory after a call, nor of a key after it is freed (attacks.md 26): every public
// function, its error paths included, in Node, in the package that users get.
//
// Each row of outside/rows/ runs twice, with secrets that differ, each time in a new instance. Then two things must hold in every
// memory: the search finds none of the texts, keys, pads, hashes and states that follow from the secrets; and the memories of
// the two runs are the same, byte for byte, so that nothing else that depends on a secret is there either. While a handle lives, its
// key's two states may be there, once, and nothing else.
//
// Run with `node --test tests/conformance/left-behind.test.mjs`.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { before, test } from "node:test";
import { compareFigures } from "./outside/figures.mjs";
import { tickingModule } from "./outside/instrument.mjs";
import { capture, differences, indexOf, ranges, search } from "./outside/memory.mjs";
import { exportedFunctions } from "./outside/surface.mjs";
import { signMessages, tour } from "./outside/tour.mjs";
import { dropInstance, hooks, instances, keepMemories, replaceModules, watchWebAssembly } from "./outside/webassembly.mjs";

/** @typedef {import("./outside/world.mjs").World} World */

watchWebAssembly();
const { World, observe } = await import("./outside/world.mjs");
const { rows } = await import("./outside/rows/all.mjs");
const { httpAction } = await import("./outside/rows/messages.mjs");

/** Rust's stack is the beginning of a module's memory (pkg-template/build/wasm.mjs). */
const STACK = { lean: 32 * 1024, guard: 32 * 1024, messages: 32 * 1024, rich: 1024 * 1024, unpacker: 0 };

/** Where the lean module's static memory ends, at the latest. */
const LEAN_STATICS = 128 * 1024;

const figures = { "public functions": 0, "rows of uses": 0, "looks at the memory": 0, "memories searched": 0, "patterns searched for": 0, "bytes left": 0 };
/** @type {Set<string>} */
const covered = new Set();

/** Where the states of live keys lie, each of which must be there exactly once. @param {import("./outside/memory.mjs").Snapshot[]} memories @param {Buffer[]} live */
function placesOfStates(memories, live) {
  return live.map((state, i) => {
    const places = memories.flatMap((memory, number) => search(memory, indexOf(new Map([[`state ${i}`, state]]))).map(({ from, to }) => ({ number, from, to })));
    assert.equal(places.length, 1, `a state of a live key is in memory ${places.length} times`);
    return places[0];
  });
}

/** @param {World} one @param {World} other the same row with other secrets @returns {string[]} what is left */
function leftBehind(one, other) {
  assert.equal(one.looks.length, other.looks.length);
  const patterns = indexOf(one.patterns.all);
  figures["patterns searched for"] = Math.max(figures["patterns searched for"], one.patterns.all.size);
  return one.looks.flatMap(({ label, live, snapshots }, i) => {
    const others = other.looks[i].snapshots;
    assert.deepEqual(snapshots.map(({ kind }) => kind), others.map(({ kind }) => kind), "the two runs made other instances");
    const allowed = placesOfStates(snapshots.map(({ snapshot }) => snapshot), live);
    figures["looks at the memory"]++;
    return snapshots.flatMap(({ kind, snapshot }, number) => {
      figures["memories searched"]++;
      const isAllowed = (/** @type {number} */ from, /** @type {number} */ to) => allowed.some((place) => place.number === number && place.from <= from && to <= place.to);
      const found = search(snapshot, patterns).filter(({ from, to }) => !isAllowed(from, to));
      const different = differences(snapshot, others[number].snapshot).filter((address) => !isAllowed(address, address + 1));
      figures["bytes left"] += different.length;
      return [
        ...found.map(({ name, from }) => `${label}: ${name} is at 0x${from.toString(16)} of the ${kind} module`),
        ...(different.length === 0 ? [] : [`${label}: ${different.length} bytes of the ${kind} module depend on the secrets: ${ranges(different)}`]),
      ];
    });
  });
}

before(async () => {
  // Whatever a first use leaves in JavaScript's caches is no concern of the rows.
  await observe(rows[0], "warm up");
  // What http actions load has instances of its own, which no test can make it drop.
  const [row] = rows.filter(({ title }) => title === httpAction);
  await observe(row, "warm up");
  const used = new Set(instances);
  await observe(row, "warm up");
  const shared = instances.filter((instance) => used.has(instance));
  assert.deepEqual(shared.map(({ kind }) => kind).sort(), ["lean", "messages"]);
  keepMemories(shared);
});

for (const row of rows) {
  test(`${row.of}: ${row.title}`, async () => {
    const [one, other] = [await observe(row, "one"), await observe(row, "other")];
    for (const name of [row.of, ...one.members.filter((member) => rows.some(({ of }) => of === member))]) covered.add(name);
    figures["rows of uses"]++;
    const left = leftBehind(one, other);
    if (left.length > 0) assert.fail(`${left.length} findings:\n${left.slice(0, 20).join("\n")}`);
  });
}

test("every public function has a row, and every row a function", async () => {
  const world = new World("handles");
  world.keyring();
  world.handle(world.api.importKey("key"));
  world.handle(world.api.importSecret(world.m.secret));
  const surface = new Set([...(await exportedFunctions()).keys(), ...world.members]);
  for (const handle of world.handles.keys()) /** @type {{ free(): void }} */ (handle).free();
  figures["public functions"] = surface.size;
  assert.deepEqual([...surface].filter((name) => !rows.some(({ of }) => of === name)), [], "functions without a row in tests/conformance/outside/rows");
  assert.deepEqual(rows.filter(({ of }) => !surface.has(of)).map(({ of }) => of), [], "rows of functions that there are not");
  assert.deepEqual([...surface].filter((name) => !covered.has(name)), [], "functions whose rows did not run");
});

test("each pattern is found while the call that uses it is under way", async () => {
  // Without wiping all of them would be left: the search looks for the right bytes in the right places.
  const before = await observe({ of: "", title: "", run: tour }, "control");
  const wanted = new Map(before.patterns.all);
  /** @type {Set<string>} */
  const seen = new Set();
  let index = indexOf(wanted);
  let ticks = 0;
  /** @type {import("./outside/webassembly.mjs").Kind} */
  let ticking = "lean";
  const look = (/** @type {import("./outside/webassembly.mjs").Watched} */ { kind, memory }, /** @type {number | undefined} */ end) => {
    for (const { name } of search(capture(memory, end), index)) {
      seen.add(`${kind}: ${name}`);
      if (wanted.delete(name)) index = indexOf(wanted);
    }
  };
  // The package compiles the messages module once, and has done so. As CommonJS it is another package, which compiles another.
  replaceModules(tickingModule, "lean", "messages");
  const other = createRequire(import.meta.url)("countersign/http");
  hooks.imports = () => ({ test: { tick() {
    // A search takes longer than what lies between two ticks: early on often, later seldom. What is elsewhere than on the stack is still there
    // when the next call begins.
    ticks++;
    if (wanted.size === 0 || ticks % (ticks < 4000 ? 5 : ticking === "lean" ? 500 : 10) !== 0) return;
    const newest = instances.findLast(({ kind }) => kind === ticking);
    // A MAC under way ends where it is, and is wiped in the same call.
    if (newest !== undefined) look(newest, ticking === "lean" && ticks % 20 === 0 ? LEAN_STATICS : STACK[ticking]);
  } } });
  hooks.enter = (instance) => {
    ticks = 0;
    if (wanted.size > 0) look(instance, undefined);
  };
  try {
    await observe({ of: "", title: "", run: tour }, "control");
    ticking = "messages";
    await observe({ of: "", title: "", run: (world) => signMessages(other, world) }, "control");
  } finally {
    Object.assign(hooks, { enter: undefined, imports: undefined, replace: undefined });
    dropInstance(before.api);
  }
  assert.deepEqual([...wanted.keys()], [], "patterns that are never in memory");
});

test("the figures are those in tests/figures/memory.json", () => compareFigures(figures));
