// HMAC-SHA256 for interoperating: RFC 4231, large inputs, every form of input, and exactly 32 bytes.
import { ascii, hex, isBytes, unhex } from "./checks.mjs";

/** Messages and keys longer than the scratch area, next to its size: what they repeat, how often, and the MAC by Node's own crypto. */
const LARGE = {
  keys: [["5a", 64, "67437bb07e3af377548cc5d9cc6cf9a45a0611033cd59e800e8a27fd4ba418fa"], ["5a", 65, "51a150878fcd81ffca19e1efd75865087e60a5f4ab44c204e5012b8d3467fac2"], ["30313233343536373839", 20000, "2e06f30321341b8339b25c49da0e20e6a6a89897075e05129d04239b9d241a20"]],
  messages: [["", 0, "5d5d139563c95b5967b9bd9a8c9b233a9dedb45072794cd232dc1b74832607d0"], ["61", 65535, "5eef9b5f71528509196ea500670c50a139ca406479bbacbd9143353577542525"], ["61", 65536, "83e0f99703164bef99224d9f79687842da5216d87ef53dad743577da66cdeff2"], ["61", 65537, "12239d2b58f85fd8aed15e2645d2be1e7c0970fdd9fe32b57c5ed9af6108307c"], ["616263", 1747627, "04b6e8bc132982ec9ccae8f58e68c39f07a3de2001a5e8a60dcdb1625acb138e"]],
};

/** @param {string} hexadecimal @param {number} times */
function repeat(hexadecimal, times) {
  const piece = unhex(hexadecimal);
  const bytes = new Uint8Array(piece.length * times);
  for (let at = 0; at < bytes.length; at += piece.length) bytes.set(piece, at);
  return bytes;
}

/** @param {import("../suite.mjs").Suite} suite */
export function hmac({ api, vectors, check, test }) {
  for (const vector of vectors.rfc4231) {
    test(`RFC 4231: ${vector.name}`, () => {
      const [key, message] = [unhex(vector.key), unhex(vector.data)];
      const mac = api.hmacSha256(key, message);
      check.ok(isBytes(mac), "the MAC is a Uint8Array");
      check.equal(mac.length, 32, "length");
      // Test case 5 gives the first 128 bits only, which are a MAC for nobody.
      check.equal(hex(mac).slice(0, vector.mac.length), vector.mac, "hmacSha256");
      check.ok(api.verifyHmacSha256(key, message, mac), "verifyHmacSha256");
      if (vector.mac.length < 64) check.denies(() => api.verifyHmacSha256(key, message, unhex(vector.mac)), "a truncated MAC");
      const imported = api.importKey(key);
      check.equal(hex(api.hmacSha256(imported, message)), hex(mac), "with an imported key");
      check.ok(api.verifyHmacSha256(imported, message, mac), "verified with an imported key");
      check.equal(hex(api.hmacSha256(imported, message)), hex(mac), "with an imported key, again");
      imported.free();
    });
  }
  test("keys and messages of any length", () => {
    for (const [piece, times, mac] of LARGE.keys) {
      const key = repeat(String(piece), Number(times));
      check.equal(hex(api.hmacSha256(key, "message")), mac, `a key of ${key.length} bytes`);
      const imported = api.importKey(key);
      check.equal(hex(api.hmacSha256(imported, "message")), mac, `imported, a key of ${key.length} bytes`);
      imported.free();
    }
    for (const [piece, times, mac] of LARGE.messages) {
      const message = repeat(String(piece), Number(times));
      check.equal(hex(api.hmacSha256("key", message)), mac, `a message of ${message.length} bytes`);
      check.ok(api.verifyHmacSha256("key", message, unhex(String(mac))), `verified, a message of ${message.length} bytes`);
      if (message.length < 1e6) check.equal(hex(api.hmacSha256("key", String.fromCharCode(...message.subarray(0, 9)))), hex(api.hmacSha256("key", message.subarray(0, 9))), "as text");
    }
  });

  test("text, bytes, buffers and views of the same bytes are the same", () => {
    const framed = new Uint8Array([1, 2, 3, ...ascii("key"), 4, 5, 6]);
    const expected = hex(api.hmacSha256("key", "key"));
    const buffer = ascii("key").buffer;
    const forms = [ascii("key"), buffer, new Uint8Array(framed.buffer, 3, 3), new DataView(framed.buffer, 3, 3), new Uint8ClampedArray(buffer), new Int8Array(buffer)];
    for (const form of forms) {
      const name = Object.prototype.toString.call(form);
      check.equal(hex(api.hmacSha256(form, "key")), expected, `key as ${name}`);
      check.equal(hex(api.hmacSha256("key", form)), expected, `message as ${name}`);
    }
    check.equal(hex(api.hmacSha256("k\u00e9\u{1f511}", "m")), hex(api.hmacSha256(unhex("6bc3a9f09f9491"), "m")), "text is UTF-8");
    // More bytes than characters: it fits into the scratch area by the one count and not by the other.
    const long = "\u00e9".repeat(40000);
    check.equal(hex(api.hmacSha256("k", long)), hex(api.hmacSha256("k", repeat("c3a9", 40000))), "a long text as UTF-8");
    check.equal(hex(api.hmacSha256(long, "m")), hex(api.hmacSha256(repeat("c3a9", 40000), "m")), "a long text as a key");
    check.ok(hex(api.hmacSha256("\u00e9", "m")) !== hex(api.hmacSha256("e\u0301", "m")), "NFC and NFD differ");
  });

  test("a message is its bytes, whatever they would be as text or JSON", () => {
    const alike = [
      [0x7b, 0x7d], [0xef, 0xbb, 0xbf, 0x7b, 0x7d], [0x7b, 0x20, 0x7d], [0x7b, 0x7d, 0x0a], [0x7b, 0x7d, 0x0d, 0x0a], [0x7b, 0x7d, 0x00], [0x7b, 0x7d, 0xff], [0x7b, 0x7d, 0xfe], [0x7b, 0x7d, 0xef, 0xbf, 0xbd], [0x7b, 0x7d, 0xed, 0xa0, 0x80], [0x7b, 0x7d, 0xc0, 0x80],
    ].map((bytes) => Uint8Array.from(bytes));
    const macs = alike.map((bytes) => hex(api.hmacSha256("key", bytes)));
    check.equal(new Set(macs).size, alike.length, "different MACs");
    alike.forEach((bytes, i) => alike.forEach((_, j) => check.equal(api.verifyHmacSha256("key", bytes, unhex(macs[j])), i === j, `message ${i}, MAC ${j}`)));
  });

  test("a MAC is exactly its 32 bytes", () => {
    const mac = api.hmacSha256("key", "message");
    check.ok(api.verifyHmacSha256("key", "message", mac), "the MAC itself");
    for (let i = 0; i < 32; i++) {
      const other = mac.slice();
      other[i] ^= 1 << i % 8;
      check.equal(api.verifyHmacSha256("key", "message", other), false, `byte ${i} changed`);
    }
    const framed = new Uint8Array(40);
    framed.set(mac, 4);
    check.ok(api.verifyHmacSha256("key", "message", framed.subarray(4, 36)), "a view of the MAC");
    for (const length of [0, 1, 16, 31]) check.denies(() => api.verifyHmacSha256("key", "message", mac.slice(0, length)), `the first ${length} bytes`);
    check.denies(() => api.verifyHmacSha256("key", "message", framed), "40 bytes");
    check.denies(() => api.verifyHmacSha256("key", "message", new Uint8Array([...mac, 0])), "the MAC and a byte more");
    check.denies(() => api.verifyHmacSha256("key", "message", new Uint8Array([...mac, ...mac])), "the MAC twice");
    check.denies(() => api.verifyHmacSha256("key", "message", new Uint8Array(32)), "zeros");
    check.denies(() => api.verifyHmacSha256("other", "message", mac), "another key");
    check.denies(() => api.verifyHmacSha256("key", "messages", mac), "another message");
    for (const wrong of [undefined, null, "", hex(mac), "v1,", Array.from(mac), { length: 32 }, new Float64Array(4), 32, {}]) {
      check.denies(() => api.verifyHmacSha256("key", "message", wrong), `a MAC of type ${Object.prototype.toString.call(wrong)}`);
    }
  });

  test("more keys at once than the module keeps loaded", () => {
    const keys = Array.from({ length: 150 }, (_, i) => api.importKey(`key ${i}`));
    const macs = keys.map((key) => api.hmacSha256(key, "m"));
    keys.forEach((key, i) => check.equal(api.verifyHmacSha256(key, "m", macs[i]), true, `key ${i}`));
    keys.forEach((key, i) => check.equal(hex(api.hmacSha256(key, "x".repeat(70000))), hex(api.hmacSha256(`key ${i}`, "x".repeat(70000))), `key ${i}, a large message`));
    check.equal(keys.filter((key, i) => api.verifyHmacSha256(key, "m", macs[(i + 1) % 150])).length, 0, "another key's MAC");
    for (const key of keys) key.free();
  });

  test("keys do not print their bytes, and are gone once freed", () => {
    const key = api.importKey("a key that should not be seen");
    for (const text of [String(key), JSON.stringify(key), `${Object.entries(key)}`, `${Object.getOwnPropertyNames(key).map((name) => key[name])}`]) {
      check.ok(!text.includes("not be seen"), "no key in text");
    }
    key.free();
    check.refuses(() => api.hmacSha256(key, "m"), ["misconfigured", "type_invalid"], "a freed key");
    key.free();
    const [one, other] = [api.importKey("one"), api.importKey("other")];
    one.free();
    check.equal(hex(api.hmacSha256(other, "m")), hex(api.hmacSha256("other", "m")), "freeing one key leaves the others");
    const dispose = /** @type {any} */ (Symbol).dispose;
    if (dispose !== undefined) {
      other[dispose]();
      check.refuses(() => api.hmacSha256(other, "m"), ["misconfigured", "type_invalid"], "a disposed key");
    } else other.free();
  });
}
