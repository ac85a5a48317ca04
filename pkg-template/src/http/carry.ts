import { typeInvalid } from "../core/errors.js";
import { HeaderLines } from "./message-parts.js";

/** Path and query of a URL, byte for byte. Its origin is whatever a client or a proxy said. */
export function targetOf(url: string): string {
  const target = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*([^#]*)/i.exec(url)?.[1];
  if (target === undefined) throw typeInvalid("request.url", "an http or https URL");
  return target;
}

/** The header fields. In Convex a field that was sent twice is there twice; elsewhere its lines are joined. */
export function headersOf({ headers }: Request | Response): [name: string, value: string][] {
  const list: [string, string][] = [];
  headers.forEach((value, name) => list.push([name, value]));
  return list;
}

/** The same, names and values one after the other, as they are written for Rust. */
export function linesOf({ headers }: Request | Response): readonly string[] {
  const lines = new HeaderLines();
  headers.forEach((value, name) => lines.add(name, value));
  return lines.flat;
}

/** The same header fields, and those of a signature in the place of any before. */
export function withFields(source: Response, fields: readonly (readonly [string, string])[]): Headers {
  // A copy keeps each Set-Cookie by itself.
  const headers = new Headers(source.headers);
  for (const [name, value] of fields) headers.set(name, value);
  return headers;
}

/** What a constructor takes as a body: nothing, where there is none and may be none. */
export function bodyOf(body: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | null {
  return body.length === 0 ? null : body;
}
