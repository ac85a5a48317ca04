// Calls and the tokens that sign them.
import { bytes, float, generatedSecret, integer } from "../reference.mjs";
import { values } from "./values.mjs";

export const SECRET = "q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab";
export const GENERATED = generatedSecret(Uint8Array.from({ length: 32 }, (_, i) => (i * 7 + 3) % 256));
export const AUDIENCE = "https://happy-animal-123.convex.cloud";
export const NOW = 1_800_000_000_000;
export const NONCE = "000102030405060708090a0b0c0d0e0f";

/** Over the 64 KiB that the WebAssembly module takes in one piece. */
const LARGE = Array.from({ length: 8000 }, (_, i) => `item ${i}`).join("\n");

export const base = {
  secret: SECRET, audience: AUDIENCE, type: "mutation", fn: "webhooks:markEventProcessed", now: NOW, nonce: NONCE,
  args: /** @type {any} */ ({ eventId: "evt_1", provider: "polar" }),
};

/** @type {[name: string, key: string][]} */
const idempotencyKeys = [
  ["an event's id", "evt_1"],
  ["one byte", "k"],
  ["23 bytes", "k".repeat(23)],
  ["24 bytes", "k".repeat(24)],
  ["255 bytes", "k".repeat(255)],
  ["256 bytes", "k".repeat(256)],
  ["256 bytes in 64 characters", "\u{1f511}".repeat(64)],
  ["composed", "\u00e9v\u00e9nement"],
  ["decomposed", "e\u0301ve\u0301nement"],
  ["NUL", "\0"],
  ["white space", " \n"],
  ["__proto__", "__proto__"],
  ["as CBOR would go on", "nidempotencyKeyeevt_1"],
  ["as CBOR would begin again", "xGcountersign.call.v1"],
  ["as JSON", '{"idempotencyKey":"evt_1"}'],
  ["as base64url", "AAECAwQFBgcICQoLDA0ODw"],
];

export const tokens = [
  { ...base, name: "a webhook's mutation" },
  { ...base, name: "a query", type: "query", fn: "events:list", args: {} },
  { ...base, name: "an action in a folder", type: "action", fn: "emails/outgoing/send:default", args: { to: "a@example.com" } },
  { ...base, name: "a generated secret", secret: GENERATED },
  { ...base, name: "a secret of 300 characters", secret: Array.from({ length: 75 }, (_, i) => `${i}`.padStart(2, "0") + "-y").join("") },
  { ...base, name: "a secret outside ASCII", secret: "s\u00e9cret \u{1f511} \u043a\u043b\u044e\u0447 \u9375 0123456789" },
  { ...base, name: "a secret of 65 bytes, which HMAC alone would hash", secret: `${SECRET}${SECRET.toLowerCase()}!` },
  { ...base, name: "at the beginning of time", now: 0 },
  { ...base, name: "at the end of time", now: Number.MAX_SAFE_INTEGER },
  { ...base, name: "a time of 10 digits", now: 1_800_000_000 },
  { ...base, name: "a nonce of zeros", nonce: "00".repeat(16) },
  { ...base, name: "a nonce of ones", nonce: "ff".repeat(16) },
  { ...base, name: "a local deployment", audience: "http://127.0.0.1:3210" },
  { ...base, name: "an audience and a name outside ASCII", audience: "https://b\u00fccher.example", fn: "m\u00fcnzen:z\u00e4hlen" },
  { ...base, name: "names at their longest", audience: "https://".padEnd(1024, "a"), fn: "m:f".padEnd(1024, "f") },
  { ...base, name: "no arguments", args: {} },
  { ...base, name: "arguments that are no object", args: null },
  { ...base, name: "numbers that JSON has no text for", args: { nan: float(NaN), minusZero: float(-0), infinity: float(Infinity), id: integer(2n ** 53n + 1n) } },
  { ...base, name: "bytes", args: { body: bytes(Uint8Array.from({ length: 300 }, (_, i) => i % 256)) } },
  { ...base, name: "every value of values.json", args: { values: values.filter(({ name }) => !name.includes("deep")).map(({ value }) => value) } },
  { ...base, name: "arguments of over 64 KiB", args: { text: LARGE } },
  { ...base, name: "no tolerance", toleranceMs: 0 },
  { ...base, name: "the widest tolerance", toleranceMs: 900_000 },
  ...idempotencyKeys.map(([name, idempotencyKey]) => ({ ...base, name: `an idempotency key: ${name}`, idempotencyKey })),
  { ...base, name: "an idempotency key, and no arguments", args: {}, idempotencyKey: "evt_1" },
  { ...base, name: "an idempotency key as an argument, and none", args: { idempotencyKey: "evt_1" } },
  { ...base, name: "an idempotency key as an argument, and another", args: { idempotencyKey: "evt_1" }, idempotencyKey: "evt_2" },
  { ...base, name: "an idempotency key and a name outside ASCII", fn: "m\u00fcnzen:z\u00e4hlen", idempotencyKey: "m\u00fcnze" },
  { ...base, name: "an idempotency key and a name, each at its longest", fn: "m:f".padEnd(1024, "f"), idempotencyKey: "k".repeat(256) },
  { ...base, name: "an idempotency key at the end of time", now: Number.MAX_SAFE_INTEGER, idempotencyKey: "evt_1", toleranceMs: 900_000 },
];
