import { own, record, text } from "../core/input.js";
import { typeInvalid } from "../core/errors.js";

/** How a provider signs that has no name here: HMAC-SHA256, in a header. */
export interface HmacOptions {
  /** The header that holds the signature. */
  header: string;
  /** How the signature is written: lower-case hexadecimal, base64 with padding, or base64url without. */
  encoding: "hex" | "base64" | "base64url";
  /** What stands before the signature in its header, such as `sha256=`. */
  prefix?: string | undefined;
  /** What the secret's text is: `utf8` (the text itself is the key, if left out), or the key in hexadecimal or base64. */
  secretEncoding?: "utf8" | "hex" | "base64" | undefined;
  /**
   * A time that is signed with the body, in a header of its own. What is signed is `before`, the time, `after`, the body. Without it nothing
   * is known of a delivery's age, and who has seen one can send it again.
   */
  timestamp?: { header: string; unit: "s" | "ms"; before?: string | undefined; after: string } | undefined;
  /** The header that names the delivery. No signature covers it. */
  idHeader?: string | undefined;
  /** The header that names the event. No signature covers it. */
  eventHeader?: string | undefined;
  /** The first part of idempotency keys, so that two providers' are never the same: `hmac` if left out. */
  name?: string | undefined;
}

/** A provider that `hmac()` describes. */
export class HmacProvider {
  readonly #name: string;
  readonly #headers: readonly string[];
  readonly #parts: readonly string[];

  /** @internal Use {@link hmac}. */
  constructor(name: string, headers: readonly string[], parts: readonly string[]) {
    this.#name = name;
    this.#headers = headers;
    this.#parts = parts;
  }

  /** @internal */
  static read(value: unknown): { name: string; headers: readonly string[]; parts: readonly string[] } | undefined {
    if (typeof value !== "object" || value === null || !(#parts in value)) return undefined;
    return { name: value.#name, headers: value.#headers, parts: value.#parts };
  }

  get [Symbol.toStringTag](): string {
    return "HmacProvider";
  }
}

/**
 * Describes a provider that signs with HMAC-SHA256 and has no name here.
 *
 * @param options - The header, how the signature is written in it, and what else is signed.
 * @throws CountersignError `type_invalid`; what no header can be or hold is refused as `misconfigured` where a delivery is verified or signed.
 */
export function hmac(options: HmacOptions): HmacProvider {
  const given = record(options, "options") as HmacOptions;
  const optional = (name: "prefix" | "idHeader" | "eventHeader") => textOr(own(given, name), "", name);
  const stamp = own(given, "timestamp");
  const time = stamp === undefined ? undefined : (record(stamp, "timestamp") as NonNullable<HmacOptions["timestamp"]>);
  const name = textOr(own(given, "name"), "hmac", "name");
  if (!/^[a-z0-9-]{1,32}$/.test(name)) throw typeInvalid("name", "1 to 32 lower-case letters, digits and hyphens");
  const [header, idHeader, eventHeader] = [text(own(given, "header"), "header"), optional("idHeader"), optional("eventHeader")];
  const timeHeader = time === undefined ? "" : text(own(time, "header"), "timestamp.header");
  // Without a name there would be no time, and nobody would notice.
  if (time !== undefined && timeHeader === "") throw typeInvalid("timestamp.header", "the name of a header");
  const parts = [
    header,
    optional("prefix"),
    choice(own(given, "encoding"), ["hex", "base64", "base64url"], "encoding"),
    choice(own(given, "secretEncoding") ?? "utf8", ["utf8", "hex", "base64"], "secretEncoding"),
    timeHeader,
    time === undefined ? "s" : choice(own(time, "unit"), ["s", "ms"], "timestamp.unit"),
    time === undefined ? "" : textOr(own(time, "before"), "", "timestamp.before"),
    time === undefined ? "" : text(own(time, "after"), "timestamp.after"),
    idHeader,
    eventHeader,
  ];
  const headers = [header, timeHeader, idHeader, eventHeader].filter((each) => each !== "").map((each) => each.toLowerCase());
  return new HmacProvider(name, headers, parts);
}

function textOr(value: string | undefined, other: string, name: string): string {
  return value === undefined ? other : text(value, name);
}

function choice(value: unknown, choices: readonly string[], name: string): string {
  if (typeof value !== "string" || !choices.includes(value)) throw typeInvalid(name, `one of ${choices.join(", ")}`);
  return value;
}
