/** What a terminal would act on, or nobody would see. */
const ACTIVE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/** The text of bytes that are one and can be shown as they are; `undefined` otherwise. */
export function plainText(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.search(ACTIVE) < 0 ? text : undefined;
  } catch {
    return undefined; // no UTF-8
  }
}

/** Text of somebody else, on one line, to be shown within a sentence. */
export function printable(text: string): string {
  return text.replace(/[\t\n]/g, " ").replace(ACTIVE, (character) => `\\u${(character.codePointAt(0) as number).toString(16).padStart(4, "0")}`);
}

/** Place, bytes in hexadecimal, and the characters that are ASCII; 16 bytes a line. */
export function hexDump(bytes: Uint8Array): string {
  return Array.from({ length: Math.ceil(bytes.length / 16) }, (_, line) => {
    const part = Buffer.from(bytes.subarray(16 * line, 16 * line + 16));
    const hex = [part.subarray(0, 8), part.subarray(8)].map((half) => half.toString("hex").replace(/(..)(?=.)/g, "$1 ").padEnd(23)).join("  ");
    return `${(16 * line).toString(16).padStart(8, "0")}  ${hex}  |${part.toString("latin1").replace(/[^ -~]/g, ".")}|`;
  }).join("\n");
}
