// The dictionaries of a signature, held against npm structured-headers: genuine ones, changed at random, with a MAC over what they then say. What is accepted is
// what the package reads the same way and prints as the same text; and what it prints as the same text, and is of the profile, is accepted.
import assert from "node:assert/strict";
import { createHmac, hkdfSync } from "node:crypto";
import { test } from "node:test";
import { createKeyring, signMessage, verifyMessage } from "countersign/http";
import { Token, parseDictionary, serializeDictionary, serializeInnerList } from "structured-headers";
import { Random, requestOf, secretOf, withFields } from "./random.mjs";
import { contentDigest, keyIdOf } from "./peer.mjs";

const SECRET = "q8Zr-2vXw_5tNc7Lm1Pd9Kf3Hj6Gs4Ab";
const NOW = 1_800_000_000_000;
const keyring = createKeyring(SECRET);
const key = Buffer.from(hkdfSync("sha256", SECRET, "countersign.v1", "http", 32));

test("what is signed here is read there, and printed as the same text", () => {
  for (let round = 0; round < 300; round++) {
    const random = new Random(`fields ${round}`);
    const [secret, request] = [secretOf(random), requestOf(random)];
    const ring = createKeyring(secret);
    const nonce = random.bytes(16);
    const fields = Object.fromEntries(signMessage(ring, request, { now: NOW, nonce }));
    for (const name of ["signature-input", "signature", ...(request.body.length > 0 ? ["content-digest"] : [])]) {
      assert.equal(serializeDictionary(parseDictionary(fields[name])), fields[name], name);
    }
    const [components, parameters] = /** @type {any} */ (parseDictionary(fields["signature-input"]).get("countersign"));
    const names = ["@method", "@authority", "@path", "@query", ...(request.body.length > 0 ? ["content-digest", "content-type"] : [])];
    assert.deepEqual(components.map((/** @type {any} */ [name]) => name).sort(), names.sort());
    assert.deepEqual(
      [...parameters].sort(),
      [["alg", "hmac-sha256"], ["created", NOW / 1000], ["keyid", keyIdOf(secret)], ["nonce", Buffer.from(nonce).toString("base64url")], ["tag", "countersign"]],
    );
    ring.free();
  }
});

const body = new TextEncoder().encode("{}");
const plain = { method: "POST", target: "/a?b", audience: "https://app.example", body };
/** @type {Record<string, string>} */
const lines = {
  "@method": "POST", "@authority": "app.example", "@path": "/a", "@query": "?b", "@scheme": "https", "@request-target": "/a?b", "@target-uri": "https://app.example/a?b",
  "content-type": "text/plain", "content-digest": contentDigest(body), "x-a": "1",
};
const required = ["@method", "@authority", "@path", "@query", "content-digest", "content-type"];

/** @param {string} field @returns {import("structured-headers").Dictionary | undefined} */
function parsed(field) {
  try {
    return parseDictionary(field);
  } catch {
    return undefined; // the only way the package reports a text that is no Dictionary
  }
}

/** Whether the package reads a Signature-Input as this profile wants it. @param {any} member */
function isOfProfile(member) {
  if (member === undefined || !Array.isArray(member[0])) return false;
  const [items, parameters] = member;
  const names = items.map((/** @type {any} */ [name]) => name);
  const isPlain = items.every((/** @type {any} */ [name, own]) => typeof name === "string" && own.size === 0 && Object.hasOwn(lines, name));
  const expected = { nonce: "string", keyid: "string", alg: "string", tag: "string" };
  return isPlain && new Set(names).size === names.length && required.every((name) => names.includes(name))
    && Object.entries(expected).every(([name, type]) => typeof parameters.get(name) === type)
    && Number.isInteger(parameters.get("created")) && Math.abs(parameters.get("created") - NOW / 1000) <= 300
    && parameters.get("nonce") !== "" && parameters.get("keyid") === keyIdOf(SECRET) && parameters.get("alg") === "hmac-sha256" && parameters.get("tag") === "countersign";
}

const DECIMAL = /[(=]-?\d+\.\d/;

/** @param {Random} random @param {string} text */
function changed(random, text) {
  const at = random.below(text.length + 1);
  const piece = random.of([" ", "  ", "\t", ";", ",", ", ", '"', "(", ")", "=", ":", "\\", "a", "A", "0", "-", "?1", ".0", "*", "%", "@", '"x-a"', ' "@scheme"', ";a=1", ";a", ', b=("x")', "\u00fc"]);
  const kind = random.below(6);
  if (kind === 0) return text.slice(0, at) + text.slice(at + 1 + random.below(3));
  if (kind === 1) return text.slice(0, at) + piece + text.slice(at + 1);
  if (kind === 2) return text;
  if (kind === 3) return text.replaceAll(random.of([";", '" "', ", "]), (separator) => `${separator}${random.below(4) === 0 ? " " : ""}`);
  return text.slice(0, at) + piece + text.slice(at);
}

test("signature inputs changed at random are accepted only where both read the same", () => {
  const counts = { accepted: 0, notCanonical: 0, unreadable: 0, otherProfile: 0 };
  for (let round = 0; round < 4000; round++) {
    const random = new Random(`input ${round}`);
    const names = random.shuffled(random.below(2) === 0 ? required : [...required, "x-a"]);
    const parameters = random.shuffled([`created=${NOW / 1000 - random.below(200)}`, 'nonce="n"', `keyid="${keyIdOf(SECRET)}"`, 'alg="hmac-sha256"', 'tag="countersign"']);
    const member = `sig=(${names.map((name) => `"${name}"`).join(" ")});${parameters.join(";")}`;
    const whole = random.of([member, `p=("@method");created=1, ${member}`, `${member}, p=();tag="other"`]);
    // White space around a field is none of it (RFC 9110, 5.5).
    const input = changed(random, whole).replace(/^[ \t]+|[ \t]+$/g, "");
    const dictionary = parsed(input);
    const ours = /** @type {any} */ (dictionary?.get("sig"));
    // The MAC is right for what the package reads, so that nothing but the form decides.
    const list = Array.isArray(ours?.[0]) ? ours[0] : [];
    const canonical = Array.isArray(ours?.[0]) ? serializeInnerList(ours) : "()";
    const base = [...list.map((/** @type {any} */ [name]) => `"${name}": ${lines[String(name)] ?? ""}`), `"@signature-params": ${canonical}`].join("\n");
    const mac = createHmac("sha256", key).update(base).digest("base64");
    const labels = [...(dictionary?.keys() ?? [])].filter((label) => label !== "sig");
    const signature = [`sig=:${mac}:`, ...labels.map((label) => `${label}=:AA==:`)].join(", ");
    const message = withFields({ ...plain, headers: [] }, [["content-type", "text/plain"], ["content-digest", contentDigest(body)], ["x-a", "1"], ["signature-input", input], ["signature", signature]]);
    let code = "accepted";
    try {
      verifyMessage(keyring, message, { now: NOW });
    } catch (error) {
      code = /** @type {{ code: string }} */ (error).code;
    }
    const isCanonical = dictionary !== undefined && serializeDictionary(dictionary) === input && !/%"|@\d/.test(input);
    const othersAreLists = labels.every((label) => Array.isArray(/** @type {any} */ (dictionary?.get(label))?.[0]));
    const expected = isCanonical && othersAreLists && isOfProfile(ours) && !DECIMAL.test(input) && ![...(ours[1].values())].some((value) => value instanceof Token);
    const said = `round ${round}: ${code}: ${JSON.stringify(input)}`;
    if (code === "accepted") assert.ok(isCanonical && isOfProfile(ours), said);
    if (expected) assert.equal(code, "accepted", said);
    if (dictionary === undefined) counts.unreadable++;
    else if (!isCanonical) counts.notCanonical++;
    else if (code === "accepted") counts.accepted++;
    else counts.otherProfile++;
  }
  for (const [what, count] of Object.entries(counts)) assert.ok(count >= 100, `${what}: ${count}`);
});
