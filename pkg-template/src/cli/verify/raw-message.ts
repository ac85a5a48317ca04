import { CliError } from "../errors.js";
import type { HeaderField } from "../sign/input.js";
import { TOKEN } from "../sign/input.js";

/** An HTTP message as it stands in a file, body bytes untouched. */
export interface RawRequest {
  method: string;
  target: string;
  headers: HeaderField[];
  body: Uint8Array;
}

export interface RawResponse {
  status: number;
  headers: HeaderField[];
  body: Uint8Array;
}

/** A message, and what was left out of its file, if anything. */
export interface RawMessage {
  request?: RawRequest;
  response?: RawResponse;
  note?: string;
}

const LF = 10;

/**
 * Reads one whole HTTP/1.1 message (RFC 9112): a request or status line, header lines, an empty line, the body. Lines end with LF or CRLF. What is wrong is said by
 * the number of its line, and not repeated.
 *
 * @param what - For messages: `The message`.
 */
export function readMessage(file: Uint8Array, what: string): RawMessage {
  refuseOtherEncodings(file, what);
  const { lines, bodyStart } = headOf(file, what);
  const [first = "", ...rest] = lines;
  const start = startOf(first, what);
  const headers = rest.map((line, at) => fieldOf(line, at + 2, what));
  const { body, note } = bodyOf(file.subarray(bodyStart), headers, what);
  const message = "status" in start ? { response: { ...start, headers, body } } : { request: { ...start, headers, body } };
  return note === undefined ? message : { ...message, note };
}

function refuseOtherEncodings(file: Uint8Array, what: string): void {
  if (file.length === 0) throw new CliError(`${what} is empty.`, "It has a request line, header lines, an empty line, and the body.");
  const start = Buffer.from(file.subarray(0, 3)).toString("hex");
  if (/^(fffe|feff)/.test(start)) throw new CliError(`${what} is UTF-16, and not the bytes that were sent.`, "Save it as it came; Windows PowerShell 5 writes another encoding with `>`.");
  if (start === "efbbbf") throw new CliError(`${what}, line 1: the file begins with a byte-order mark.`, "Save it without one.");
}

function headOf(file: Uint8Array, what: string): { lines: string[]; bodyStart: number } {
  const lines: string[] = [];
  for (let from = 0; ; ) {
    const end = file.indexOf(LF, from);
    if (end < 0) throw new CliError(`${what}, line ${lines.length + 1}: it ends before the empty line that stands behind the headers.`, "Add an empty line, also where there is no body.");
    // As fetch has them: each byte a character.
    const line = Buffer.from(file.subarray(from, end)).toString("latin1").replace(/\r$/, "");
    from = end + 1;
    if (line === "" && lines.length > 0) return { lines, bodyStart: from };
    const at = lines.length + 1;
    if (line.includes("\r")) throw new CliError(`${what}, line ${at}: it holds a carriage return that is no line end.`);
    if (/[^\t -~\u0080-\u00ff]/.test(line)) throw new CliError(`${what}, line ${at}: it holds a control character.`);
    lines.push(line);
  }
}

function startOf(line: string, what: string): { method: string; target: string } | { status: number } {
  const request = /^([^ ]+) ([^ ]+) HTTP\/1\.[01]$/.exec(line);
  if (request !== null && TOKEN.test(request[1] as string)) return { method: request[1] as string, target: request[2] as string };
  const status = /^HTTP\/1\.[01] (\d{3})(?: .*)?$/.exec(line)?.[1];
  if (status !== undefined) return { status: Number(status) };
  const newer = /HTTP\/[23]/.test(line);
  throw new CliError(
    `${what}, line 1: this is neither a request line nor a status line${newer ? " of HTTP/1.1" : ""}.`,
    newer ? "Write HTTP/1.1 there: the version is not signed." : "It begins with, for example, POST /api/orders?from=web HTTP/1.1, or with HTTP/1.1 200 OK.",
  );
}

function fieldOf(line: string, at: number, what: string): HeaderField {
  if (/^[ \t]/.test(line)) throw new CliError(`${what}, line ${at}: it begins with a space.`, "A header stands on one line.");
  const colon = line.indexOf(":");
  const name = line.slice(0, colon);
  if (colon < 0 || !TOKEN.test(name)) throw new CliError(`${what}, line ${at}: this is no header of the form 'name: value'.`, "Between the headers and the body stands an empty line.");
  return [name, line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "")];
}

function bodyOf(body: Uint8Array, headers: readonly HeaderField[], what: string): { body: Uint8Array; note?: string } {
  const valuesOf = (wanted: string) => headers.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);
  if (valuesOf("transfer-encoding").length > 0) {
    throw new CliError(`${what} is sent in pieces: it has the header transfer-encoding.`, "Write the body as it is when it has been put together, and leave that header out: it is not signed.");
  }
  const [declared, ...more] = new Set(valuesOf("content-length"));
  if (declared === undefined) return { body };
  if (more.length > 0 || !/^\d{1,15}$/.test(declared)) throw new CliError(`${what}: content-length is not one number of bytes.`);
  const length = Number(declared);
  const behind = Buffer.from(body.subarray(length)).toString("latin1");
  if (body.length === length) return { body };
  // Editors put a line end behind the last line.
  if (body.length > length && /^\r?\n$/.test(behind)) return { body: body.subarray(0, length), note: "The line end behind the body was left out, as content-length says." };
  throw new CliError(
    `${what}: content-length says ${length} bytes, and the body has ${body.length}.`,
    body.length < length ? "The end is missing, or line ends were changed." : "Something stands behind the body, or line ends were changed. If the body is right, leave that header out: it is not signed.",
  );
}
