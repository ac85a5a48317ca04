// Text of somebody else on a terminal: the name of a file, a header's value. It could move the cursor, write over a line, or give the terminal commands.

/** What a terminal would act on, or nobody would see. */
const ACTIVE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/** Whether it can be shown as it is. */
export function isPlain(text: string): boolean {
  return text.search(ACTIVE) < 0;
}

/** The same on one line, to be shown within a sentence. */
export function printable(text: string): string {
  return text.replace(/[\t\n]/g, " ").replace(ACTIVE, escaped);
}

/** Whole output, of which the colours are ours. */
export function harmless(text: string): string {
  return text
    .split(/(\u001b\[\d+(?:;\d+)*m)/)
    .map((part, index) => (index % 2 === 1 ? part : part.replace(ACTIVE, escaped)))
    .join("");
}

function escaped(character: string): string {
  return `\\u${(character.codePointAt(0) as number).toString(16).padStart(4, "0")}`;
}
