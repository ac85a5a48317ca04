/** A unified diff of a file; `before` is `undefined` for a new one. */
export async function patch(name: string, before: string | undefined, after: string): Promise<string> {
  const { createTwoFilesPatch } = await import("../vendor/diff.js");
  const text = createTwoFilesPatch(before === undefined ? "/dev/null" : name, name, before ?? "", after, "", "", { context: 3 });
  // The first line of that format is a rule; a terminal shows no carriage returns.
  return text
    .replace(/^=+\n/, "")
    .replaceAll("\r", "")
    .trimEnd();
}
