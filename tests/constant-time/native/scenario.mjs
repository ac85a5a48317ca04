// The calls that driver.mjs makes: for each export of the lean module which inputs are secret, for lengths around every boundary, and what must
// come of it. The right results come from Node's crypto and from tests/vectors/reference.mjs.
import { createHash, createHmac } from "node:crypto";
import { derive, encodeValue, fingerprintOf, generatedSecret, keyIdOf, sign } from "../../vectors/reference.mjs";

/**
 * @typedef {[hex: string, isSecret: boolean]} Part
 * @typedef {object} Call
 * @property {string} name of the export
 * @property {string} label which case, for people
 * @property {Part[]} parts what is written into the area
 * @property {number[]} args
 * @property {number} published what it decides in public, on purpose: how many errors there must be during the call
 * @property {number} [answer]
 * @property {boolean} answerIsMarked the answer follows from secrets, and nothing has branched on it
 * @property {string} result what the result must begin with, in hexadecimal
 * @property {number} marked how many bytes of the result follow from secrets
 * @property {"loaded" | "freed" | "under way" | ""} after what is left in memory: a key; nothing any more; a MAC or hash under way; no more than before
 */

/** Exports that get no secret: they say where things are, and check arguments and names, which are public. */
export const withoutSecrets = ["area", "result", "large", "check_value", "check_scope"];

// Decisions that are public, and that the module takes itself: one error each, whichever compiler made the code.
/** secret::check: whoever sets a secret is told that it cannot be used, and nothing is made of it. */
const USABLE = 1;
/** The same, and Problem::error: the code that stands for the problem is looked up in a table. */
const REFUSED = 2;
/** keyring::admit: key ids are public, and a keyring's are compared with the new one. */
const SAME_ID = 1;
/** Token::parse: a MAC that is not base64url of 32 bytes is malformed, whatever the key. */
const WELL_FORMED = 1;

const MISMATCH = 255;
const DUPLICATE = 253;
const SECRET_MISSING = 1;
const SECRET_WEAK = 2;
const SECRET_MALFORMED = 3;
const KEY_UNKNOWN = 9;
const SIGNATURE_INVALID = 10;

const ID_LEN = 16;
const KEY = 7;
const NOW = 1_800_000_000_000;
const HIGH = Math.floor(NOW / 2 ** 32);
const LOW = NOW % 2 ** 32;
const TOLERANCE = 60_000;
const types = ["query", "mutation", "action"];
const boundaries = [0, 1, 55, 56, 63, 64, 65, 119, 120, 200];

/** @returns {Call[]} */
export function scenario() {
  return [...comparisons(), ...derivations(), ...refusals(), ...macs(), ...streams(), ...signedCalls()];
}

/** @param {number} from @param {number} to */
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
/** @param {Uint8Array | string} data */
const hex = (data) => Buffer.from(data).toString("hex");
/** @param {Uint8Array | string} data @returns {Part} */
const secret = (data) => [hex(data), true];
/** @param {Uint8Array | string} data @returns {Part} */
const open = (data) => [hex(data), false];
/** @param {...Uint8Array} pieces */
const sha256 = (...pieces) => pieces.reduce((hash, piece) => hash.update(piece), createHash("sha256")).digest();
/** @param {Uint8Array} key @param {Uint8Array} message */
const hmac = (key, message) => createHmac("sha256", key).update(message).digest();

/** Bytes that look random and are always the same. @param {string} label @param {number} length */
function bytes(label, length) {
  return Buffer.concat(range(0, length >> 5).map((i) => sha256(Buffer.from(`${label} ${i}`)))).subarray(0, length);
}

/** A text that may be a secret. @param {number} length */
const text = (length, label = "secret") => bytes(label, length).toString("base64url").slice(0, length);

/** The same length, and different at one place, or everywhere. @param {Uint8Array} data @returns {[string, Buffer][]} */
function wrong(data) {
  /** @param {(i: number) => boolean} isWrong */
  const changed = (isWrong) => Buffer.from(data.map((byte, i) => (isWrong(i) ? byte ^ 1 : byte)));
  const middle = data.length >> 1;
  return [
    ["first byte wrong", changed((i) => i === 0)],
    ["middle byte wrong", changed((i) => i === middle)],
    ["last byte wrong", changed((i) => i === data.length - 1)],
    ["all bytes wrong", changed(() => true)],
  ];
}

/**
 * @param {string} name @param {string} label @param {Part[]} parts @param {number[]} args
 * @param {Partial<Call>} [rest]
 * @returns {Call}
 */
function call(name, label, parts, args, rest) {
  return { name, label, parts, args, published: 0, answerIsMarked: false, result: "", marked: 0, after: "", ...rest };
}

/** @returns {Call[]} */
function comparisons() {
  /** @param {string} label @param {string} expected @param {Uint8Array} candidate @param {number} answer */
  const verify = (label, expected, candidate, answer) =>
    call("verify_secret", label, [secret(expected), secret(candidate)], [expected.length, candidate.length], { published: USABLE, answer, answerIsMarked: true });
  /** @param {string} label @param {string} expected @param {Uint8Array} candidate @param {number} answer */
  const matches = (label, expected, candidate, answer) =>
    call("matches_digest", label, [secret(sha256(Buffer.from(expected))), secret(candidate)], [candidate.length], { answer, answerIsMarked: true });
  /** @param {typeof verify} compare @param {string} expected */
  const all = (compare, expected) => [
    ...range(0, 130).map((length) => compare(`expected ${expected.length}, candidate ${length}`, expected, bytes("candidate", length), MISMATCH)),
    ...wrong(Buffer.from(expected)).map(([how, candidate]) => compare(`${expected.length}, ${how}`, expected, candidate, MISMATCH)),
    compare(`${expected.length}, equal`, expected, Buffer.from(expected), 0),
  ];
  const secrets = [text(32), generatedSecret(bytes("generated", 32)), text(64), text(130)];
  return [...secrets.flatMap((expected) => all(verify, expected)), ...all(matches, text(64))];
}

/** @returns {Call[]} */
function derivations() {
  const random = bytes("random", 32);
  const caller = 3;
  return [
    // csk_ and the underscore are the same in all.
    call("generate_secret", "32", [secret(random)], [], { result: hex(generatedSecret(random)), marked: 49 }),
    ...[...range(32, 130).map((length) => text(length)), generatedSecret(random)].flatMap((from) => {
      const label = String(from.length);
      const [id, key] = [keyIdOf(from), derive(from, "call", 32)];
      const others = range(0, 2).map((i) => keyIdOf(text(40, `other ${i}`)));
      /** @param {string[]} ids */
      const entries = (ids) => ids.map((other) => open(Buffer.concat([Buffer.from(other), Buffer.from([0, 0, 0, 0, caller, 0, 0, 0])])));
      /** @param {string[]} ids @param {number} answer */
      const derived = (ids, answer) =>
        call("derive_key", `${label}, ${ids.length} keys before`, [...entries(ids), secret(from)], [ids.length, caller, from.length], {
          published: USABLE + SAME_ID * ids.length,
          answer,
          ...(answer === 0 ? { result: hex(id) + hex(key), marked: 48 } : {}),
        });
      return [
        call("digest_secret", label, [secret(from)], [from.length], { published: USABLE, answer: 0, result: hex(sha256(Buffer.from(from))), marked: 32 }),
        call("fingerprint", label, [secret(from)], [from.length], { published: USABLE, answer: 0, result: hex(fingerprintOf(from)), marked: 16 }),
        derived([], 0),
        derived(others.slice(0, 1), 0),
        derived(others, 0),
        derived([...others, id], DUPLICATE),
      ];
    }),
  ];
}

/** Secrets that cannot be used. Which problem comes first is what the answer says. @returns {Call[]} */
function refusals() {
  /** @type {[why: string, from: string, answer: number][]} */
  const refused = [
    ["blank", " ".repeat(40), SECRET_MISSING],
    ["short", text(31), SECRET_WEAK],
    ["one piece over and over", text(16).repeat(3), SECRET_WEAK],
    ["a placeholder", `${text(40)}changeme`, SECRET_WEAK],
    ["quoted", `"${text(40)}"`, SECRET_MALFORMED],
    ["a wrong checksum", `csk_${text(50)}`, SECRET_MALFORMED],
  ];
  return refused.flatMap(([why, from, answer]) => {
    const rest = { published: REFUSED, answer };
    return [
      call("verify_secret", why, [secret(from), secret(from)], [from.length, from.length], rest),
      call("digest_secret", why, [secret(from)], [from.length], rest),
      call("fingerprint", why, [secret(from)], [from.length], rest),
      call("derive_key", why, [secret(from)], [0, 0, from.length], rest),
    ];
  });
}

/** @param {string} label @param {Uint8Array} key @param {Call[]} calls */
function withKey(label, key, calls) {
  return [
    call("load_key", label, [secret(key)], [KEY, key.length], { after: "loaded" }),
    ...calls,
    call("free_key", label, [], [KEY], { after: "freed" }),
  ];
}

/** Key, message and MAC are secret. @returns {Call[]} */
function macs() {
  const pairs = [...range(1, 131).map((length) => /** @type {const} */ ([length, [boundaries[length % boundaries.length], 65]])), /** @type {const} */ ([32, range(0, 200)])];
  return pairs.flatMap(([keyLength, lengths]) => {
    const key = bytes("key", keyLength);
    return withKey(`key ${keyLength}`, key, lengths.flatMap((length) => {
      const message = bytes("message", length);
      const mac = hmac(key, message);
      const label = `key ${keyLength}, message ${length}`;
      /** @param {string} how @param {Uint8Array} candidate @param {number} answer */
      const verify = (how, candidate, answer) =>
        call("verify_mac", `${label}, ${how}`, [secret(candidate), secret(message)], [KEY, candidate.length, length], { answer, answerIsMarked: candidate.length === 32 });
      return [
        call("sign_mac", label, [secret(message)], [KEY, length], { answer: 0, result: hex(mac), marked: 32 }),
        verify("equal", mac, 0),
        ...(keyLength === 32 && boundaries.includes(length)
          ? [...wrong(mac).map(([how, candidate]) => verify(how, candidate, MISMATCH)), verify("MAC of 31", mac.subarray(0, 31), MISMATCH), verify("MAC of 33", Buffer.concat([mac, mac.subarray(0, 1)]), MISMATCH)]
          : [verify("last byte wrong", wrong(mac)[2][1], MISMATCH)]),
      ];
    }));
  });
}

/** Messages and keys in pieces. @returns {Call[]} */
function streams() {
  const key = bytes("key", 32);
  const cuts = [0, 1, 63, 64, 65];
  const split = (/** @type {Uint8Array} */ data, /** @type {number} */ cut) => [data.subarray(0, cut), data.subarray(cut)];
  const lengths = boundaries.flatMap((length) => cuts.filter((cut) => cut <= length).map((cut) => /** @type {const} */ ([length, cut])));
  return [
    ...lengths.flatMap(([length, cut]) => {
      const data = bytes("long key", length);
      return [
        ...split(data, cut).map((piece) => call("hash_key", `${length} as ${cut} and ${length - cut}`, [secret(piece)], [piece.length], { after: "under way" })),
        call("end_hash_key", `${length} as ${cut} and ${length - cut}`, [], [], { result: hex(sha256(data)), marked: length > 0 ? 32 : 0 }),
      ];
    }),
    ...withKey("key 32", key, lengths.flatMap(([length, cut]) => {
      const message = bytes("message", length);
      const label = `${length} as ${cut} and ${length - cut}`;
      const begun = [
        call("begin_mac", label, [], [KEY], { answer: 0, after: "under way" }),
        ...split(message, cut).map((piece) => call("update_mac", label, [secret(piece)], [piece.length], { after: "under way" })),
      ];
      const mac = hmac(key, message);
      /** @param {string} how @param {Uint8Array} candidate @param {number} answer */
      const verified = (how, candidate, answer) => [...begun, call("end_mac_verify", `${label}, ${how}`, [secret(candidate)], [32], { answer, answerIsMarked: true })];
      return [...begun, call("end_mac", label, [], [], { answer: 0, result: hex(mac), marked: 32 }), ...verified("equal", mac, 0), ...verified("last byte wrong", wrong(mac)[2][1], MISMATCH)];
    })),
  ];
}

/** The key is secret, and the token's MAC when it is verified. @returns {Call[]} */
function signedCalls() {
  const from = text(43);
  const id = keyIdOf(from);
  const audience = "https://happy-animal-123.convex.cloud";
  const nonce = bytes("nonce", 16);
  const stamp = Buffer.from(Uint32Array.of(KEY, 0).buffer);
  const entry = Buffer.concat([Buffer.from(id), stamp]);
  const other = Buffer.concat([Buffer.from(keyIdOf(text(44))), stamp]);
  return withKey("key 32", derive(from, "call", 32), range(0, 130).flatMap((length) => {
    const kind = length % types.length;
    const fn = `emails/outgoing:${text(1 + (length % 20), "name")}`;
    const args = { value: { $bytes: bytes("args", length).toString("base64") } };
    const encoded = encodeValue(args);
    // Every other mutation has an idempotency key, of a length of its own.
    const once = types[kind] === "mutation" && length % 2 === 0 ? text(1 + length, "idempotency key") : "";
    const described = [open(audience), open(fn), open(once), open(encoded)];
    const lengths = [kind, audience.length, fn.length, once.length, encoded.length, 0, HIGH, LOW];
    const token = sign({ secret: from, audience, type: types[kind], fn, now: NOW, args, nonce: hex(nonce), ...(once === "" ? {} : { idempotencyKey: once }) });
    const label = `arguments of ${encoded.length} bytes${once === "" ? "" : `, an idempotency key of ${once.length}`}`;
    const start = token.length - 43;
    const mac = Buffer.from(token.slice(start), "base64url");
    /** @param {string} how @param {Uint8Array[]} entries @param {Uint8Array} presented @param {number} answer @param {boolean} isSecret */
    const verify = (how, entries, presented, answer, isSecret) =>
      call("verify_call", `${label}, ${how}`, [...entries.map(open), open(token.slice(0, start)), [hex(Buffer.from(presented).toString("base64url")), isSecret], ...described], [entries.length, token.length, ...lengths, TOLERANCE], {
        published: isSecret ? WELL_FORMED : 0,
        answer,
        answerIsMarked: answer !== KEY_UNKNOWN,
      });
    /** @param {string} how @param {string[]} accepted @param {Uint8Array} presented @param {number} answer @param {number} index */
    const admit = (how, accepted, presented, answer, index) => {
      const secrets = accepted.flatMap((each, caller) => [open(new Uint8Array(Uint32Array.of(caller, each.length).buffer)), secret(each)]);
      const secretsLength = accepted.reduce((sum, each) => sum + 8 + each.length, 0);
      return call("admit_call", `${label}, ${how}`, [...secrets, open(token.slice(0, start)), secret(Buffer.from(presented).toString("base64url")), ...described], [secretsLength, token.length, ...lengths, TOLERANCE], {
        published: USABLE * accepted.length + SAME_ID * (accepted.length - 1) + WELL_FORMED,
        answer,
        answerIsMarked: true,
        result: hex(new Uint8Array(Uint32Array.of(index).buffer)),
        // The ids, and the number of the key that the token names, if it could be another.
        marked: ID_LEN * accepted.length + (accepted.length > 1 ? 1 : 0),
      });
    };
    const stranger = text(44);
    return [
      admit("right", [stranger, from], mac, 0, 1),
      admit("right, the only secret", [from], mac, 0, 0),
      admit("key id unknown", [stranger], mac, KEY_UNKNOWN, 0),
      ...(boundaries.includes(length) ? wrong(mac) : wrong(mac).slice(2, 3)).map(([how, presented]) => admit(how, [stranger, from], presented, SIGNATURE_INVALID, 1)),
      call("sign_call", label, [open(id), open(nonce), ...described], [KEY, ...lengths], { answer: 256 + token.length, result: hex(token), marked: 43 }),
      verify("right", [entry], mac, 0, true),
      verify("right, the MAC not secret", [entry], mac, 0, false),
      verify("key id unknown", [other], mac, KEY_UNKNOWN, true),
      ...(boundaries.includes(length) ? wrong(mac) : wrong(mac).slice(2, 3)).map(([how, presented]) => verify(how, [other, entry], presented, SIGNATURE_INVALID, true)),
    ];
  }));
}
