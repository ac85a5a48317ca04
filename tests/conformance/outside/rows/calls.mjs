// Keyrings, signed calls, values, and explanations of calls.
import assert from "node:assert/strict";
import { NONCE, NOW } from "../material.mjs";
import { rowsOf } from "../world.mjs";

/** @typedef {import("../world.mjs").World} World */

/** What encoding refuses, secret text in front of it. @param {World} world @returns {[name: string, value: any, code: string | typeof Error][]} */
const refusedValues = ({ m }) => {
  // Sorted by the length of their names: the secret is written first.
  const after = (/** @type {unknown} */ value, text = m.field) => ({ a: text, bb: { c: [1, { text }, value] } });
  const thrower = new Proxy({}, { ownKeys: () => { throw new Error("a Proxy's own error"); } });
  return [
    ["a date", after(new Date(0)), "value_unsupported"],
    ["half of a surrogate pair", after("\ud800"), "text_malformed"],
    ["half of a surrogate pair in the middle of a large text", { a: m.field, b: `${m.largeField}\ud800${m.largeField}` }, "text_malformed"],
    ["a getter", after(Object.defineProperty({}, "x", { enumerable: true, get: () => 1 })), "value_unsupported"],
    ["a hole", after([, 1]), "value_unsupported"],
    ["a bigint that is too wide", after(1n << 64n), "value_unsupported"],
    ["a bigint that only Rust refuses", after(1n << 63n), "value_unsupported"],
    ["a name that only Rust refuses", after({ $name: 1 }), "value_unsupported"],
    ["a name that only Rust refuses, with large text in front of it", after({ $name: 1 }, m.largeField), "value_unsupported"],
    ["what only Rust refuses, with large text behind it", { a: m.field, bb: { $x: 1 }, ccc: m.largeField }, "value_unsupported"],
    ["too deep", after(Array.from({ length: 70 }).reduce((inner) => [inner], m.field)), "value_unsupported"],
    ["too large", after(m.largeField.repeat(112)), "value_unsupported"],
    ["too large in pieces", after(Array.from({ length: 120 }, () => m.largeField)), "value_unsupported"],
    ["a Proxy that throws", after(thrower), Error],
    ["a Proxy that throws, after large text", after(thrower, m.largeField), Error],
  ];
};

/** @param {(world: World, value: any) => unknown} use @param {boolean} [looks] in between, too */
const eachRefusedValue = (use, looks = true) => (/** @type {World} */ world) => {
  for (const [name, value, code] of refusedValues(world)) {
    if (typeof code === "string") world.refuses(() => use(world, value), code);
    else assert.throws(() => use(world, value), code);
    if (looks) world.look(name);
  }
};

/** Arguments of several sizes. @param {World} world @returns {[name: string, args: object | undefined][]} */
const goodArgs = ({ m }) => [
  ["small", undefined],
  ["bytes", { data: Uint8Array.from(Buffer.from(m.field)).buffer, more: [m.field] }],
  ["beyond ASCII", { text: `${m.field}é😀`.repeat(20) }],
  ["just too large for the area", { text: m.largeField.slice(0, 65_400) }],
  ["too large for the area after a part of them was written there", { a: m.largeField.slice(0, 60_000), b: m.largeField.slice(60_000, 120_000) }],
  ["large", { text: m.largeField, more: m.largeField.slice(0, 70_000) }],
];

/** Tokens that are refused, and why. @param {string} token @returns {[name: string, token: unknown, code: string][]} */
const refusedTokens = (token) => {
  const [version, id, time, nonce, mac] = token.split(".");
  const wrong = (/** @type {number} */ at) => mac.slice(0, at) + (mac[at] === "A" ? "B" : "A") + mac.slice(at + 1);
  return [
    ["missing", undefined, "signature_missing"],
    ["no text", 42, "signature_malformed"],
    ["of another version", token.replace("cs1", "cs2"), "version_unsupported"],
    ["cut off", token.slice(0, -1), "signature_malformed"],
    ["junk behind it", `${token}A`, "signature_malformed"],
    ["the MAC standard base64", `${version}.${id}.${time}.${nonce}.${mac.slice(0, 42)}+`, "signature_malformed"],
    ["hopelessly long", token.repeat(100), "signature_malformed"],
    ["an unknown key id", `${version}.0123456789abcdef.${time}.${nonce}.${mac}`, "key_unknown"],
    ["the MAC's first character wrong", `${version}.${id}.${time}.${nonce}.${wrong(0)}`, "signature_invalid"],
    ["the MAC's middle wrong", `${version}.${id}.${time}.${nonce}.${wrong(20)}`, "signature_invalid"],
    ["another time", `${version}.${id}.${Number(time) + 1}.${nonce}.${mac}`, "signature_invalid"],
  ];
};

/** A value that is no arguments, too large for the area. @param {World} world */
const buffer = ({ m }) => Uint8Array.from(Buffer.from(m.largeField)).buffer;

/** What is refused as an idempotency key, and why; and what for. @param {World} world @returns {[options: any, code: string][]} */
const refusedUses = ({ m }) => [
  [{ idempotencyKey: m.field.padEnd(257, m.field) }, "type_invalid"],
  [{ idempotencyKey: m.largeField }, "type_invalid"],
  [{ idempotencyKey: "" }, "type_invalid"],
  [{ idempotencyKey: `${m.field}\ud800` }, "text_malformed"],
  [{ idempotencyKey: [m.field] }, "type_invalid"],
  [{ idempotencyKey: m.field, type: "query" }, "type_invalid"],
  [{ idempotencyKey: m.field, type: "action" }, "type_invalid"],
  [{ idempotencyKey: m.field, args: { $a: m.field } }, "value_unsupported"],
];

export const callRows = [
  ...rowsOf("createKeyring", {
    "of one secret": (world) => {
      world.keyring();
      // Derived, but not loaded before it is used.
      world.look("while the handle lives");
    },
    "of several callers": (world) => void world.keyring({ web: [world.m.secret, world.m.other, world.m.secret], worker: world.m.third }),
    "of as many as there may be": (world) => void world.keyring(Array.from({ length: 64 }, (_, i) => world.m.text(`of many ${i}`, 43))),
    "of one more": (world) => world.refuses(() => world.api.createKeyring(Array.from({ length: 65 }, (_, i) => world.m.text(`of too many ${i}`, 43))), "misconfigured"),
    "of two callers with one secret": (world) => world.refuses(() => world.api.createKeyring({ web: [world.m.other, world.m.secret], worker: world.m.secret }), "key_conflict"),
    "with an unusable one behind a usable one": (world) => {
      for (const [bad, code] of [[`${world.m.other} `, "secret_malformed"], [world.m.other.slice(0, 30), "secret_weak"], [`csk_${world.m.other}_AAAAAA`, "secret_malformed"], [world.m.hugeKey, "secret_malformed"], ["", "secret_missing"]]) {
        world.refuses(() => world.api.createKeyring([world.m.secret, bad]), code);
        world.look(code);
      }
    },
    "of what is no text": (world) => {
      for (const [bad, code] of [[42, "type_invalid"], [undefined, "secret_missing"], [`${world.m.other}\ud800`, "text_malformed"]]) world.refuses(() => world.api.createKeyring(/** @type {any} */ ([world.m.secret, bad])), String(code));
      world.refuses(() => world.api.createKeyring({ "\ud800": world.m.secret }), "text_malformed");
      const thrower = Object.defineProperty({ web: world.m.secret }, "worker", { enumerable: true, get: () => assert.fail("a getter's own error") });
      assert.throws(() => world.api.createKeyring(thrower), /a getter's own error/);
    },
  }),
  ...rowsOf("Keyring.keyIds", { read: (world) => assert.equal(world.keyring().keyIds.length, 1) }),
  ...rowsOf("Keyring[Symbol.toStringTag]", { printed: (world) => assert.equal(String(world.keyring()), "[object Keyring]") }),
  ...rowsOf("Keyring.free", {
    "after it was used": (world) => {
      const keyring = world.keyring([world.m.secret, world.m.other]);
      const token = world.sign(keyring);
      world.lookWithKeys("signed", world.m.secret);
      world.api.verifyCall(keyring, token, world.call());
      world.lookWithKeys("verified", world.m.secret, world.m.other);
      keyring.free();
      world.look("freed");
      world.refuses(() => world.sign(keyring), "type_invalid");
      world.refuses(() => world.api.verifyCall(keyring, token, world.call()), "type_invalid");
    },
    "of one of two": (world) => {
      const [one, other] = [world.keyring(world.m.secret), world.keyring(world.m.other)];
      for (const keyring of [one, other]) world.sign(keyring);
      world.lookWithKeys("two", world.m.secret, world.m.other);
      one.free();
      world.lookWithKeys("one", world.m.other);
    },
  }),
  ...rowsOf("Keyring[Symbol.dispose]", {
    "after it was used": (world) => {
      const keyring = world.keyring();
      world.sign(keyring);
      keyring[Symbol.dispose]();
    },
  }),
  ...rowsOf("signCall", {
    "arguments of all sizes": (world) => {
      const keyring = world.keyring();
      for (const [name, args] of goodArgs(world)) {
        world.sign(keyring, args);
        world.lookWithKeys(name, world.m.secret);
      }
    },
    "the largest arguments": (world) => void world.sign(world.keyring(), { text: world.m.largeField.repeat(105) }),
    "refused arguments": eachRefusedValue((world, args) => {
      const keyring = world.api.createKeyring(world.m.secret);
      try {
        world.sign(keyring, args);
      } finally {
        keyring.free();
      }
    }),
    "refused options": (world) => {
      const keyring = world.keyring();
      for (const options of [{ audience: "x".repeat(5000) }, { name: `${world.m.field}`.repeat(60) }, { nonce: new Uint8Array(15) }, { now: -1 }, { type: "none" }, { args: [] }, { args: buffer(world) }]) world.refuses(() => world.sign(keyring, undefined, options), "type_invalid");
      world.refuses(() => world.sign(keyring, undefined, { name: "\ud800" }), "text_malformed");
      world.refuses(() => world.sign(keyring, undefined, { caller: "nobody" }), "misconfigured");
    },
    "an idempotency key": (world) => {
      const keyring = world.keyring();
      for (const [name, args] of goodArgs(world)) {
        world.sign(keyring, args, { idempotencyKey: world.m.field });
        world.lookWithKeys(name, world.m.secret);
      }
      for (const [options, code] of refusedUses(world)) {
        world.refuses(() => world.sign(keyring, undefined, options), code);
        world.lookWithKeys(code, world.m.secret);
      }
    },
    "a random nonce": (world) => {
      const token = world.api.signCall(world.keyring(), world.call());
      world.hideToken(token);
      assert.equal(token.split(".")[3], Buffer.from(NONCE).toString("base64url"));
    },
  }),
  ...rowsOf("verifyCall", {
    "accepted calls of all sizes": (world) => {
      const keyring = world.keyring([world.m.secret, world.m.other]);
      for (const [name, args] of goodArgs(world)) {
        const token = world.sign(keyring, args);
        assert.equal(world.api.verifyCall(keyring, token, world.call(args)).caller, "default");
        world.lookWithKeys(name, world.m.secret, world.m.other);
      }
    },
    "refused tokens": (world) => {
      const signer = world.keyring();
      const token = world.sign(signer);
      signer.free();
      world.look("signed");
      for (const [name, refused, code] of refusedTokens(token)) {
        const keyring = world.api.createKeyring([world.m.other, world.m.secret]);
        world.refuses(() => world.api.verifyCall(keyring, refused, world.call()), code);
        if (typeof refused === "string" && code === "signature_invalid") world.hideToken(refused);
        world.lookWithKeys(`${name}, while the handle lives`, world.m.other, world.m.secret);
        keyring.free();
        world.look(name);
      }
    },
    "too early and too late": (world) => {
      const keyring = world.keyring();
      const token = world.sign(keyring);
      world.refuses(() => world.api.verifyCall(keyring, token, { ...world.call(), now: NOW + 60_001 }), "expired");
      world.lookWithKeys("late", world.m.secret);
      world.refuses(() => world.api.verifyCall(keyring, token, { ...world.call(), now: NOW - 60_001 }), "not_yet_valid");
      world.lookWithKeys("early", world.m.secret);
    },
    "another call": (world) => {
      const keyring = world.keyring();
      const token = world.sign(keyring);
      for (const change of [{ audience: "https://other-animal-1.convex.cloud" }, { name: "webhooks:other" }, { type: /** @type {const} */ ("query") }, { args: { field: world.m.message } }]) {
        world.refuses(() => world.api.verifyCall(keyring, token, { ...world.call(), ...change }), "signature_invalid");
        world.lookWithKeys(Object.keys(change).join(), world.m.secret);
      }
    },
    "refused arguments": eachRefusedValue((world, args) => {
      const keyring = world.api.createKeyring(world.m.secret);
      try {
        const token = world.sign(keyring);
        world.api.verifyCall(keyring, token, world.call(args));
      } finally {
        keyring.free();
      }
    }),
    "refused options": (world) => {
      const keyring = world.keyring();
      const token = world.sign(keyring);
      for (const options of [{ audience: "x".repeat(5000) }, { name: "x".repeat(5000) }, { now: 1.5 }, { toleranceMs: -1 }, { args: null }, { args: buffer(world) }]) world.refuses(() => world.api.verifyCall(keyring, token, /** @type {any} */ ({ ...world.call(), ...options })), "type_invalid");
    },
    "an idempotency key": (world) => {
      const keyring = world.keyring();
      const idempotencyKey = world.m.field;
      for (const [name, args] of goodArgs(world)) {
        const token = world.sign(keyring, args, { idempotencyKey });
        world.api.verifyCall(keyring, token, { ...world.call(args), idempotencyKey });
        world.lookWithKeys(name, world.m.secret);
        for (const other of [undefined, `${world.m.field}x`]) {
          world.refuses(() => world.api.verifyCall(keyring, token, { ...world.call(args), idempotencyKey: other }), "signature_invalid");
          world.lookWithKeys(`${name}, and another key`, world.m.secret);
        }
      }
      const token = world.sign(keyring);
      for (const [options, code] of refusedUses(world)) {
        world.refuses(() => world.api.verifyCall(keyring, token, { ...world.call(), ...options }), code);
        world.lookWithKeys(code, world.m.secret);
      }
    },
    "with as many keys as there may be": (world) => {
      const secrets = Array.from({ length: 64 }, (_, i) => world.m.text(`of many ${i}`, 43));
      const keyring = world.keyring(secrets);
      const token = world.sign(keyring);
      world.api.verifyCall(keyring, token, world.call());
      world.lookWithKeys("verified", ...secrets);
    },
  }),
  ...rowsOf("encodeValue", {
    "values of all sizes": (world) => {
      for (const [name, value] of goodArgs(world)) {
        world.api.encodeValue(value ?? { field: world.m.field });
        world.look(name);
      }
    },
    "the largest value": (world) => void world.api.encodeValue(world.m.largeField.repeat(105)),
    "refused values": eachRefusedValue(({ api }, value) => api.encodeValue(value)),
  }),
  ...rowsOf("explainCall", {
    "calls of all sizes": (world) => {
      const keyring = world.keyring({ web: world.m.secret, worker: world.m.other });
      for (const [name, args] of goodArgs(world)) {
        const token = world.sign(keyring, args);
        assert.ok(world.inspection.explainCall(keyring, token, world.call(args)).every(({ ok }) => ok));
        world.lookWithKeys(name, world.m.secret);
      }
    },
    "refused tokens": (world) => {
      const signer = world.keyring();
      const token = world.sign(signer);
      signer.free();
      const keyring = world.keyring([world.m.other, world.m.secret]);
      for (const [name, refused, code] of refusedTokens(token)) {
        const steps = world.inspection.explainCall(keyring, refused, world.call());
        assert.match(steps.find(({ ok }) => !ok)?.detail ?? "", new RegExp(`^${code}`));
        if (typeof refused === "string" && code === "signature_invalid") world.hideToken(refused);
        world.look(name);
      }
    },
    "an idempotency key": (world) => {
      const keyring = world.keyring();
      const idempotencyKey = world.m.field;
      const token = world.sign(keyring, undefined, { idempotencyKey });
      assert.ok(world.inspection.explainCall(keyring, token, { ...world.call(), idempotencyKey }).every(({ ok }) => ok));
      world.lookWithKeys("good", world.m.secret);
      assert.ok(world.inspection.explainCall(keyring, token, world.call()).some(({ ok }) => !ok));
      world.lookWithKeys("taken away", world.m.secret);
      for (const [options, code] of refusedUses(world)) {
        const explained = () => world.inspection.explainCall(keyring, token, { ...world.call(), ...options });
        // What only Rust can tell is a step that fails; the rest throws.
        const told = (() => {
          try {
            return explained().find(({ ok }) => !ok)?.detail.split(":")[0];
          } catch (error) {
            return /** @type {any} */ (error).code;
          }
        })();
        assert.equal(told, code);
        world.lookWithKeys(code, world.m.secret);
      }
    },
    "refused arguments": eachRefusedValue((world, args) => {
      const keyring = world.api.createKeyring(world.m.secret);
      try {
        world.inspection.explainCall(keyring, world.sign(keyring), world.call(args));
      } finally {
        keyring.free();
      }
    }),
  }),
  ...rowsOf("signedCallBytes", {
    "calls of all sizes": (world) => {
      const keyring = world.keyring();
      for (const [name, args] of goodArgs(world)) {
        assert.ok(world.inspection.signedCallBytes(world.sign(keyring, args), world.call(args)).length > 100);
        world.lookWithKeys(name, world.m.secret);
      }
    },
    "a text that is no token": (world) => {
      world.refuses(() => world.inspection.signedCallBytes(`cs1.${world.m.field}`, world.call()), "signature_malformed");
      world.look("refused");
    },
  }),
  ...rowsOf("CountersignError", { made: ({ api }) => assert.equal(new api.CountersignError("expired").code, "expired") }),
  ...rowsOf("CountersignError.name", { read: ({ api }) => assert.equal(new api.CountersignError("expired").name, "CountersignError") }),
];
