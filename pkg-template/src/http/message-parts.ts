/** Messages and keys: reading them, and writing them for Rust. */
import { originOf } from "../convex/audience.js";
import { CountersignError, typeInvalid } from "../core/errors.js";
import { data, milliseconds, own, raise, record, text } from "../core/input.js";
import type { KeyringEntry } from "../core/keyring.js";
import { put, putList, putWritten } from "../core/messages.js";
import type { Messages } from "../core/messages.js";
import { writeUtf8 } from "../core/utf8.js";
import type { RequestMessage, ResponseMessage, VerifyMessageOptions } from "./message.js";

const DEFAULT_TOLERANCE_MS = 300_000;
export const ENTRY_LEN = 48;
/** More than any server takes; the headers of one message are written into the module's memory. */
const MAX_HEADERS = 1024;
const MAX_HEADER_CHARS = 256 * 1024;

/** A message, read and checked. */
export interface MessageParts {
  readonly method: string;
  readonly origin: string;
  readonly target: string;
  /** Names and values, one after the other. */
  readonly headers: readonly string[];
  readonly body: string | Uint8Array;
  readonly response: ResponseParts | undefined;
}

export interface ResponseParts {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string | Uint8Array;
}

export function partsOf(message: RequestMessage | ResponseMessage): MessageParts {
  record(message, "message");
  if (!isResponse(message)) return requestParts(message, bodyOf(message), undefined);
  const status = own(message, "status");
  if (typeof status !== "number" || !Number.isInteger(status) || status < 0 || status > 999) throw typeInvalid("status", "a whole number of three digits");
  const request = own(message, "request");
  record(request, "message.request");
  return requestParts(request as RequestMessage, "", { status, headers: headersOf(message), body: bodyOf(message) });
}

function isResponse(message: RequestMessage | ResponseMessage): message is ResponseMessage {
  return Object.hasOwn(message, "status");
}

function requestParts(message: RequestMessage, body: string | Uint8Array, response: ResponseParts | undefined): MessageParts {
  const method = text(own(message, "method"), "method");
  const target = text(own(message, "target"), "target");
  return { method, origin: originOfAudience(own(message, "audience")), target, headers: headersOf(message), body, response };
}

/** An audience that was looked at, and its origin: most sides have one, and to read it takes longer than anything else here. */
let known: { readonly audience: string; readonly origin: string } | undefined;

/** The origin that a text stands for. Anything behind it would not be signed, so it must not be there. */
export function originOfAudience(value: unknown): string {
  const audience = text(value, "audience");
  if (known?.audience === audience) return known.origin;
  const origin = originOf(audience);
  if (origin === undefined || audience.toLowerCase().replace(/\/$/, "") !== origin) throw typeInvalid("audience", "an origin, such as https://app.example");
  known = { audience, origin };
  return origin;
}

function headersOf(message: RequestMessage | ResponseMessage): string[] {
  const headers = new HeaderLines();
  for (const entry of listOf(own(message, "headers"), "headers")) {
    const pair = listOf(entry, "each of headers");
    if (pair.length > 2 && pair[2] !== undefined) throw typeInvalid("each of headers", "a name and a value");
    headers.add(pair[0], pair[1]);
  }
  return headers.flat;
}

/** Header fields as they are read: names and values, one after the other, and no more of them than a message may have. */
export class HeaderLines {
  readonly flat: string[] = [];
  #chars = 0;

  add(name: unknown, value: unknown): void {
    const pair = [text(name, "a header's name"), text(value, "a header's value")] as const;
    this.#chars += pair[0].length + pair[1].length;
    if (this.#chars > MAX_HEADER_CHARS || this.flat.length === 2 * MAX_HEADERS) throw tooManyHeaders();
    this.flat.push(pair[0], pair[1]);
  }
}

/** Whoever sends chooses how many, so it is a refusal and not a mistake of this side. */
function tooManyHeaders(): CountersignError {
  return new CountersignError("header_invalid", `A message has at most ${MAX_HEADERS} header lines of ${MAX_HEADER_CHARS} characters together.`);
}

function bodyOf(message: RequestMessage | ResponseMessage): string | Uint8Array {
  const body = own(message, "body");
  return body === undefined ? "" : data(body, "body");
}

/** How far the time may be from now. A number of 32 bits would lose what is above them; Rust refuses what is over its limit. */
export function toleranceOf(options: VerifyMessageOptions): number {
  return Math.min(milliseconds(own(options, "toleranceMs") ?? DEFAULT_TOLERANCE_MS, "toleranceMs"), 0xffff_ffff);
}

export function listOf(value: unknown, name: string): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : raise(typeInvalid(name, "a list"));
}

/** Writes key ids and keys. */
export function putKeys(messages: Messages, entries: readonly KeyringEntry[]): void {
  putWritten(messages, entries.length * ENTRY_LEN, (memory, at) => copyKeys(entries, memory, at));
}

/** Puts key ids and keys one after the other, 48 bytes each. Whoever asks wipes them. */
export function copyKeys(entries: readonly KeyringEntry[], memory: Uint8Array, start: number): void {
  let at = start;
  for (const { keyId, httpKey } of entries) {
    writeUtf8(keyId, memory, at, memory.length);
    httpKey.copyTo(memory, at + 16);
    at += ENTRY_LEN;
  }
}

/** Writes a request but for its body. */
export function putRequest(messages: Messages, { method, origin, target, headers }: MessageParts): void {
  put(messages, method);
  put(messages, origin);
  put(messages, target);
  putList(messages, headers);
}

/** Writes a response. */
export function putResponse(messages: Messages, { headers, body }: ResponseParts): void {
  putList(messages, headers);
  put(messages, body);
}
