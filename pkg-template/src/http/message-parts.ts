/** Messages and keys in the form in which they cross into Rust. */
import { originOf } from "../convex/audience.js";
import { CountersignError, typeInvalid } from "../core/errors.js";
import { data, milliseconds, own, raise, record, text } from "../core/input.js";
import type { KeyringEntry } from "../core/keyring.js";
import { pack } from "../core/packed.js";
import { toUtf8 } from "../core/utf8.js";
import type { RequestMessage, ResponseMessage, VerifyMessageOptions } from "./message.js";

const DEFAULT_TOLERANCE_MS = 300_000;
const ENTRY_LEN = 48;
/** More than any server takes; the headers of one message are written into the module's memory. */
const MAX_HEADERS = 1024;
const MAX_HEADER_CHARS = 256 * 1024;

/** A message as Rust takes it. */
export interface MessageParts {
  /** Method, origin, target. */
  readonly request: readonly [Uint8Array, Uint8Array, Uint8Array];
  readonly headers: Uint8Array;
  readonly body: Uint8Array;
  readonly response?: ResponseParts;
}

export interface ResponseParts {
  readonly status: number;
  readonly headers: Uint8Array;
  readonly body: Uint8Array;
}

export function partsOf(message: RequestMessage | ResponseMessage): MessageParts {
  record(message, "message");
  if (!isResponse(message)) return { ...requestParts(message), body: bodyOf(message) };
  const status = own(message, "status");
  if (typeof status !== "number" || !Number.isInteger(status) || status < 0 || status > 999) throw typeInvalid("status", "a whole number of three digits");
  const request = own(message, "request");
  record(request, "message.request");
  return { ...requestParts(request as RequestMessage), body: new Uint8Array(0), response: { status, headers: headersOf(message), body: bodyOf(message) } };
}

function isResponse(message: RequestMessage | ResponseMessage): message is ResponseMessage {
  return Object.hasOwn(message, "status");
}

function requestParts(message: RequestMessage): Pick<MessageParts, "request" | "headers"> {
  const method = text(own(message, "method"), "method");
  const target = text(own(message, "target"), "target");
  return { request: [toUtf8(method), toUtf8(audienceOf(message)), toUtf8(target)], headers: headersOf(message) };
}

/** The origin that a text stands for. Anything behind it would not be signed, so it must not be there. */
function audienceOf(message: RequestMessage): string {
  const audience = text(own(message, "audience"), "audience");
  const origin = originOf(audience);
  if (origin === undefined || audience.toLowerCase().replace(/\/$/, "") !== origin) throw typeInvalid("audience", "an origin, such as https://app.example");
  return origin;
}

function headersOf(message: RequestMessage | ResponseMessage): Uint8Array {
  const list = listOf(own(message, "headers"), "headers");
  if (list.length > MAX_HEADERS) throw tooManyHeaders();
  let chars = 0;
  const flat = list.flatMap((entry) => {
    const [name, value, more] = listOf(entry, "each of headers");
    if (more !== undefined) throw typeInvalid("each of headers", "a name and a value");
    const pair = [text(name, "a header's name"), text(value, "a header's value")];
    chars += pair.join("").length;
    if (chars > MAX_HEADER_CHARS) throw tooManyHeaders();
    return pair;
  });
  return pack(flat);
}

/** Whoever sends chooses how many, so it is a refusal and not a mistake of this side. */
function tooManyHeaders(): CountersignError {
  return new CountersignError("header_invalid", `A message has at most ${MAX_HEADERS} header lines of ${MAX_HEADER_CHARS} characters together.`);
}

function bodyOf(message: RequestMessage | ResponseMessage): Uint8Array {
  const body = own(message, "body");
  if (body === undefined) return new Uint8Array(0);
  const given = data(body, "body");
  return typeof given === "string" ? toUtf8(given) : given;
}

/** How far the time may be from now. A number of 32 bits would lose what is above them; Rust refuses what is over its limit. */
export function toleranceOf(options: VerifyMessageOptions): number {
  return Math.min(milliseconds(own(options, "toleranceMs") ?? DEFAULT_TOLERANCE_MS, "toleranceMs"), 0xffff_ffff);
}

export function listOf(value: unknown, name: string): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : raise(typeInvalid(name, "a list"));
}

/** Key ids and keys, as Rust reads them, for as long as `use` runs. */
export function withKeys<T>(entries: readonly KeyringEntry[], use: (keys: Uint8Array) => T): T {
  // In a buffer of its own: small typed arrays would lie on the heap, where the collector leaves copies behind.
  const keys = new Uint8Array(new ArrayBuffer(entries.length * ENTRY_LEN));
  try {
    entries.forEach(({ keyId, httpKey }, i) => {
      keys.set(toUtf8(keyId), i * ENTRY_LEN);
      httpKey.copyTo(keys, i * ENTRY_LEN + 16);
    });
    return use(keys);
  } finally {
    keys.fill(0);
  }
}
