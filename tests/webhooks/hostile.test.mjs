// Rows 7 and 18 to 22 of the list of attacks, for webhooks: bodies are bytes, secrets have one form, signatures, times and headers too.

import assert from "node:assert/strict";
import { test } from "node:test";
import { hmac, signWebhook, verifyWebhook } from "countersign/webhooks";
import { mac, makers, qstashClaims } from "./makers.mjs";
import { randomBytes } from "./random.mjs";
import { otherBits } from "./stricter.mjs";

/** @typedef {import("./makers.mjs").Headers} Headers */
/** @typedef {import("./makers.mjs").Maker} Maker */

const url = "https://app.example/api/webhooks";
const now = 1_800_000_000_000;
/** One maker a provider, @type {readonly Maker[]} */
const each = [...new Map(makers.map((maker) => [maker.provider, maker])).values()];
/** Those whose time is in a header. */
const timed = { standard: "webhook-timestamp", svix: "svix-timestamp", clerk: "svix-timestamp", resend: "svix-timestamp", polar: "webhook-timestamp", slack: "x-slack-request-timestamp" };

/** A body that every provider can sign. */
const json = JSON.stringify({ type: "order.paid", webhookTimestamp: now, text: "caf\u00e9 \u{1f600}" });

/** @param {Maker} maker @param {string | Uint8Array} [body] */
function signed(maker, body = json) {
  const secret = maker.secret();
  const extra = maker.provider === "qstash" ? { url } : {};
  const headers = signWebhook(/** @type {any} */ (maker.provider), { secret, id: "msg_1", timestamp: now, body, ...extra });
  /** @param {any} fields @param {string | Uint8Array} [sent] @param {string} [key] */
  const verify = (fields, sent = body, key = secret) => verifyWebhook(/** @type {any} */ (maker.provider), { secret: key, headers: fields, body: sent, now, ...extra });
  return { secret, headers: /** @type {Headers} */ (headers), verify };
}

/** @param {() => unknown} run @param {string} what @param {readonly string[]} [codes] */
function refused(run, what, codes = ["signature_missing", "signature_malformed", "signature_invalid", "header_invalid", "expired", "not_yet_valid"]) {
  assert.throws(run, (/** @type {any} */ error) => error.name === "CountersignError" && codes.includes(error.code) || assert.fail(`${what}: ${error.stack}`), what);
}

/** @param {Headers} headers @param {(value: string, name: string) => string | undefined} change of the headers that it changes */
const withChange = (headers, change) => headers.map(([name, value]) => /** @type {[string, string]} */ ([name, change(value, name) ?? value]));

/** Where the MAC is: the last run of 64 hexadecimal digits, or of 43 of base64 with their padding. */
const macForm = /(?:[0-9a-f]{64}|[A-Za-z0-9+/_-]{43}=?)$/;

for (const maker of each) {
  const { provider } = maker;
  const isJson = provider === "linear"; // its time is in the body

  test(`${provider}: a body is bytes, whatever they say as text`, () => {
    const texts = isJson ? [json] : [json, "a\r\nb", "\ufeffa", "e\u0301"];
    for (const text of texts) {
      const { headers, verify } = signed(maker, text);
      verify(headers);
      verify(headers, Buffer.from(text));
      const inBuffer = Buffer.concat([Buffer.from("xx"), Buffer.from(text), Buffer.from("yy")]);
      verify(headers, inBuffer.subarray(2, inBuffer.length - 2));
      refused(() => verify(headers, inBuffer), "the whole buffer of a view");
      for (const [what, other] of [["CRLF", text.replace("\r\n", "\n")], ["byte order mark", text.startsWith("\ufeff") ? text.slice(1) : `\ufeff${text}`], ["normalised", text.normalize(text === text.normalize("NFC") ? "NFD" : "NFC")], ["white space", `${text}\n`]]) {
        if (other !== text) refused(() => verify(headers, other), `${what}: ${text}`);
      }
    }
    const { headers, verify } = signed(maker, json);
    refused(() => verify(headers, JSON.stringify(JSON.parse(json), null, 1)), "JSON written again");
    if (isJson) return;
    const bytes = Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x80, 0x7d]);
    const raw = signed(maker, bytes);
    raw.verify(raw.headers);
    refused(() => raw.verify(raw.headers, bytes.toString()), "bytes that are no UTF-8, decoded");
    refused(() => raw.verify(raw.headers, Buffer.from([0x7b, 0xff, 0xff, 0x00, 0x80, 0x7d])), "other bytes that are no UTF-8");
  });

  test(`${provider}: a MAC has one length and one form`, () => {
    const { headers, verify } = signed(maker);
    verify(headers);
    /** @param {string} what @param {(mac: string) => string} change */
    const attempt = (what, change) => {
      let changes = 0;
      const fields = withChange(headers, (value) => macForm.test(value) ? value.replace(macForm, (found) => { changes += change(found) === found ? 0 : 1; return change(found); }) : undefined);
      if (changes > 0) refused(() => verify(fields), `${what}: ${JSON.stringify(fields)}`);
      return changes;
    };
    const found = headers.map(([, value]) => macForm.exec(value)?.[0]).find((text) => text !== undefined) ?? assert.fail("no MAC");
    const isHex = /^[0-9a-f]{64}$/.test(found);
    const all = [
      attempt("empty", () => ""),
      attempt("cut off", (text) => text.slice(0, -2)),
      attempt("of 128 bits", (text) => (isHex ? text.slice(0, 32) : `${text.slice(0, 22)}==`)),
      attempt("longer", (text) => `${text.replace(/=$/, "")}00`),
      attempt("twice", (text) => text + text),
      attempt("zeros", (text) => (isHex ? "0".repeat(64) : text.replace(/[^=]/g, "A"))),
      attempt("junk behind", (text) => `${text}!`),
      attempt("a space in front", (text) => ` ${text}`),
      attempt("a tab behind", (text) => `${text}\t`),
      attempt("in quotes", (text) => `"${text}"`),
      attempt("in hexadecimal with 0x", (text) => `0x${text}`),
    ];
    assert.ok(all.every((changes) => changes === 1), String(all));
    if (isHex) {
      attempt("upper case", (text) => text.toUpperCase());
      attempt("base64 instead", (text) => Buffer.from(text, "hex").toString("base64"));
      attempt("one digit less", (text) => text.slice(1));
      return;
    }
    attempt("hexadecimal instead", (text) => Buffer.from(text, "base64").toString("hex"));
    attempt("no padding, or one too many", (text) => (text.endsWith("=") ? text.slice(0, -1) : `${text}=`));
    attempt("more padding", (text) => `${text}=`);
    // A MAC can lack the characters in which the alphabets differ: another one is made until it has them.
    for (let made = 0, seen = 0; seen === 0; made++) {
      assert.ok(made < 200, "no MAC had them");
      const again = signed(maker, json.replace("order", `order${made}`));
      const fields = withChange(again.headers, (value) => macForm.exec(value)?.[0] === undefined ? undefined : value.replace(macForm, (text) => text.replace(/[+/_-]/g, (character) => ({ "+": "-", "/": "_", "-": "+", _: "/" })[character] ?? "")));
      if (JSON.stringify(fields) === JSON.stringify(again.headers)) continue;
      seen++;
      refused(() => again.verify(fields), `the other alphabet: ${JSON.stringify(fields)}`);
    }
    const bits = withChange(headers, (value) => macForm.exec(value)?.[0] === undefined ? undefined : value.replace(macForm, otherBits));
    refused(() => verify(bits), `bits that stand for nothing: ${JSON.stringify(bits)}`);
  });

  test(`${provider}: a header is there once`, () => {
    const { headers, verify } = signed(maker);
    const fields = Object.fromEntries(headers);
    verify(fields);
    verify(new Headers(headers));
    verify(Object.fromEntries(headers.map(([name, value]) => [name.toUpperCase(), [value]])));
    for (const [name, value] of headers) {
      const covered = !["x-github-delivery", "x-shopify-webhook-id", "linear-delivery"].includes(name.toLowerCase());
      refused(() => verify([...headers, [name, value]]), `${name} twice`);
      refused(() => verify([...headers, [name.toUpperCase(), value]]), `${name} twice, in another case`);
      refused(() => verify({ ...fields, [name]: [value, value] }), `${name} twice, in a record`);
      refused(() => verify({ ...fields, [name.toUpperCase()]: value, [name.toLowerCase()]: value }), `${name} twice, in a record in two cases`);
      const joined = new Headers(headers);
      joined.append(name, value);
      refused(() => verify(joined), `${name} twice, joined`);
      for (const junk of ["\0", "\r\n", "\n", "\u00e9", "\u0100", "\x7f"]) refused(() => verify(withChange(headers, (text, field) => (field === name ? `${text}${junk}` : undefined))), `${name} with ${JSON.stringify(junk)}`, ["header_invalid", "signature_malformed", "text_malformed"]);
      if (covered) refused(() => verify(headers.filter(([field]) => field !== name)), `no ${name}`);
    }
    refused(() => verify([]), "no headers");
    const secretAsSignature = withChange(headers, (value) => (macForm.test(value) ? signed(maker).secret : undefined));
    refused(() => verify(secretAsSignature), "the plain secret instead");
  });

  test(`${provider}: no header is made that splits in two`, () => {
    for (const junk of ["a\r\nset-cookie: x=1", "a\nb", "a\0b", "a b", "a,b", "caf\u00e9", "a".repeat(10_000)]) {
      const make = (/** @type {object} */ more) => signWebhook(/** @type {any} */ (provider), { secret: maker.secret(), timestamp: now, body: json, ...(provider === "qstash" && { url }), ...more });
      for (const more of [{ id: junk }, { event: junk }]) {
        let made;
        try {
          made = make(more);
        } catch (error) {
          assert.ok(["header_invalid", "type_invalid"].includes(/** @type {any} */ (error).code), String(error));
          continue;
        }
        for (const [name, value] of made) assert.match(`${name}: ${value}`, /^[\x21-\x7e]+: [\x20-\x7e]*$/, JSON.stringify(more));
        new Headers(made);
      }
    }
  });

  test(`${provider}: a secret that is not set, or weak, lets nobody in`, () => {
    const { headers, verify } = signed(maker);
    const verifyWith = (/** @type {any} */ secret) => verifyWebhook(/** @type {any} */ (provider), { secret, headers, body: json, now, ...(provider === "qstash" && { url }) });
    for (const missing of [undefined, null, "", [], [""], [undefined]]) refused(() => verifyWith(missing), JSON.stringify(missing) ?? "undefined", ["secret_missing", "type_invalid"]);
    const prefix = /^(whsec_)?/.exec(maker.secret())?.[0] ?? "";
    for (const weak of ["x", "0123456789abcde", `${prefix}${Buffer.from("short").toString("base64")}`]) refused(() => verifyWith(weak), weak, ["secret_weak", "secret_malformed", "secret_missing"]);
    for (const other of [maker.secret(), `${maker.secret()}\n`]) refused(() => verify(headers, json, other), other, ["signature_invalid", "secret_malformed"]);
  });
}

for (const [provider, field] of Object.entries(timed)) {
  test(`${provider}: a time is digits, and counts in both directions`, () => {
    const maker = each.find((candidate) => candidate.provider === provider) ?? assert.fail(provider);
    const { secret, headers, verify } = signed(maker);
    const digits = String(now / 1000);
    for (const junk of ["", "0", "-1", `+${digits}`, ` ${digits}`, `${digits} `, `${digits}.0`, `${digits}e0`, "1.8e9", `0x${Number(digits).toString(16)}`, `0${digits}`, `${digits}junk`, `${digits}\0`, `${digits}n`, "NaN", "Infinity", "1_800_000_000", digits.replace("8", "\u0668"), "99999999999999999999", "18446744073709551616", "9007199254740993", `${digits},${digits}`]) {
      refused(() => verify(withChange(headers, (_, name) => (name === field ? junk : undefined))), `${field}: ${junk}`, ["signature_malformed", "header_invalid", "signature_missing"]);
    }
    // Signed by whoever has the secret, and still no time: a check of the signature alone would take it.
    for (const [junk, code] of /** @type {const} */ ([["yesterday", "header_invalid"], [`${digits}.5`, "header_invalid"], [String(now), "not_yet_valid"], [String(Number(digits) + 301), "not_yet_valid"], [String(Number(digits) - 301), "expired"], ["1", "expired"]])) {
      const [before, separator, encoding, key] = provider === "slack" ? ["v0:", ":", "hex", secret] : ["msg_1.", ".", "base64", provider === "polar" ? secret : Buffer.from(secret.slice(6), "base64")];
      const text = mac(key, `${before}${junk}${separator}${json}`, /** @type {any} */ (encoding));
      const fields = withChange(headers, (value, name) => (name === field ? junk : macForm.test(value) && name.endsWith("-signature") ? value.replace(macForm, text) : undefined));
      refused(() => verify(fields), `${junk}, signed`, [code]);
    }
  });
}

for (const provider of ["stripe", "paddle", "workos"]) {
  test(`${provider}: a time is digits, and counts in both directions`, () => {
    const maker = each.find((candidate) => candidate.provider === provider) ?? assert.fail(provider);
    const { secret, headers, verify } = signed(maker);
    const [name = "", value = ""] = headers[0] ?? [];
    const digits = /[0-9]{10,}/.exec(value)?.[0] ?? assert.fail(value);
    for (const junk of ["", "0", "-1", `+${digits}`, ` ${digits}`, `${digits}.0`, "1.8e9", `0x${Number(digits).toString(16)}`, `0${digits}`, `${digits}junk`, "99999999999999999999", "9007199254740993"]) {
      refused(() => verify([[name, value.replace(digits, junk)]]), junk, ["signature_malformed"]);
      const [form, separator] = provider === "paddle" ? ["ts=%,;h1=", ":"] : provider === "workos" ? ["t=%, v1=", "."] : ["t=%,v1=", "."];
      const header = `${(form ?? "").replace("%,;", "%;").replace("%", junk)}${mac(secret, `${junk}${separator}${json}`)}`;
      refused(() => verify([[name, header]]), `${junk}, signed`, ["signature_malformed"]);
    }
    for (const [away, code] of /** @type {const} */ ([[301, "not_yet_valid"], [-301, "expired"], [86_400, "not_yet_valid"], [-86_400, "expired"]])) {
      const other = signWebhook(/** @type {any} */ (provider), { secret, timestamp: now + away * 1000, body: json });
      refused(() => verify(other), `${away} s`, [code]);
    }
  });
}

test("a secret has the form that its provider gives it, and no other is tried", () => {
  const key = randomBytes(32);
  const whsec = `whsec_${key.toString("base64")}`;
  const seconds = now / 1000;
  const stripe = (/** @type {string | Buffer} */ by) => /** @type {Headers} */ ([["stripe-signature", `t=${seconds},v1=${mac(by, `${seconds}.${json}`)}`]]);
  verifyWebhook("stripe", { secret: whsec, headers: stripe(whsec), body: json, now });
  for (const other of [key, Buffer.from(whsec.slice(6)), Buffer.from(key.toString("hex"))]) refused(() => verifyWebhook("stripe", { secret: whsec, headers: stripe(other), body: json, now }), "stripe: not its text", ["signature_invalid"]);

  const standard = (/** @type {string} */ family, /** @type {string | Buffer} */ by) => /** @type {Headers} */ ([[`${family}-id`, "msg_1"], [`${family}-timestamp`, String(seconds)], [`${family}-signature`, `v1,${mac(by, `msg_1.${seconds}.${json}`, "base64")}`]]);
  for (const [provider, family] of /** @type {const} */ ([["standard", "webhook"], ["svix", "svix"], ["clerk", "svix"], ["resend", "svix"]])) {
    verifyWebhook(provider, { secret: whsec, headers: standard(family, key), body: json, now });
    for (const other of [whsec, whsec.slice(6)]) refused(() => verifyWebhook(provider, { secret: whsec, headers: standard(family, other), body: json, now }), `${provider}: not the decoded key`, ["signature_invalid"]);
    for (const secret of [`whsec_${key.toString("base64url")}`, `whsec_${key.toString("base64")}=`, `${whsec} `, `whsec_${otherBits(key.toString("base64"))}`, `"${whsec}"`]) refused(() => verifyWebhook(provider, { secret, headers: standard(family, key), body: json, now }), secret, ["secret_malformed"]);
  }

  verifyWebhook("polar", { secret: whsec, headers: standard("webhook", whsec), body: json, now });
  verifyWebhook("polar", { secret: whsec, headers: standard("webhook", key), body: json, now });
  refused(() => verifyWebhook("polar", { secret: whsec, headers: standard("webhook", whsec.slice(6)), body: json, now }), "polar: a third way", ["signature_invalid"]);

  const hex = key.toString("hex");
  for (const [provider, header, prefix] of /** @type {const} */ ([["github", "x-hub-signature-256", "sha256="], ["linear", "linear-signature", ""], ["lemonsqueezy", "x-signature", ""]])) {
    verifyWebhook(provider, { secret: hex, headers: [[header, prefix + mac(hex, json)]], body: json, now });
    refused(() => verifyWebhook(provider, { secret: hex, headers: [[header, prefix + mac(key, json)]], body: json, now }), `${provider}: not its text`, ["signature_invalid"]);
  }
});

test("qstash: each claim counts, and nothing that a token says of itself", () => {
  const secret = "sig_7kYjw48mhY7kAjqNGcy6cr29RJ6r";
  const seconds = now / 1000;
  const claims = qstashClaims({ id: "jwt_1", seconds, body: json, url });
  const encode = (/** @type {unknown} */ value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
  /** @param {unknown} header @param {unknown} payload @param {(signed: string) => string} [sign] */
  const verify = (header, payload, sign = (signed) => Buffer.from(mac(secret, signed), "hex").toString("base64url")) => {
    const signed = `${encode(header)}.${encode(payload)}`;
    return verifyWebhook("qstash", { secret, headers: { "Upstash-Signature": `${signed}.${sign(signed)}` }, body: json, url, now });
  };
  const header = { alg: "HS256", typ: "JWT" };
  assert.equal(verify(header, claims).id, "jwt_1");
  verify({ typ: "JWT", alg: "HS256" }, { ...claims, body: claims.body.replace("=", ""), more: 1 });
  const [malformed, invalid] = [["signature_malformed"], ["signature_invalid"]];
  for (const other of [{ alg: "none" }, { alg: "hs256" }, { typ: "JWT" }, { ...header, crit: ["exp"] }, {}, [], "null", '{"alg":"HS256","alg":"none"}', '{"alg":"none","alg":"HS256"}']) refused(() => verify(other, claims), JSON.stringify(other), malformed);
  refused(() => verify({ alg: "none" }, claims, () => ""), "alg none, no signature", malformed);
  for (const name of Object.keys(claims)) refused(() => verify(header, { ...claims, [name]: undefined }), `no ${name}`, [...malformed, ...invalid]);
  for (const [name, value] of /** @type {[string, unknown][]} */ ([["iss", "upstash"], ["sub", `${url}/`], ["sub", ""], ["body", qstashClaims({ id: "", seconds, body: `${json} `, url }).body]])) refused(() => verify(header, { ...claims, [name]: value }), `${name}: ${value}`, invalid);
  for (const name of ["iat", "nbf", "exp"]) for (const value of [String(seconds), -1, 1.5, 1e21, null, true]) refused(() => verify(header, { ...claims, [name]: value }), `${name}: ${value}`, malformed);
  refused(() => verify(header, { ...claims, exp: seconds }), "its end", ["expired"]);
  refused(() => verify(header, { ...claims, nbf: seconds + 100 }), "before its beginning", ["not_yet_valid"]);
  refused(() => verify(header, { ...claims, iat: seconds + 301, nbf: seconds + 301, exp: seconds + 900 }), "from the future", ["not_yet_valid"]);
  refused(() => verify(header, `{"sub":"https://evil.example",${JSON.stringify(claims).slice(1)}`), "a claim twice", malformed);
  refused(() => verifyWebhook("qstash", { secret, headers: signWebhook("qstash", { secret, body: json, url, timestamp: now }), body: json, url: "https://app.example/other", now }), "another address", invalid);
});

test("several secrets, and several signatures, are tried; too many of either are refused", () => {
  const secrets = Array.from({ length: 3 }, () => `whsec_${randomBytes(32).toString("base64")}`);
  for (const provider of /** @type {const} */ (["standard", "stripe"])) {
    for (const secret of secrets) verifyWebhook(provider, { secret: secrets, headers: signWebhook(provider, { secret, id: "msg_1", timestamp: now, body: json }), body: json, now });
    const all = signWebhook(provider, { secret: secrets, id: "msg_1", timestamp: now, body: json });
    for (const secret of secrets) verifyWebhook(provider, { secret, headers: all, body: json, now });
    refused(() => verifyWebhook(provider, { secret: `whsec_${randomBytes(32).toString("base64")}`, headers: all, body: json, now }), "none of them", ["signature_invalid"]);
  }
  const [header = ["", ""]] = signWebhook("stripe", { secret: secrets[0] ?? "", timestamp: now, body: json });
  const many = `${header[1].split(",")[0]}${",v1=".concat("0".repeat(64)).repeat(2000)},${header[1].split(",")[1]}`;
  const started = performance.now();
  refused(() => verifyWebhook("stripe", { secret: secrets[0] ?? "", headers: [["stripe-signature", many]], body: json, now }), "thousands of signatures", ["signature_malformed", "header_invalid"]);
  assert.ok(performance.now() - started < 500, "bounded work");
});

test("a delivery for one provider is none for another", () => {
  for (const from of each) {
    const secret = from.secret();
    for (const to of each) {
      if (from.provider === to.provider) continue;
      const headers = signWebhook(/** @type {any} */ (from.provider), { secret, id: "msg_1", timestamp: now, body: json, ...(from.provider === "qstash" && { url }) });
      const same = ["svix", "clerk", "resend"];
      if (same.includes(from.provider) && same.includes(to.provider)) continue; // Clerk and Resend are Svix
      const ways = ["standard", "polar"];
      if (ways.includes(from.provider) && ways.includes(to.provider)) continue; // the newer of Polar's two ways is the standard's
      refused(() => verifyWebhook(/** @type {any} */ (to.provider), { secret, headers, body: json, now, ...(to.provider === "qstash" && { url }) }), `${from.provider} as ${to.provider}`, ["signature_missing", "signature_malformed", "signature_invalid", "header_invalid", "secret_malformed"]);
    }
  }
});

test("hmac() is for the rest, and says what it wants", () => {
  const provider = hmac({ header: "x-acme-signature", encoding: "base64", prefix: "sha256=" });
  const secret = randomBytes(16).toString("hex");
  const headers = signWebhook(provider, { secret, body: json });
  assert.deepEqual(headers, [["x-acme-signature", `sha256=${mac(secret, json, "base64")}`]]);
  verifyWebhook(provider, { secret, headers, body: json, now });
  refused(() => verifyWebhook(provider, { secret, headers, body: `${json} `, now }), "another body", ["signature_invalid"]);
  for (const wrong of [{}, { header: "" }, { header: "x y", encoding: "hex" }, { header: "x", encoding: "rot13" }, { header: "x", encoding: "hex", prefix: "a\n" }]) assert.throws(() => signWebhook(hmac(/** @type {any} */ (wrong)), { secret, body: json }), { name: "CountersignError" }, JSON.stringify(wrong));
});
