import { CliError } from "./errors.js";

/**
 * The name that was given with an option, if a variable on both sides can have it. Anything else is not repeated: it may be a secret, given by mistake.
 *
 * @param option - For example `--var`.
 */
export function variableName(name: string, option: string): string {
  const hint = `Give a name, for example ${option} COUNTERSIGN_SECRET.`;
  // Convex's rule, but for the underscore in front, which it does not allow.
  if (!/^[A-Za-z][A-Za-z0-9_]{0,39}$/.test(name)) {
    throw new CliError(`What came with ${option} is no name that Convex allows: at most 40 letters, digits and _, with a letter in front.`, hint);
  }
  if (name.startsWith("csk_")) throw new CliError(`What came with ${option} looks like a secret, and not like a variable's name.`, hint);
  if (name.startsWith("NEXT_PUBLIC_")) throw new CliError(`Next.js gives ${name} to every visitor's browser, so no secret can have that name.`, "Take another name, without NEXT_PUBLIC_.");
  return name;
}
