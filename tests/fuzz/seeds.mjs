// What fuzzing begins with, beside the inputs that are kept: the vectors, each in the form that its target reads.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** @param {string} name @returns {any[]} */
const vectors = (name) => JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8"));

/** Longer ones only make each run slower. */
const longest = 2048;

/** What a function of the app can be called, and what is nearly that. */
const names = ["orders", "orders:create", "shop/v2_orders:create$_1", "a/b/c:d", "orders:default", "orders.js:create", "../orders:create", "/a:b", "a//b:c", "a:b:c", ":a", "a:", "a:*", "*", "_system/cli:list", "_deps/x:y", "function://a:b", "function://;a:b", "a:b ", "a:b\0"];

/** @type {Readonly<Record<string, () => (string | Buffer)[]>>} */
const makers = {
  token: () => [...vectors("tokens"), ...vectors("refused")].map(({ token }) => token),
  value: () => [...vectors("values"), ...vectors("rfc8949")].map(({ hex }) => Buffer.from(hex, "hex")),
  // What a call is made of is decided byte by byte; any bytes will do.
  call: () => [...vectors("tokens"), ...vectors("rfc8949")].map(({ token, hex }) => token ?? Buffer.from(hex, "hex")),
  secret: () => vectors("secrets").map(({ secret }) => secret),
  keyring: () => vectors("tokens").map(({ keyId }) => keyId),
  // Every field that a signature consists of; and any bytes, by which messages are made.
  message: () => [...vectors("messages"), ...vectors("rfc8941")].flatMap(({ fields = [], lines = [] }) => [...fields.map((/** @type {string[]} */ field) => field[1] ?? ""), ...lines]),
  webhook: () => vectors("webhooks").flatMap(({ headers }) => headers.map((/** @type {string[]} */ header) => header[1] ?? "")),
  scope: () => [...new Set([...vectors("tokens"), ...vectors("refused")].map(({ fn }) => fn)), ...names],
};

/** Writes the seeds of a target into a folder of their own. @param {string} target @param {string} folder */
export function writeSeeds(target, folder) {
  const seeds = (makers[target]?.() ?? []).map((seed) => Buffer.from(seed)).filter(({ length }) => length <= longest);
  if (seeds.length === 0) throw new Error(`There are no seeds for ${target}.`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  seeds.forEach((seed, i) => writeFileSync(join(folder, String(i)), seed));
}
