import { parseArgs } from "node:util";
import { examine, report } from "./doctor.js";

const usage = `Usage: countersign doctor [--json]

  doctor   looks at the secrets this side signs with (environment, .env.local, .env): whether each is
           set and usable, and the id of its key, to compare with the key ids in the Convex log

Exit status: 0 all is well, 1 something is wrong, 2 wrong usage.`;

/**
 * Runs one command. No value of a secret is ever printed.
 *
 * @returns The exit status.
 */
export function main(args: string[], environment: Readonly<Record<string, string | undefined>>, folder: string, print: (line: string) => void): number {
  const read = () => parseArgs({ args, allowPositionals: true, options: { json: { type: "boolean" }, help: { type: "boolean", short: "h" } } });
  let parsed: ReturnType<typeof read>;
  try {
    parsed = read();
  } catch (error) {
    print(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  const { values, positionals } = parsed;
  if (values.help === true) {
    print(usage);
    return 0;
  }
  if (positionals.length !== 1 || positionals[0] !== "doctor") {
    print(usage);
    return 2;
  }
  const findings = examine(environment, folder);
  if (values.json === true) print(JSON.stringify(findings, undefined, 2));
  else for (const line of report(findings)) print(line);
  return findings.every(({ ok }) => ok) ? 0 : 1;
}
