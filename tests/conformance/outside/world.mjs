// What the rows work with: the package, secrets, and looks into the memory.
import assert from "node:assert/strict";
import * as api from "countersign";
import * as inspection from "countersign/inspect";
import * as convex from "countersign/convex";
import * as client from "countersign/client";
import * as next from "countersign/next";
import * as http from "countersign/http";
import * as webhooks from "countersign/webhooks";
import { AUDIENCE, NONCE, NOW, callKey, material, shortKey, statesOf, tracesOf } from "./material.mjs";
import { capture } from "./memory.mjs";
import { membersOf } from "./surface.mjs";
import { dropInstance, dropMessagesInstance, dropRichInstance, instances, restoreMemories } from "./webassembly.mjs";

/** @typedef {import("./memory.mjs").Snapshot} Snapshot */
/** @typedef {{ label: string, live: Buffer[], snapshots: { kind: string, snapshot: Snapshot }[] }} Look */
/**
 * @typedef {object} Row something that a user does
 * @property {string} of the function it is about
 * @property {string} title
 * @property {(world: World) => unknown} run
 */

/** @param {string} of @param {Record<string, (world: World) => unknown>} uses @returns {Row[]} */
export const rowsOf = (of, uses) => Object.entries(uses).map(([title, run]) => ({ of, title, run }));

/**
 * An explanation as a verdict: throws what it says.
 * @param {World} world @param {{ steps: { ok: boolean, detail: string }[] }} explanation
 */
export function held(world, { steps }) {
  const last = steps.at(-1);
  if (last?.ok !== true) throw new world.api.CountersignError(last?.detail.split(":")[0] ?? "nothing was said");
}

const callOf = { audience: AUDIENCE, type: /** @type {const} */ ("mutation"), name: "webhooks:mark", now: NOW };

/** One row's surroundings: made anew for each run of it, with a material of its own. */
export class World {
  api = api;
  inspection = inspection;
  convex = convex;
  client = client;
  next = next;
  http = /** @type {any} */ (http);
  webhooks = webhooks;

  /** @param {string} seed */
  constructor(seed) {
    this.m = material(seed);
    this.patterns = tracesOf(this.m);
    /** @type {Look[]} */
    this.looks = [];
    /** @type {Map<object, string>} */
    this.handles = new Map();
  }

  /** A handle, which is freed at the end of the row. @template {{ free(): void }} T @param {T} handle @returns {T} */
  handle(handle) {
    const name = Object.prototype.toString.call(handle).slice(8, -1);
    this.handles.set(handle, name === "Object" ? "ImportedSecret" : name);
    return handle;
  }

  /** The members of the classes of all handles. */
  get members() {
    return [...this.handles].flatMap(([handle, name]) => membersOf(name, Object.getPrototypeOf(handle)));
  }

  /** @param {string | string[] | Record<string, string | string[]>} [secrets] */
  keyring(secrets = this.m.secret) {
    return this.handle(api.createKeyring(secrets));
  }

  /** Takes something secret that came up in the row into the search. @param {string} name @param {Uint8Array | string} bytes */
  hide(name, bytes) {
    this.patterns.add(name, bytes);
  }

  /** A call to verify. @param {object} [args] */
  call(args = { id: "evt_1", field: this.m.field, list: [1n, 2, "three", null, true] }) {
    return { ...callOf, args };
  }

  /** Signs, and takes the token's MAC into the search. @param {import("countersign").Keyring} keyring @param {object} [args] @param {object} [options] */
  sign(keyring, args, options) {
    const token = api.signCall(keyring, { ...this.call(args), nonce: NONCE, ...options });
    this.hideToken(token);
    return token;
  }

  /** @param {string} token */
  hideToken(token) {
    const mac = token.split(".")[4];
    this.hide("token's MAC, base64url", mac);
    this.hide("token's MAC", Buffer.from(mac, "base64url"));
  }

  /** Other text of the same length and alphabet, but at one place. @param {string} text @param {number} [at] */
  changed(text, at = text.length - 1) {
    return text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
  }

  /** @param {() => unknown} use @param {string} code */
  refuses(use, code) {
    assert.throws(use, { name: "CountersignError", code });
  }

  /**
   * Looks at every memory now, to be judged after the row.
   * @param {string} label @param {...Uint8Array} live keys whose states may be there, because somebody holds a handle
   */
  look(label, ...live) {
    const snapshots = instances.map(({ kind, memory }) => ({ kind, snapshot: capture(memory) }));
    this.looks.push({ label, live: live.flatMap((key) => statesOf(shortKey(key))), snapshots });
  }

  /** A look while keyrings of these secrets are alive and in use. @param {string} label @param {...string} secrets */
  lookWithKeys(label, ...secrets) {
    this.look(label, ...secrets.map(callKey));
  }
}

/** The same random bytes and the same time at each run of a row. @param {World} world */
function foreseeable(world) {
  const [random, uuid, now, warn, error] = [crypto.getRandomValues, crypto.randomUUID, Date.now, console.warn, console.error];
  let drawn = 0;
  crypto.getRandomValues = (/** @type {any} */ array) => {
    // Nonces of 16 bytes are public; what is longer becomes a secret.
    array.set(array.length === 16 ? NONCE : world.m.bytes(`random ${drawn++}`, array.length));
    return array;
  };
  const digits = Buffer.from(NONCE).toString("hex");
  crypto.randomUUID = () => /** @type {ReturnType<typeof uuid>} */ (digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"));
  Date.now = () => NOW;
  console.warn = console.error = () => {};
  return () => {
    Object.assign(crypto, { getRandomValues: random, randomUUID: uuid });
    Date.now = now;
    Object.assign(console, { warn, error });
  };
}

/** Runs a row in an instance of its own. @param {Row} row @param {string} seed */
export async function observe(row, seed) {
  dropInstance(api);
  dropMessagesInstance(webhooks);
  dropRichInstance(inspection);
  restoreMemories();
  instances.length = 0;
  const world = new World(seed);
  const restore = foreseeable(world);
  try {
    await row.run(world);
    for (const handle of world.handles.keys()) /** @type {{ free(): void }} */ (handle).free();
    world.look("at the end");
  } finally {
    restore();
  }
  return world;
}
