import { describe, expect, test } from "vitest";
import { call, deployment, event, expectRefused, keyIdOf, otherSecret, secret, sign, useDeployment } from "../support/deployment.js";
import type { Deployment } from "../support/deployment.js";

const name = "webhooks:markEventProcessed";
const own = { keyId: keyIdOf(secret) };
const none = { keyId: "-" };

/** The parts of a right token, to be put together wrongly. */
function parts() {
  const [version = "", keyId = "", issuedAt = "", nonce = "", mac = ""] = sign().split(".");
  return { version, keyId, issuedAt, nonce, mac };
}

async function refuse(t: Deployment, countersign: unknown, code: string, fields: { keyId: string }) {
  await expectRefused(t, call(t, "mutation", name, { ...event, countersign }), code, fields);
}

describe("tokens", () => {
  useDeployment();

  test("attack 15: an unknown version", async () => {
    const t = deployment();
    const { keyId, issuedAt, nonce, mac } = parts();
    for (const version of ["cs2", "cs0", "cs10"]) {
      await refuse(t, [version, keyId, issuedAt, nonce, mac].join("."), "version_unsupported", own);
    }
  });

  test("attack 15: an unknown key id, and that of a revoked key", async () => {
    const t = deployment();
    const { version, issuedAt, nonce, mac } = parts();
    for (const keyId of ["0000000000000000", "ffffffffffffffff", keyIdOf(otherSecret)]) {
      await refuse(t, [version, keyId, issuedAt, nonce, mac].join("."), "key_unknown", { keyId });
    }
    await refuse(t, sign({ secret: otherSecret }), "key_unknown", { keyId: keyIdOf(otherSecret) });
  });

  test("attack 15: a name of Object.prototype as key id", async () => {
    const t = deployment();
    const { version, issuedAt, nonce, mac } = parts();
    for (const keyId of ["__proto__", "constructor", "toString"]) {
      await refuse(t, [version, keyId, issuedAt, nonce, mac].join("."), "signature_malformed", none);
    }
  });

  test("attack 15: thousands of signatures in one", async () => {
    const t = deployment();
    const token = sign();
    const started = Date.now();
    await refuse(t, Array.from({ length: 5000 }, () => token).join(","), "signature_malformed", own);
    await refuse(t, `${token}${"A".repeat(1_000_000)}`, "signature_malformed", own);
    expect(Date.now() - started).toBeLessThan(5000);
  });

  test("attack 15: log lines are made of nothing a caller chose freely", async () => {
    const t = deployment();
    for (const countersign of ["cs1.\ncountersign: accepted", "cs1.0000000000000000\n.x", `cs1.${"G".repeat(16)}.1`]) {
      await refuse(t, countersign, "signature_malformed", none);
    }
  });

  test("attack 19: truncated, overlong, empty and all-zero MACs, and a 128-bit tag", async () => {
    const t = deployment();
    const { version, keyId, issuedAt, nonce, mac } = parts();
    const withMac = (text: string) => [version, keyId, issuedAt, nonce, text].join(".");
    for (const text of ["", mac.slice(0, -1), mac.slice(0, 22), mac.slice(0, 21) + "A", `${mac}A`, `${mac}AAAA`]) {
      await refuse(t, withMac(text), "signature_malformed", own);
    }
    await refuse(t, withMac("A".repeat(43)), "signature_invalid", own);
    await refuse(t, [version, keyId, issuedAt, nonce].join("."), "signature_malformed", own);
    await refuse(t, `${withMac(mac)}.`, "signature_malformed", own);
  });

  test("attack 20: other spellings of the same bytes", async () => {
    const t = deployment();
    const { version, keyId, issuedAt, nonce, mac } = parts();
    const token = [version, keyId, issuedAt, nonce, mac].join(".");
    // The last character of 32 bytes in base64url has two bits to spare, that of 16 bytes has four.
    const loose = (text: string) => text.slice(0, -1) + next(text.slice(-1));
    for (const [odd, field] of [
      [` ${token}`, none],
      [`${token} `, own],
      [`${token}\n`, own],
      [`${token}=`, own],
      [[version, keyId, issuedAt, nonce, loose(mac)].join("."), own],
      [[version, keyId, issuedAt, loose(nonce), mac].join("."), own],
      [[version, keyId, issuedAt, `${nonce}==`, mac].join("."), own],
      [[version, keyId.replace(/[a-f]/g, (letter) => letter.toUpperCase()), issuedAt, nonce, mac].join("."), none],
      [[version.toUpperCase(), keyId, issuedAt, nonce, mac].join("."), none],
      [[version, keyId, issuedAt, nonce, `${mac.slice(0, 20)}*${mac.slice(21)}`].join("."), own],
      [[version, keyId, issuedAt, nonce, `${mac.slice(0, 20)}+${mac.slice(21)}`].join("."), own],
    ] as const) {
      await refuse(t, odd, "signature_malformed", field);
    }
  });

  test("attack 21: times that are no plain decimal number", async () => {
    const t = deployment();
    const { version, keyId, issuedAt, nonce, mac } = parts();
    const withTime = (text: string) => [version, keyId, text, nonce, mac].join(".");
    for (const text of ["", `${issuedAt}x`, `+${issuedAt}`, `-${issuedAt}`, `0${issuedAt}`, ` ${issuedAt}`, "1e12", "0x1234", "99999999999999999999", "NaN"]) {
      await refuse(t, withTime(text), "signature_malformed", own);
    }
    await refuse(t, `${version}.${keyId}.${issuedAt}.5.${nonce}.${mac}`, "signature_malformed", own);
  });

  test("attack 21: a time that was changed, seconds for milliseconds, zero, far future", async () => {
    const t = deployment();
    const { version, keyId, issuedAt, nonce, mac } = parts();
    for (const text of [String(Number(issuedAt) + 1), issuedAt.slice(0, -3), "0"]) {
      await refuse(t, [version, keyId, text, nonce, mac].join("."), "signature_invalid", own);
    }
    await refuse(t, sign({ now: Math.floor(Date.now() / 1000) }), "expired", own);
    await refuse(t, sign({ now: 0 }), "expired", own);
    await refuse(t, sign({ now: Date.now() + 10 * 365 * 86_400_000 }), "not_yet_valid", own);
  });
});

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** The next character of the alphabet: the same bytes to a lax decoder, as a right last character is even. */
function next(character: string): string {
  return alphabet[(alphabet.indexOf(character) + 1) % 64] ?? "";
}
