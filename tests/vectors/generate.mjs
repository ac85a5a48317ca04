// Makes the vectors from the cases, with the reference implementation: `node tests/vectors/generate.mjs`.
// With --check nothing is written: the files must be what it would make.
import { createHmac, hkdfSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { errors, secrets } from "./cases/secrets.mjs";
import { lengths, values } from "./cases/values.mjs";
import { messages } from "./cases/messages.mjs";
import { messagesRefused } from "./cases/messages-refused.mjs";
import { refused } from "./cases/refused.mjs";
import { tokens } from "./cases/tokens.mjs";
import { webhooks } from "./cases/webhooks.mjs";
import { wrongByNodeInHttp } from "./written-down.mjs";
import { encodeValue, fingerprintOf, keyIdOf, remembered, sign } from "./reference.mjs";

/** @param {string} name */
const path = (name) => fileURLToPath(new URL(`./${name}.json`, import.meta.url));

/** Values of the same type and of many lengths are given by their first bytes. */
const headsOf = lengths.flatMap((length) =>
  /** @type {[string, any, number][]} */ ([
    ["text", "x".repeat(length), length],
    ["bytes", { $bytes: Buffer.alloc(length, "x").toString("base64") }, length],
    ["array", Array.from({ length }, () => null), length],
  ]).map(([type, value, tail]) => ({ type, length, head: encodeValue(value).toString("hex", 0, encodeValue(value).length - tail) })),
);

const made = {
  values: values.map((entry) => ({ ...entry, hex: encodeValue(entry.value).toString("hex") })),
  lengths: headsOf,
  tokens: tokens.map(({ name, ...call }) => ({ name, ...call, keyId: keyIdOf(call.secret), token: sign(call), ...remembered(call) })),
  refused: refused.map(({ name, token, code, ...call }) => ({ name, ...call, token, code })),
  secrets: secrets.map((entry) =>
    entry.code === null ? { ...entry, keyId: keyIdOf(entry.secret), fingerprint: fingerprintOf(entry.secret) } : entry,
  ),
  errors,
  messages,
  "messages-refused": messagesRefused,
  webhooks,
};

/** One entry a line, in ASCII, so that no editor changes it. @param {unknown[]} entries */
function print(entries) {
  const lines = entries.map((entry) => `  ${JSON.stringify(entry)}`).join(",\n");
  return `[\n${lines}\n]\n`.replace(/[^\n -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** What is not made here but written down from the RFCs: it must be what Node computes. @returns {string[]} */
function wrongByNode() {
  /** @param {string} name @returns {any[]} */
  const read = (name) => JSON.parse(readFileSync(path(name), "utf8"));
  const wrong = [];
  for (const { name, key, data, mac } of read("rfc4231")) {
    const full = createHmac("sha256", Buffer.from(key, "hex")).update(Buffer.from(data, "hex")).digest("hex");
    if (!mac || !full.startsWith(mac)) wrong.push(`rfc4231.json: ${name}`);
  }
  for (const { name, ikm, salt, info, length, okm } of read("rfc5869")) {
    const [secret, saltBytes, infoBytes] = [ikm, salt, info].map((text) => Buffer.from(text, "hex"));
    if (Buffer.from(hkdfSync("sha256", secret, saltBytes, infoBytes, length)).toString("hex") !== okm) wrong.push(`rfc5869.json: ${name}`);
  }
  return [...wrong, ...wrongByNodeInHttp(read)];
}

if (process.argv.includes("--check")) {
  const stale = Object.entries(made).filter(([name, entries]) => readFileSync(path(name), "utf8") !== print(entries));
  const problems = [...stale.map(([name]) => `${name}.json is not what generate.mjs makes`), ...wrongByNode()];
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exit(1);
  console.log(Object.entries(made).map(([name, entries]) => `${entries.length} ${name}`).join(", "));
} else {
  for (const [name, entries] of Object.entries(made)) writeFileSync(path(name), print(entries));
}
