// What a maker signs we verify, what we sign the maker verifies, and what was changed on the way neither does.

import assert from "node:assert/strict";
import { test } from "node:test";
import { signWebhook, verifyWebhook } from "countersign/webhooks";
import { makers } from "./makers.mjs";
import { alphanumeric, bodies, oneOf, randomInt, randomWord } from "./random.mjs";

/** @typedef {import("./makers.mjs").Headers} Headers */
/** @typedef {import("./makers.mjs").Maker} Maker */

const url = "https://app.example/api/webhooks";
const rounds = 2;
/** Every way to say that a delivery is not the provider's. */
const refusals = ["signature_missing", "signature_malformed", "signature_invalid", "expired", "not_yet_valid", "header_invalid"];

/** @param {Maker} maker */
function delivery(maker) {
  const secret = maker.secret();
  const seconds = Math.floor(Date.now() / 1000);
  const id = `msg_${randomWord(alphanumeric, 27)}`;
  return { secret, id, seconds };
}

/** Bodies that the maker's code can do at all, and that the scheme allows. @param {Maker} maker @returns {[string, string][]} */
function bodiesFor(maker) {
  const all = [...bodies(), /** @type {[string, string]} */ (["JSON with a time", JSON.stringify({ action: "create", webhookTimestamp: Date.now() })])];
  return all.filter(([, body]) => maker.takes?.(body) ?? true);
}

/** @param {Maker} maker @param {string} secret @param {Headers} headers @param {string | Uint8Array} body */
const ours = (maker, secret, headers, body) => verifyWebhook(/** @type {any} */ (maker.provider), { secret, headers, body, ...(maker.provider === "qstash" && { url }) });

/** @param {() => unknown} run @returns {string} the code of the refusal */
function refusal(run) {
  try {
    run();
  } catch (error) {
    const { code } = /** @type {any} */ (error);
    assert.ok(refusals.includes(code), `${code}: ${/** @type {Error} */ (error).stack}`);
    return code;
  }
  return assert.fail("it verifies");
}

/**
 * One character of a text is another one of its kind; not the last one of base64, which may differ and stand for the same bytes.
 * @param {string} text @returns {string}
 */
function changed(text) {
  const at = randomInt(text.length - (text.endsWith("=") ? 2 : text.length > 60 ? 1 : 0));
  const kinds = ["0123456789", "abcdef", "ghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  const old = text[at] ?? "";
  const kind = kinds.find((candidate) => candidate.includes(old)) ?? "?!";
  return text.slice(0, at) + oneOf([...kind].filter((other) => other !== old)) + text.slice(at + 1);
}

for (const maker of makers) {
  const whose = maker.signs ? "the maker signs" : "signed as the maker documents it";

  test(`${maker.provider}, ${maker.name}: ${whose}, we verify`, async () => {
    for (let round = 0; round < rounds; round++) {
      for (const [name, body] of bodiesFor(maker)) {
        const { secret, id, seconds } = delivery(maker);
        const headers = await maker.sign(secret, { id, seconds, body, url });
        const asBytes = ours(maker, secret, headers, Buffer.from(body));
        assert.deepEqual(ours(maker, secret, headers, body), asBytes, name);
        const { idempotencyKey } = asBytes;
        assert.ok(idempotencyKey.startsWith(`${maker.provider}:`) && Buffer.byteLength(idempotencyKey) <= 256, idempotencyKey);
        if (headers.some(([field, value]) => field.endsWith("-id") && value === id)) assert.equal(asBytes.id, id);
      }
    }
  });

  test(`${maker.provider}, ${maker.name}: we sign, ${maker.verifies ? "the maker verifies" : "the recipe agrees"}`, async () => {
    for (let round = 0; round < rounds; round++) {
      for (const [name, body] of bodiesFor(maker)) {
        const { secret, id, seconds } = delivery(maker);
        const headers = signWebhook(/** @type {any} */ (maker.provider), { secret, id, timestamp: seconds * 1000, body, url });
        assert.ok(await maker.verify(secret, headers, body, url), `${name}: ${JSON.stringify(headers)}`);
        ours(maker, secret, headers, body);
      }
    }
  });

  test(`${maker.provider}, ${maker.name}: tampered in each part, both refuse`, async () => {
    for (const [name, body] of bodiesFor(maker)) {
      const { secret, id, seconds } = delivery(maker);
      const headers = await maker.sign(secret, { id, seconds, body, url });
      /** @param {string} what @param {string} key @param {Headers} fields @param {string} sent */
      const bothRefuse = async (what, key, fields, sent) => {
        assert.equal(await maker.verify(key, fields, sent, url), false, `${name}, ${what}: the maker's verifies`);
        assert.doesNotMatch(refusal(() => ours(maker, key, fields, sent)), /^secret/, `${name}, ${what}`);
      };
      for (let tries = 0; tries < 4; tries++) {
        if (body !== "") await bothRefuse("a character of the body", secret, headers, [...body].with(-1, body.endsWith("#") ? "!" : "#").join(""));
        await bothRefuse("a longer body", secret, headers, `${body} `);
        await bothRefuse("another secret", maker.secret(), headers, body);
        for (const [index, [field, value]] of headers.entries()) {
          if (!isCovered(field)) continue;
          const replaced = headers.map(([other, text], position) => /** @type {[string, string]} */ (position === index ? [field, changed(value)] : [other, text]));
          await bothRefuse(`${field}: ${replaced[index]?.[1]}`, secret, replaced, body);
          await bothRefuse(`without ${field}`, secret, headers.filter((_, position) => position !== index), body);
          await bothRefuse(`${field} empty`, secret, headers.map(([other, text]) => [other, other === field ? "" : text]), body);
        }
      }
    }
  });
}

/** Whether the signature, or what is checked with it, covers the field. @param {string} field */
function isCovered(field) {
  return !["x-github-delivery", "x-github-event"].includes(field);
}
