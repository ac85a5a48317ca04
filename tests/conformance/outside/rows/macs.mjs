// HMAC: keys and messages of all sizes, as texts and as bytes.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { rowsOf } from "../world.mjs";

/** @typedef {import("../world.mjs").World} World */

/** @param {World} world @returns {[name: string, key: Uint8Array | string][]} */
const keys = ({ m }) => [["short", m.key], ["long", m.longKey], ["huge", m.hugeKey], ["huge bytes", Buffer.from(m.hugeKey)], ["a secret", m.secret], ["empty", ""]];
/** @param {World} world @returns {[name: string, message: any][]} */
const messages = ({ m }) => [
  ["a text", m.message],
  ["bytes", Buffer.from(m.message)],
  ["a view", new DataView(Uint8Array.from(Buffer.from(`--${m.message}`)).buffer, 2)],
  ["a large text", m.largeMessage],
  ["large bytes", Buffer.from(m.largeMessage)],
  ["a large text beyond ASCII", `${m.message}é`.repeat(500)],
  ["what just does not fit", m.largeMessage.slice(0, 65_537)],
  ["what just fits", m.largeMessage.slice(0, 65_536)],
  ["a text that would fit if it were ASCII", `${m.largeMessage.slice(0, 65_500)}éééééééééééééééééééééééé`],
  ["a text that would fit behind a MAC if it were ASCII, and fits alone", `${m.largeMessage.slice(0, 65_490)}éééééééééé`],
];
const mac = (/** @type {Uint8Array | string} */ key, /** @type {any} */ message) => new Uint8Array(createHmac("sha256", key).update(message).digest());

/** @param {Uint8Array} right @returns {[name: string, mac: Uint8Array][]} */
const wrongMacs = (right) => [
  ["the first byte wrong", right.map((byte, i) => (i === 0 ? byte ^ 1 : byte))],
  ["the last byte wrong", right.map((byte, i) => (i === 31 ? byte ^ 1 : byte))],
  ["cut off", right.subarray(0, 31)],
  ["16 bytes", right.subarray(0, 16)],
  ["one byte more", Uint8Array.from([...right, 0])],
  ["twice", Uint8Array.from([...right, ...right])],
  ["empty", new Uint8Array(0)],
];

export const macRows = [
  ...rowsOf("hmacSha256", {
    "every kind of key": (world) => {
      for (const [name, key] of keys(world)) {
        const result = world.api.hmacSha256(key, world.m.message);
        assert.deepEqual(result, mac(key, world.m.message));
        world.hide(`MAC with a key that is ${name}`, result);
        world.look(name);
      }
    },
    "every kind of message": (world) => {
      for (const [name, message] of messages(world)) {
        const result = world.api.hmacSha256(world.m.key, message);
        assert.deepEqual(result, mac(world.m.key, message));
        world.hide(`MAC of ${name}`, result);
        world.look(name);
      }
    },
    "every kind of message, with a handle": (world) => {
      const key = world.handle(world.api.importKey(world.m.longKey));
      for (const [name, message] of messages(world)) {
        world.hide(`MAC of ${name}`, world.api.hmacSha256(key, message));
        world.look(name, world.m.longKey);
      }
    },
    "a large message with half of a surrogate pair in the middle": (world) => {
      const message = `${world.m.largeMessage.slice(0, 100_000)}\ud800${world.m.largeMessage.slice(100_000)}`;
      world.refuses(() => world.api.hmacSha256(world.m.key, message), "text_malformed");
    },
    "what is neither text nor bytes": (world) => {
      world.refuses(() => world.api.hmacSha256(world.m.key, /** @type {any} */ ({ length: 32 })), "type_invalid");
      world.refuses(() => world.api.hmacSha256(/** @type {any} */ (42), world.m.message), "type_invalid");
      world.refuses(() => world.api.hmacSha256(`${world.m.secret}\udc00`, world.m.message), "text_malformed");
    },
    "with a key that was displaced": (world) => {
      const key = world.handle(world.api.importKey(world.m.key));
      const before = world.api.hmacSha256(key, world.m.message);
      for (let i = 0; i < 64; i++) {
        const other = world.api.importKey(world.m.bytes(`displacing ${i}`, 40));
        world.api.hmacSha256(other, "");
        other.free();
      }
      world.look("displaced");
      assert.deepEqual(world.api.hmacSha256(key, world.m.message), before);
      world.look("back", world.m.key);
    },
  }),
  ...rowsOf("verifyHmacSha256", {
    "the right MAC": (world) => {
      for (const [name, key] of keys(world)) {
        assert.equal(world.api.verifyHmacSha256(key, world.m.message, mac(key, world.m.message)), true);
        world.hide(`MAC with a key that is ${name}`, mac(key, world.m.message));
        world.look(name);
      }
    },
    "every kind of message": (world) => {
      for (const [name, message] of messages(world)) {
        const right = mac(world.m.key, message);
        world.hide(`MAC of ${name}`, right);
        assert.equal(world.api.verifyHmacSha256(world.m.key, message, right), true);
        world.look(name);
        assert.equal(world.api.verifyHmacSha256(world.m.key, message, right.map((byte) => byte ^ 1)), false);
        world.look(`${name}, refused`);
      }
    },
    "wrong MACs": (world) => {
      for (const message of [world.m.message, world.m.largeMessage]) {
        const right = mac(world.m.key, message);
        for (const [name, wrong] of wrongMacs(right)) {
          assert.equal(world.api.verifyHmacSha256(world.m.key, message, wrong), false, name);
          world.look(`${name}, ${message.length} bytes`);
        }
      }
    },
    "with a handle": (world) => {
      const key = world.handle(world.api.importKey(world.m.key));
      assert.equal(world.api.verifyHmacSha256(key, world.m.largeMessage, mac(world.m.key, world.m.largeMessage)), true);
      world.look("while the handle lives", world.m.key);
    },
    "what is no MAC": (world) => {
      for (const given of [undefined, "text", mac("k", "m").buffer, { length: 32 }]) world.refuses(() => world.api.verifyHmacSha256(world.m.key, world.m.message, /** @type {any} */ (given)), "type_invalid");
    },
  }),
  ...rowsOf("importKey", {
    "every kind of key": (world) => {
      for (const [name, key] of keys(world)) {
        world.handle(world.api.importKey(key));
        // Nothing is loaded before it is used.
        world.look(name);
      }
    },
    "what is no key": (world) => world.refuses(() => world.api.importKey(`${world.m.hugeKey}\ud800`), "text_malformed"),
  }),
  ...rowsOf("Key.free", {
    "after it was used": (world) => {
      const key = world.handle(world.api.importKey(world.m.longKey));
      world.api.hmacSha256(key, world.m.message);
      world.look("while the handle lives", world.m.longKey);
      key.free();
      world.look("freed");
      world.refuses(() => world.api.hmacSha256(key, world.m.message), "type_invalid");
      world.refuses(() => world.api.verifyHmacSha256(key, world.m.message, new Uint8Array(32)), "type_invalid");
      key.free();
    },
    "of one of two": (world) => {
      const [one, other] = [world.m.key, world.m.longKey].map((key) => world.handle(world.api.importKey(key)));
      for (const key of [one, other]) world.api.hmacSha256(key, "m");
      world.look("two", world.m.key, world.m.longKey);
      one.free();
      world.look("one", world.m.longKey);
    },
  }),
  ...rowsOf("Key[Symbol.dispose]", {
    "after it was used": (world) => {
      const key = world.handle(world.api.importKey(world.m.key));
      world.api.hmacSha256(key, "m");
      key[Symbol.dispose]();
    },
  }),
  ...rowsOf("Key[Symbol.toStringTag]", {
    printed: (world) => assert.equal(String(world.handle(world.api.importKey(world.m.key))), "[object Key]"),
  }),
];
