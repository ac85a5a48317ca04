import { inspectSecret } from "../../inspect/index.js";

export function isUsable(value: string): boolean {
  return inspectSecret(value).ok;
}

/** Without what copying leaves around a secret: white space, control characters, a byte-order mark, quotes. Whether the rest is usable says `isUsable`. */
export function cleaned(value: string): string {
  return value.replace(/^[\s\uFEFF\p{Cc}"'`\u2018\u2019\u201C\u201D]+|[\s\uFEFF\p{Cc}"'`\u2018\u2019\u201C\u201D]+$/gu, "");
}
