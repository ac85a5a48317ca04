import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { inspectSecret } from "../inspect/index.js";

/** What is known of one variable. Its value is not in here. */
export interface Finding {
  variable: string;
  /** Where the value comes from: `environment`, `.env.local`, `.env`; missing if it is not set. */
  source?: string;
  ok: boolean;
  keyId?: string;
  problems: string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const CURRENT = "COUNTERSIGN_SECRET";
const optional = ["COUNTERSIGN_SECRET_PREVIOUS", "COUNTERSIGN_SECRET_NEXT"];

/** Looks at the secrets that a server started in `folder` with this environment would use, found as Next.js finds them. */
export function examine(environment: Environment, folder: string): Finding[] {
  const sources: [string, Environment][] = [["environment", environment]];
  for (const file of [".env.local", ".env"]) {
    const path = join(folder, file);
    if (existsSync(path)) sources.push([file, parseEnv(readFileSync(path, "utf8"))]);
  }
  const names = [CURRENT, ...optional].filter((name) => name === CURRENT || sources.some(([, values]) => isSet(values, name)));
  return [...names.map((name) => examineVariable(name, sources)), ...leaks(sources)];
}

/** The findings for people. */
export function report(findings: readonly Finding[]): string[] {
  const lines = findings.flatMap(({ variable, source, ok, keyId, problems }) => [
    `${ok ? "ok " : "!! "} ${variable}${source === undefined ? "" : ` (${source})`}${keyId === undefined ? "" : `: key ${keyId}`}`,
    ...problems.map((problem) => `     ${problem}`),
  ]);
  const keyId = findings.find(({ variable }) => variable === CURRENT)?.keyId;
  if (keyId === undefined) return lines;
  return [
    ...lines,
    `Calls from here are signed with key ${keyId}. Convex accepts them if "accepted=" in its log (npx convex logs) names that key.`,
    `If it does not, set the same secret there: sed -n 's/^${CURRENT}=//p' .env.local | npx convex env set ${CURRENT}`,
  ];
}

function examineVariable(variable: string, sources: readonly [string, Environment][]): Finding {
  const [source, values] = sources.find(([, candidate]) => isSet(candidate, variable)) ?? [];
  const { ok, keyId, problems } = inspectSecret(values?.[variable]);
  return {
    variable,
    ...(source === undefined ? {} : { source }),
    ok,
    ...(keyId === undefined ? {} : { keyId }),
    problems: problems.map(({ message }) => message),
  };
}

/** Next.js puts every variable with this prefix into the browser's code. */
function leaks(sources: readonly [string, Environment][]): Finding[] {
  return sources.flatMap(([source, values]) =>
    Object.keys(values)
      .filter((name) => name.startsWith(`NEXT_PUBLIC_${CURRENT}`))
      .map((variable) => ({
        variable,
        source,
        ok: false,
        problems: ["NEXT_PUBLIC_ variables are sent to every visitor. Rename it, and make a new secret: this one is known."],
      })),
  );
}

function isSet(values: Environment, name: string): boolean {
  return Object.hasOwn(values, name) && values[name] !== undefined && values[name] !== "";
}
