import { CountersignError, typeInvalid } from "../core/errors.js";
import { raise, uint8Array } from "../core/input.js";

/** What one reads of a request or a response that was received: 1 MiB unless said otherwise. */
export const DEFAULT_MAX_BODY = 1024 * 1024;

/**
 * Reads the body of a request or a response, once, as bytes. At most the cap and one chunk of the stream are held: a body that turns out to be longer is
 * given up at that chunk, and one that says so in Content-Length before any of it is read. What Content-Length says otherwise is not believed. Of a request the
 * rest is left unread, for the server to drop when it has answered: to cancel it would end the connection, in Node.js, before the answer is out.
 *
 * @param source - Its body must be unread.
 * @param maxBytes - The cap.
 * @returns A copy, which nobody else can change.
 * @throws CountersignError `body_too_large`; `type_invalid` if the body was read before, or is not a stream of bytes.
 */
export async function readBody(source: Request | Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const { body, bodyUsed } = source;
  // The answer to a HEAD has the length of a body that is not there.
  if (body === null) return new Uint8Array(0);
  if (bodyUsed || body.locked) {
    throw new CountersignError("type_invalid", "countersign: the body was read before. Pass it on unread, or a clone() of it.");
  }
  const reader = body.getReader();
  try {
    if (declaredLength(source) > maxBytes) throw tooLarge(maxBytes);
    return await readAll(reader, maxBytes);
  } catch (error) {
    // Not awaited: a sender may never confirm it, and what was found wrong is what counts.
    if ("status" in source) reader.cancel(error).catch(() => "the stream has failed already");
    throw error;
  }
}

/** The limit of a body as an option has it. */
export function maxBodyBytesOf(value: unknown): number {
  if (value === undefined) return DEFAULT_MAX_BODY;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw typeInvalid("maxBodyBytes", "a whole number of bytes");
}

async function readAll(reader: ReadableStreamDefaultReader<unknown>, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  // One buffer that grows: a list of chunks would cost a sender of single bytes nothing, and us a hundred times the cap.
  let buffer = new Uint8Array(0);
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return length === buffer.length ? buffer : buffer.slice(0, length);
    const chunk = uint8Array(value) ?? raise(typeInvalid("each chunk of the body", "a Uint8Array"));
    const needed = length + chunk.length;
    if (needed > maxBytes) throw tooLarge(maxBytes);
    if (needed > buffer.length) {
      const larger = new Uint8Array(Math.min(maxBytes, Math.max(needed, 2 * buffer.length)));
      larger.set(buffer.subarray(0, length));
      buffer = larger;
    }
    buffer.set(chunk, length);
    length = needed;
  }
}

function declaredLength({ headers }: Request | Response): number {
  const declared = headers.get("content-length") ?? "";
  return /^\d+$/.test(declared) ? Number(declared) : 0;
}

function tooLarge(maxBytes: number): CountersignError {
  return new CountersignError("body_too_large", `countersign: the body is larger than ${maxBytes} bytes, the limit that \`maxBodyBytes\` sets.`);
}
