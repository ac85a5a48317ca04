import { isPlain } from "../printable.js";

/** The text of bytes that are one and can be shown as they are; `undefined` otherwise. */
export function plainText(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return isPlain(text) ? text : undefined;
  } catch {
    return undefined; // no UTF-8
  }
}

/** Place, bytes in hexadecimal, and the characters that are ASCII; 16 bytes a line. */
export function hexDump(bytes: Uint8Array): string {
  return Array.from({ length: Math.ceil(bytes.length / 16) }, (_, line) => {
    const part = Buffer.from(bytes.subarray(16 * line, 16 * line + 16));
    const hex = [part.subarray(0, 8), part.subarray(8)].map((half) => half.toString("hex").replace(/(..)(?=.)/g, "$1 ").padEnd(23)).join("  ");
    return `${(16 * line).toString(16).padStart(8, "0")}  ${hex}  |${part.toString("latin1").replace(/[^ -~]/g, ".")}|`;
  }).join("\n");
}
