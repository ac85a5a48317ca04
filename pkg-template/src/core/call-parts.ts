// What signing, verifying and a guard do alike with a call. By itself, because a guard has no keyring, and need not load one.
import { at, putText } from "./area.js";
import { typeInvalid } from "./errors.js";
import { milliseconds, own, record, text } from "./input.js";
import { memoryOf, resultNumber } from "./lean.js";
import type { Lean } from "./lean.js";
import { encode, wipeEncoded } from "./value.js";
import type { Encoded } from "./value.js";

/** @internal */
export const DEFAULT_TOLERANCE_MS = 60_000;
/** What the encoding of an object begins with, in its upper three bits. */
const MAP = 0xa0;
/** In the order of their numbers. */
export const types = ["query", "mutation", "action"] as const;

/** What kind of Convex function is called. */
export type FunctionType = (typeof types)[number];

/** A function call, as both sides must see it. */
export interface CallDescription {
  /** The deployment the call is for: the origin of its URL, `https://happy-animal-123.convex.cloud`. */
  audience: string;
  type: FunctionType;
  /** `path/to/module:function`, as Convex's `getFunctionName` prints it. */
  name: string;
  /** The arguments: an object of Convex values. */
  args: object;
  /** For a mutation that is to run once however often it is sent: 1 to 256 bytes of text. Left out: none. */
  idempotencyKey?: string | undefined;
}

/** What {@link verifyCall} takes. */
export interface VerifyCallOptions extends CallDescription {
  /** The time now, in milliseconds since 1970. */
  now: number;
  /** How far the time of signing may be from now, to either side, in milliseconds: 60,000 if left out, at most 900,000. */
  toleranceMs?: number | undefined;
}

interface Call {
  readonly audience: string;
  readonly type: number;
  readonly name: string;
  readonly args: unknown;
  readonly idempotencyKey: string | undefined;
}

/** The description of a call, checked. @internal */
export function description(options: CallDescription): Call {
  record(options, "options");
  const type = types.indexOf(own(options, "type") as FunctionType);
  if (type < 0) throw typeInvalid("type", '"query", "mutation" or "action"');
  const args: unknown = own(options, "args");
  if (typeof args !== "object" || args === null || Array.isArray(args)) throw typeInvalid("args", "an object");
  const idempotencyKey = own(options, "idempotencyKey");
  // To Rust an empty key is none.
  if (idempotencyKey === "") throw typeInvalid("idempotencyKey", "1 to 256 bytes long");
  return {
    audience: text(own(options, "audience"), "audience"),
    type,
    name: text(own(options, "name"), "name"),
    args,
    idempotencyKey: idempotencyKey === undefined ? undefined : text(idempotencyKey, "idempotencyKey"),
  };
}

/** A token and the call that came with it, checked, but for what Rust checks. */
export interface ReceivedCall {
  readonly call: Call;
  readonly token: string;
  readonly now: number;
  readonly tolerance: number;
}

/** A token and the call that came with it, checked. @internal */
export function received(token: unknown, options: VerifyCallOptions): ReceivedCall {
  const call = description(options);
  const now = milliseconds(own(options, "now"), "now");
  // `null` is not left out.
  const given = own(options, "toleranceMs");
  const tolerance = milliseconds(given === undefined ? DEFAULT_TOLERANCE_MS : given, "toleranceMs");
  return { call, token: tokenText(token), now, tolerance: Math.min(tolerance, 0xffff_ffff) };
}

/** What was written of a call: where the arguments lie, and how long the rest is. */
interface Written extends Encoded {
  readonly audience: number;
  readonly name: number;
  readonly once: number;
}

/** Writes a call behind what is there. @internal */
export function putCall(lean: Lean, call: Call): Written {
  const audience = putText(lean, call.audience, "audience");
  const name = putText(lean, call.name, "name");
  const once = putText(lean, call.idempotencyKey ?? "", "idempotencyKey");
  const args = encode(lean, call.args, at);
  // An ArrayBuffer is a value, and an object of JavaScript's, but not one with fields.
  if (((memoryOf(lean)[args.start] as number) & 0xe0) !== MAP) {
    wipeEncoded(lean, args);
    throw typeInvalid("args", "an object");
  }
  return { audience, name, once, start: args.start, length: args.length, inLarge: args.inLarge };
}

/** A token as Rust will read it. No token at all is an empty one; what is no text, or hopelessly long, is a malformed one. */
export function tokenText(token: unknown): string {
  if (token === undefined || token === null) return "";
  // Half of a surrogate pair becomes some bytes that no token has.
  return typeof token === "string" ? token.slice(0, 1024) : "?";
}

/** A time in the result, of which the upper half comes first. @internal */
export function resultTime(lean: Lean, index: number): number {
  return resultNumber(lean, index) * 2 ** 32 + resultNumber(lean, index + 1);
}

/** The upper half of a time. WebAssembly takes the lower 32 bits of a number by itself. @internal */
export function high(time: number): number {
  return Math.floor(time / 2 ** 32);
}
