// The reader of whole messages: RFC 9112, section by section, and an error with its line for everything else.

import assert from "node:assert/strict";
import { test } from "node:test";
import { internal } from "./support/signing.mjs";

const { readMessage } = await internal("verify/raw-message.js");
/** @param {string | Buffer} text */
const read = (text) => readMessage(typeof text === "string" ? Buffer.from(text, "latin1") : text, "The message");

test("requests and responses, LF and CRLF, with and without a body", () => {
  for (const end of ["\n", "\r\n"]) {
    const { request } = read(["POST /a?b=c HTTP/1.1", "Host: x", "A:b", "empty:", "c: \t d e \t", "", "b\r\n\n"].join(end));
    assert.deepEqual({ ...request, body: Buffer.from(request.body).toString() }, { method: "POST", target: "/a?b=c", headers: [["Host", "x"], ["A", "b"], ["empty", ""], ["c", "d e"]], body: "b\r\n\n" });
    const { response } = read(`HTTP/1.0 404 Not Found${end}a: b${end}${end}`);
    assert.deepEqual([response.status, response.headers, response.body.length], [404, [["a", "b"]], 0]);
  }
  assert.equal(read("HTTP/1.1 200\n\n").response.status, 200);
  assert.equal(read("HTTP/1.1 200 \n\n").response.status, 200);
  assert.equal(read("M-SEARCH * HTTP/1.1\n\n").request.target, "*");
});

test("the body's bytes are untouched, whatever they are", () => {
  const body = Buffer.from(Array.from({ length: 512 }, (_, at) => at & 255));
  const { request } = read(Buffer.concat([Buffer.from("PUT / HTTP/1.1\r\n\r\n"), body]));
  assert.deepEqual(Buffer.from(request.body), body);
});

test("bytes above ASCII in a header are the characters that fetch makes of them", () => {
  assert.deepEqual(read("GET / HTTP/1.1\nx: \u00e9\n\n").request.headers, [["x", "\u00e9"]]);
});

test("content-length: the same twice is one; a line end behind it is left out, and nothing else", () => {
  assert.equal(read("POST / HTTP/1.1\nContent-Length: 2\ncontent-length: 2\n\nab").request.body.length, 2);
  for (const end of ["\n", "\r\n"]) {
    const { request, note } = read(`POST / HTTP/1.1\ncontent-length: 2\n\nab${end}`);
    assert.deepEqual([request.body.length, typeof note], [2, "string"]);
  }
  assert.equal(read("POST / HTTP/1.1\ncontent-length: 0\n\n").request.body.length, 0);
});

/** @type {[string, string | Buffer, RegExp][]} */
const refused = [
  ["nothing", "", /is empty/],
  ["UTF-16", Buffer.from("\ufeffGET / HTTP/1.1\n\n", "utf16le"), /UTF-16/],
  ["a byte-order mark", Buffer.from("\ufeffGET / HTTP/1.1\n\n"), /line 1: .*byte-order mark/],
  ["no first line", "\nGET / HTTP/1.1\n\n", /line 1: this is neither/],
  ["no version", "GET /\n\n", /line 1: this is neither/],
  ["HTTP/2", "GET / HTTP/2\n\n", /line 1: .*of HTTP\/1\.1[^]*Write HTTP\/1\.1/],
  ["HTTP/2 as curl shows it", "HTTP/2 200\n\n", /line 1: /],
  ["two spaces", "GET  / HTTP/1.1\n\n", /line 1: /],
  ["a space behind", "GET / HTTP/1.1 \n\n", /line 1: /],
  ["a tab", "GET\t/ HTTP/1.1\n\n", /line 1: /],
  ["a space in the target", "GET /a b HTTP/1.1\n\n", /line 1: /],
  ["a method that is none", "G(T / HTTP/1.1\n\n", /line 1: /],
  ["a status of two digits", "HTTP/1.1 20 OK\n\n", /line 1: /],
  ["lower case", "GET / http/1.1\n\n", /line 1: /],
  ["no empty line", "GET / HTTP/1.1\na: b\n", /line 3: it ends before the empty line/],
  ["an end within a line", "GET / HTTP/1.1\na: b", /line 2: it ends before the empty line/],
  ["no colon", "GET / HTTP/1.1\na: b\nsecret-value\n\n", /line 3: this is no header/],
  ["no name", "GET / HTTP/1.1\n: b\n\n", /line 2: this is no header/],
  ["a space before the colon", "GET / HTTP/1.1\na : b\n\n", /line 2: this is no header/],
  ["a name that is none", "GET / HTTP/1.1\na(b): c\n\n", /line 2: this is no header/],
  ["a folded line", "GET / HTTP/1.1\na: b\n c\n\n", /line 3: it begins with a space/],
  ["a bare CR", "GET / HTTP/1.1\na: b\rc: d\n\n", /line 2: .*carriage return/],
  ["two CRs", "GET / HTTP/1.1\na: b\r\r\n\n", /line 2: .*carriage return/],
  ["NUL", "GET / HTTP/1.1\na: b\0\n\n", /line 2: .*control character/],
  ["escape", "GET / HTTP/1.1\na: \u001b[31m\n\n", /line 2: .*control character/],
  ["chunks", "POST / HTTP/1.1\ntransfer-encoding: chunked\n\n1\r\na\r\n0\r\n\r\n", /in pieces/],
  ["too short", "POST / HTTP/1.1\ncontent-length: 3\n\nab", /says 3 bytes, and the body has 2[^]*The end is missing/],
  ["too long", "POST / HTTP/1.1\ncontent-length: 1\n\nab", /says 1 bytes, and the body has 2/],
  ["two line ends behind", "POST / HTTP/1.1\ncontent-length: 1\n\na\n\n", /says 1 bytes, and the body has 3/],
  ["two lengths", "POST / HTTP/1.1\ncontent-length: 1\ncontent-length: 2\n\nab", /not one number/],
  ["a length that is none", "POST / HTTP/1.1\ncontent-length: 2, 2\n\nab", /not one number/],
  ["a negative length", "POST / HTTP/1.1\ncontent-length: -1\n\nab", /not one number/],
  ["a length in hexadecimal", "POST / HTTP/1.1\ncontent-length: 0x2\n\nab", /not one number/],
];
for (const [what, text, expected] of refused) {
  test(`refused, by its line, without repeating it: ${what}`, () => {
    assert.throws(() => read(text), (/** @type {any} */ error) => {
      assert.equal(error.name, "CliError");
      assert.match(`${error.message}\n${error.hint ?? ""}`, expected);
      assert.ok(!error.message.includes("secret-value"));
      return true;
    });
  });
}

test("random bytes are read or refused, never anything else", () => {
  let seed = 1;
  const random = (/** @type {number} */ below) => (seed = (seed * 48271) % 2147483647) % below;
  const pieces = ["GET", "HTTP/1.1", " ", "/", "\n", "\r", "\r\n", ":", "a", "content-length: 2", "200", "\0", "\u00e9", "\n\n", "HTTP/1.1 200 OK\r\n", "POST / HTTP/1.1\r\n"];
  let taken = 0;
  for (let round = 0; round < 20_000; round++) {
    const text = Array.from({ length: random(9) }, () => pieces[random(pieces.length)]).join("");
    try {
      read(text);
      taken++;
    } catch (error) {
      assert.equal(/** @type {Error} */ (error).name, "CliError", `${JSON.stringify(text)}: ${error}`);
    }
  }
  assert.ok(taken > 50, String(taken));
});
