// Signed by countersign and verified by http-message-signatures, and the other way: random requests and responses.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createKeyring, signMessage, verifyMessage } from "countersign/http";
import * as peer from "./peer.mjs";
import { Random, bodyOf, requestOf, secretOf, withFields } from "./random.mjs";

const ROUNDS = 300;
const required = ["@method", "@authority", "@path", "@query"];
const bodyFields = ["content-digest", "content-type"];
const bound = required.map((name) => `"${name}";req`);

/** @param {{ headers: readonly (readonly [string, string])[], body?: any }} message @returns {[string, string][]} */
const digested = ({ headers, body }) => (body.length === 0 ? [] : [
  ["content-digest", peer.contentDigest(body)],
  ...(headers.some(([name]) => name.toLowerCase() === "content-type") ? [] : [/** @type {[string, string]} */ (["content-type", "application/octet-stream"])]),
]);

/** A list of header fields without duplicates, to cover. @param {{ headers: readonly (readonly [string, string])[] }} message @param {Random} random */
const someFields = ({ headers }, random) => headers.map(([name]) => name.toLowerCase()).filter((name) => name.startsWith("x-") && random.below(2) === 0);

test("requests: signed here, verified there", async () => {
  const counts = { bodies: 0, covered: 0, changed: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const random = new Random(`ours ${round}`);
    const [secret, request] = [secretOf(random), requestOf(random)];
    const keyring = createKeyring(secret);
    const components = someFields(request, random);
    const signed = withFields(request, signMessage(keyring, request, { components }));
    assert.equal(await peer.verifyRequest(secret, signed), true, `round ${round}`);
    // Our own verdict of it, and the peer's of what it was not signed for.
    assert.equal(verifyMessage(keyring, signed, { now: Date.now() }).keyId, peer.keyIdOf(secret));
    const other = random.of([{ ...signed, target: `${signed.target}x` }, { ...signed, method: "TRACE" }, { ...signed, audience: "https://other.example" }]);
    assert.equal(await peer.verifyRequest(secret, other), false, `round ${round}, changed`);
    assert.throws(() => verifyMessage(keyring, other, { now: Date.now() }), { code: "signature_invalid" });
    counts.bodies += Number(request.body.length > 0);
    counts.covered += Number(components.length > 0);
    counts.changed += 1;
    keyring.free();
  }
  for (const [what, count] of Object.entries(counts)) assert.ok(count >= ROUNDS / 10, `${what}: ${count}`);
});

test("requests: signed there, verified here", async () => {
  const counts = { bodies: 0, covered: 0, shuffled: 0, expiring: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const random = new Random(`peer ${round}`);
    const [secret, plain] = [secretOf(random), requestOf(random)];
    const request = withFields(plain, digested(plain));
    const keyring = createKeyring(secret);
    const covered = someFields(request, random);
    const fields = [...required, ...(plain.body.length > 0 ? bodyFields : []), ...covered];
    const order = random.below(2) === 0 ? fields : random.shuffled(fields);
    const parameters = ["created", "nonce", "keyid", "alg", "tag", ...(random.below(3) === 0 ? ["expires"] : [])];
    const nonce = `n${random.text('abc-_.~ "\\+/=', 20)}`;
    const signing = { label: random.of(["peer", "sig1", "countersign", "a.b-c*"]), fields: order, params: random.shuffled(parameters), values: { nonce } };
    const signed = withFields(request, await peer.signRequest(secret, request, signing));
    const verified = verifyMessage(keyring, signed, { now: Date.now() });
    assert.deepEqual([verified.caller, verified.keyId, verified.nonce], ["default", peer.keyIdOf(secret), nonce], `round ${round}`);
    assert.ok(Math.abs(verified.created - Date.now()) < 60_000);
    // With a component less it is no signature of this profile.
    const left = random.of(plain.body.length > 0 ? [...required, ...bodyFields] : required);
    const less = withFields(request, await peer.signRequest(secret, request, { ...signing, fields: order.filter((name) => name !== left) }));
    assert.throws(() => verifyMessage(keyring, less, { now: Date.now() }), { code: "signature_malformed" }, `round ${round}, without ${left}`);
    counts.bodies += Number(plain.body.length > 0);
    counts.covered += Number(covered.length > 0);
    counts.shuffled += Number(order !== fields);
    counts.expiring += Number(parameters.length > 5);
    keyring.free();
  }
  for (const [what, count] of Object.entries(counts)) assert.ok(count >= ROUNDS / 10, `${what}: ${count}`);
});

/** @param {Random} random @param {any} request as it was signed */
function responseTo(random, request) {
  const body = bodyOf(random);
  const headers = /** @type {[string, string][]} */ (random.below(2) === 0 ? [] : [["content-type", "application/json"]]);
  return { status: random.of([200, 201, 204, 400, 404, 500, 503]), headers, body, request };
}

test("responses: signed here, verified there", async () => {
  let bodies = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const random = new Random(`our response ${round}`);
    const [secret, request] = [secretOf(random), requestOf(random)];
    const keyring = createKeyring(secret);
    const response = responseTo(random, withFields(request, signMessage(keyring, request)));
    const signed = withFields(response, signMessage(keyring, response));
    assert.equal(await peer.verifyResponse(secret, signed), true, `round ${round}`);
    assert.equal(verifyMessage(keyring, signed, { now: Date.now() }).keyId, peer.keyIdOf(secret));
    // The answer to the same request, sent once more with another nonce, is another one.
    const again = { ...signed, request: withFields(request, signMessage(keyring, request)) };
    assert.equal(await peer.verifyResponse(secret, again), false, `round ${round}, another request`);
    assert.throws(() => verifyMessage(keyring, again, { now: Date.now() }), { code: "signature_invalid" });
    bodies += Number(response.body.length > 0);
    keyring.free();
  }
  assert.ok(bodies >= ROUNDS / 2 && bodies < ROUNDS, String(bodies));
});

test("responses: signed there, verified here", async () => {
  let foreign = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const random = new Random(`peer's response ${round}`);
    const [secret, plain] = [secretOf(random), requestOf(random)];
    const request = withFields(plain, digested(plain));
    const keyring = createKeyring(secret);
    const isForeign = random.below(2) === 0;
    const label = isForeign ? "peer" : "countersign";
    const nonce = Buffer.from(random.bytes(16)).toString("base64url");
    const fields = [...required, ...(plain.body.length > 0 ? bodyFields : [])];
    const sent = withFields(request, isForeign ? await peer.signRequest(secret, request, { fields, values: { nonce } }) : signMessage(keyring, plain));
    const bare = responseTo(random, sent);
    const response = withFields(bare, digested(bare));
    const covered = random.shuffled(['"@status"', ...bound, `"signature";req;key="${label}"`, ...(bare.body.length > 0 ? bodyFields.map((name) => `"${name}"`) : [])]);
    const signing = { label: "answer", fields: covered, params: random.shuffled(["created", "keyid", "alg", "tag"]) };
    const signed = withFields(response, await peer.signResponse(secret, response, signing));
    assert.equal(verifyMessage(keyring, signed, { now: Date.now() }).keyId, peer.keyIdOf(secret), `round ${round}`);
    const left = random.of(covered);
    const less = withFields(response, await peer.signResponse(secret, response, { ...signing, fields: covered.filter((name) => name !== left) }));
    assert.throws(() => verifyMessage(keyring, less, { now: Date.now() }), { code: "signature_malformed" }, `round ${round}, without ${left}`);
    foreign += Number(isForeign);
    keyring.free();
  }
  assert.ok(foreign >= ROUNDS / 4, String(foreign));
});
