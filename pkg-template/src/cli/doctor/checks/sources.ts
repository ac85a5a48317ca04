import { finding } from "../codes.js";
import type { Check, EnvFile, Facts, Setting } from "../facts.js";
import { convexValue, set } from "../facts.js";
import type { Finding } from "../finding.js";
import { cleaned, isUsable } from "../secrets.js";

/** Whether what stands in the env files is what Next.js makes of it. */
export const sources: Check = async (facts) => [
  ...facts.variables.flatMap(({ name }) => [...expanded(facts, name), ...shadowed(facts, name)]),
  ...facts.files.flatMap((file) => [...twice(facts, file), ...byteOrderMark(facts, file), ...encoding(facts, file)]),
];

function expanded(facts: Facts, name: string): Finding[] {
  const setting = facts.next.get(name);
  // Without quotes or backslashes that dotenv takes away, the two differ only where a `$` was expanded.
  if (setting?.file === undefined || setting.value === setting.written || setting.value === setting.written.replaceAll("\\$", "$")) return [];
  const there = convexValue(facts.dev, name);
  const isMeant = there !== undefined && facts.fingerprints.same(there, setting.written) && isUsable(setting.written);
  return [
    finding("value_expanded", {
      where: setting.where,
      variable: name,
      message: `${name} has a $ in it, and Next.js reads another value than the one that stands there.`,
      fix: isMeant ? facts.words.fix() : `Put a backslash before each $ of ${name} in ${setting.where}: \\$`,
      // Convex has the value as it stands there: then that is the one that is meant.
      repair: isMeant ? facts.repairs.rewrite(name, setting, setting.written) : undefined,
    }),
  ];
}

function shadowed(facts: Facts, name: string): Finding[] {
  const setting = facts.next.get(name);
  if (setting === undefined) return [];
  // An empty one that comes first hides the others as well.
  return setting.shadows
    // What is only around a value says the finding about the value.
    .filter((other) => set(other.value) !== undefined && !facts.fingerprints.same(cleaned(other.value), cleaned(setting.value)))
    .map((other) =>
      finding("variable_shadowed", {
        where: other.where,
        variable: name,
        message: `${name} in ${other.where} does not count: ${setting.where} has another value and comes first.`,
        fix: unshadow(facts, name, setting),
      }),
    );
}

function unshadow({ server }: Facts, name: string, first: Setting): string {
  return first.file === undefined ? `unset ${name}` : `Take ${name} out of ${first.where}, or out of the other file if ${server.label} is to have this one.`;
}

function twice({ variables }: Facts, { name: file, parsed }: EnvFile): Finding[] {
  return variables.flatMap(({ name }) => {
    const entries = parsed.entries.filter((entry) => entry.name === name);
    const last = entries.at(-1);
    return entries.slice(0, -1).map((entry) =>
      finding("variable_twice", {
        where: `${file}:${entry.line}`,
        variable: name,
        message: `${name} is set more than once in ${file}; line ${last?.line} counts.`,
        fix: `Take line ${entry.line} out of ${file}.`,
      }),
    );
  });
}

function byteOrderMark(facts: Facts, file: EnvFile): Finding[] {
  const [first] = file.parsed.entries;
  if (!file.parsed.hasBom || !facts.variables.some(({ name }) => name === first?.name)) return [];
  const variable = first?.name as string;
  return [
    finding("env_file_bom", {
      where: `${file.name}:1`,
      variable,
      message: `${file.name} begins with a byte-order mark, right before ${variable}.`,
      fix: facts.words.fix(),
      repair: facts.repairs.withoutMark(file),
    }),
  ];
}

/** What `>` and `>>` of Windows PowerShell write. */
function encoding(facts: Facts, { name, path, bytes }: EnvFile): Finding[] {
  if (!bytes.includes(0)) return [];
  const file = facts.words.path(path);
  return [
    finding("env_file_encoding", {
      where: name,
      message: `${name} is not UTF-8: it looks like UTF-16, as Windows PowerShell writes files.`,
      fix: `node -e "const fs=require('fs');const f='${file.replaceAll('"', "")}';fs.writeFileSync(f,fs.readFileSync(f,'utf16le').replace(/^\\uFEFF/,''))"`,
    }),
  ];
}
