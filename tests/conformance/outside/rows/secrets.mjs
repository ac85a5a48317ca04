// Comparing, importing, generating and fingerprinting secrets, and inspecting them.
import assert from "node:assert/strict";
import { rowsOf } from "../world.mjs";

/** @typedef {import("../world.mjs").World} World */

/** Secrets that nobody may use, with the code that says so. @param {World} world @returns {[name: string, secret: any, code: string][]} */
const unusable = ({ m }) => [
  ["padded", ` ${m.secret}`, "secret_malformed"],
  ["quoted", `"${m.secret}"`, "secret_malformed"],
  ["with a wrong checksum", `csk_${m.secret}_AAAAAA`, "secret_malformed"],
  ["short", m.secret.slice(0, 31), "secret_weak"],
  ["too long", m.secret.repeat(400), "secret_malformed"],
  ["much too long", m.hugeKey, "secret_malformed"],
  ["too long, of many bytes a character", `${m.secret}é`.repeat(370), "secret_malformed"],
  ["bytes of a short one", Buffer.from(m.secret.slice(0, 31)), "secret_weak"],
  ["half of a surrogate pair", `${m.secret}\ud800`, "text_malformed"],
  ["a placeholder", "your-secret-value-your-secret-value", "secret_weak"],
  ["nothing", undefined, "secret_missing"],
  ["an empty text", "", "secret_missing"],
  ["a number", 42, "type_invalid"],
];

/** @param {World} world @returns {[name: string, candidate: unknown][]} */
const wrongCandidates = (world) => [
  ["another secret", world.m.other],
  ["another secret's bytes", Buffer.from(world.m.other)],
  ["the first character wrong", world.changed(world.m.secret, 0)],
  ["the last character wrong", world.changed(world.m.secret)],
  ["cut off", world.m.secret.slice(0, -1)],
  ["too long", world.m.other.repeat(400)],
  ["much too long", world.m.hugeKey],
  ["half of a surrogate pair", `${world.m.secret}\ud800`],
  ["nothing", undefined],
  ["a number", 42],
  ["an object that turns into the secret", { toString: () => world.m.secret }],
];

/** @param {(world: World, secret: any) => unknown} use @param {boolean} [throws] */
const eachUnusable = (use, throws = true) => (/** @type {World} */ world) => {
  for (const [name, secret, code] of unusable(world)) {
    if (throws) world.refuses(() => use(world, secret), code);
    else use(world, secret);
    world.look(name);
  }
};

export const secretRows = [
  ...rowsOf("verifySecret", {
    "the right secret": ({ api, m }) => assert.equal(api.verifySecret(m.secret, m.secret), true),
    "the right bytes": ({ api, m }) => assert.equal(api.verifySecret(Buffer.from(m.secret), Buffer.from(m.secret)), true),
    "text beyond ASCII": ({ api, m }) => assert.equal(api.verifySecret(`${m.secret}éß€😀`, `${m.secret}éß€😀`), true),
    "wrong candidates": (world) => {
      for (const [name, candidate] of wrongCandidates(world)) {
        assert.equal(world.api.verifySecret(candidate, world.m.secret), false, name);
        world.look(name);
      }
    },
    "unusable secrets": eachUnusable(({ api, m }, secret) => api.verifySecret(m.other, secret)),
    "unusable secrets, given as the candidate too": eachUnusable(({ api }, secret) => api.verifySecret(secret, secret)),
  }),
  ...rowsOf("importSecret", {
    "the right secret": (world) => void world.handle(world.api.importSecret(world.m.secret)),
    "unusable secrets": eachUnusable(({ api }, secret) => api.importSecret(secret)),
  }),
  ...rowsOf("ImportedSecret.matches", {
    "the right secret": (world) => {
      const expected = world.handle(world.api.importSecret(world.m.secret));
      assert.equal(expected.matches(world.m.secret), true);
      // Its digest is in JavaScript's memory.
      world.look("while the handle lives");
      assert.equal(expected.matches(Buffer.from(world.m.secret)), true);
    },
    "wrong candidates": (world) => {
      const expected = world.handle(world.api.importSecret(world.m.secret));
      for (const [name, candidate] of wrongCandidates(world)) {
        assert.equal(expected.matches(candidate), false, name);
        world.look(name);
      }
    },
    "after it was freed": (world) => {
      const expected = world.handle(world.api.importSecret(world.m.secret));
      expected.free();
      world.refuses(() => expected.matches(world.m.secret), "type_invalid");
    },
  }),
  ...rowsOf("ImportedSecret.free", {
    twice: (world) => {
      const expected = world.handle(world.api.importSecret(world.m.secret));
      expected.free();
      expected.free();
    },
  }),
  ...rowsOf("ImportedSecret[Symbol.dispose]", {
    once: (world) => world.handle(world.api.importSecret(world.m.secret))[Symbol.dispose](),
  }),
  ...rowsOf("fingerprint", {
    "of a text and of bytes": ({ api, m }) => assert.equal(api.fingerprint(m.secret), api.fingerprint(Buffer.from(m.secret))),
    "of unusable secrets": eachUnusable(({ api }, secret) => api.fingerprint(secret)),
  }),
  ...rowsOf("generateSecret", {
    once: (world) => {
      const secret = world.api.generateSecret();
      world.hide("generated secret", secret);
      world.hide("its random bytes", Buffer.from(secret.slice(4, 47), "base64url"));
      world.patterns.addSecret("generated", secret);
    },
  }),
  ...rowsOf("inspectSecret", {
    "a usable one": ({ inspection, m }) => assert.equal(inspection.inspectSecret(m.secret).ok, true),
    "the bytes of a usable one": ({ inspection, m }) => assert.equal(inspection.inspectSecret(Buffer.from(m.secret)).ok, true),
    "unusable secrets": eachUnusable(({ inspection }, secret) => assert.equal(inspection.inspectSecret(secret).ok, false), false),
  }),
];
