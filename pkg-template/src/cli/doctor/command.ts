import { resolve } from "node:path";
import type { Context, Register } from "../command.js";
import { CliError } from "../errors.js";
import type { Project, ProjectOptions } from "../project/index.js";
import { addProjectOptions, findProject } from "../project/index.js";
import { variableName } from "../variable-name.js";
import { deployment } from "./checks/deployment.js";
import { exposure } from "./checks/exposure.js";
import { packages } from "./checks/packages.js";
import { repository } from "./checks/repository.js";
import { rotation } from "./checks/rotation.js";
import { setup } from "./checks/setup.js";
import { shared } from "./checks/shared.js";
import { sides } from "./checks/sides.js";
import { sources } from "./checks/sources.js";
import { values } from "./checks/values.js";
import type { Check } from "./facts.js";
import type { Finding } from "./finding.js";
import type { Repaired } from "./fix.js";
import { repair } from "./fix.js";
import type { Wanted } from "./gather.js";
import { gather } from "./gather.js";
import type { Examined } from "./report.js";
import { json, rows, show } from "./report.js";
import { describeVariable, OWN } from "./variables.js";
import type { Words } from "./words.js";
import { wordsFor } from "./words.js";

interface Options extends ProjectOptions {
  var?: string[];
  prod?: boolean;
  prodEnvFile?: string;
  /** `--no-code` makes it false. */
  code: boolean;
  offline?: boolean;
  fix?: boolean;
}

/** In the order of the output: what stops everything first. */
const checks: readonly (readonly [what: string, check: Check])[] = [
  ["Whether both sides have the same", sides],
  ["Whether the secrets can be used", values],
  ["The env files", sources],
  ["Rotations", rotation],
  ["What is shared", shared],
  ["What is public", exposure],
  ["git", repository],
  ["The deployment", deployment],
  ["The packages", packages],
  ["convex/", setup],
];

export const registerDoctor: Register = (program, act) => {
  addProjectOptions(program.command("doctor"))
    .description("finds what is wrong with the secrets of both sides, and with the code that uses them")
    .option("--var <name>", "a variable that both sides need, instead of COUNTERSIGN_SECRET; may be given several times", (name: string, before: string[] = []) => [...before, variableName(name, "--var")])
    .option("--prod", "look at the production deployment too")
    .option("--prod-env-file <file>", "look at production too: a self-hosted one, with the variables of this file for the convex CLI")
    .option("--fix", "mend what can be mended without losing anything; never in production")
    .option("--no-code", "leave the code out")
    .option("--offline", "look at files only: no deployment, no network")
    .addHelpText("after", "\nExample: countersign doctor --prod --var COUNTERSIGN_SECRET --var SITE_URL")
    .action(
      act<Options>(async (context, options) => {
        const { terminal } = context;
        const prod = options.prod === true || options.prodEnvFile !== undefined;
        if (options.offline === true && prod) throw new CliError("--offline looks at no deployment, and --prod asks for one.", "Leave one of them out.");
        const project = findProject(context, options);
        // The convex CLI runs in the folder of its package.
        const prodEnvFile = options.prodEnvFile === undefined ? undefined : resolve(context.folder, options.prodEnvFile);
        const wanted: Wanted = { variables: options.var ?? [OWN], prod: options.prod === true, prodEnvFile, offline: options.offline === true, timeoutMs: options.timeout * 1000 };
        const words = wordsFor(project, context.folder, given(options), prodEnvFile);
        let found = await examine(context, project, wanted, words, options.code);
        let repaired: Repaired[] = [];
        show(terminal, found, found.serverLabel, { prod });
        if (options.fix === true && found.findings.some(({ repair }) => repair !== undefined)) {
          terminal.line();
          repaired = await repair(found.findings, terminal);
          found = await examine(context, project, wanted, words, options.code);
          terminal.line();
          terminal.line("Checked again:");
          terminal.line();
          show(terminal, found, found.serverLabel, { prod });
        }
        const status = found.findings.length > 0 ? 1 : found.unchecked.some(({ isSide }) => isSide) ? 2 : 0;
        return { status, report: json(found, repaired, found.filesRead) };
      }),
    );
};

/** What has to be said again for the same look: for the command that mends. */
function given({ var: names = [], next, convex, prod, prodEnvFile, offline, code }: Options): string[] {
  const pairs = [...names.map((name) => ["--var", name]), ["--next", next], ["--convex", convex], ["--prod-env-file", prodEnvFile]] as const;
  return [...pairs.flatMap(([option, value]) => (value === undefined ? [] : [option as string, value])), ...(prod === true ? ["--prod"] : []), ...(offline === true ? ["--offline"] : []), ...(code ? [] : ["--no-code"])];
}

async function examine(context: Context, project: Project, wanted: Wanted, words: Words, withCode: boolean): Promise<Examined & { serverLabel: string; filesRead: number | undefined }> {
  const [{ facts, unchecked, notes }, code] = await Promise.all([gather(context, project, wanted, words), withCode ? inCode(project, wanted) : undefined]);
  const found: Finding[] = [];
  for (const [what, outcome] of await Promise.all(checks.map(async ([what, check]) => [what, await settled(check(facts))] as const))) {
    if (Array.isArray(outcome)) found.push(...outcome);
    else unchecked.push({ what, because: outcome.message, fix: outcome.hint, isSide: false });
  }
  for (const { file, reason } of code?.skipped ?? []) unchecked.push({ what: file, because: reason, isSide: false });
  found.push(...(code?.findings ?? []));
  const findings = [...found.filter(({ severity }) => severity === "error"), ...found.filter(({ severity }) => severity === "warning")];
  return { rows: rows(facts), findings, unchecked, notes, serverLabel: facts.server.label, filesRead: code?.filesRead };
}

/** What is missing around a check keeps the others from nothing; a fault of this program is shown as one. */
async function settled(findings: Promise<Finding[]>): Promise<Finding[] | CliError> {
  try {
    return await findings;
  } catch (error) {
    if (error instanceof CliError) return error;
    throw error;
  }
}

/** The parser is large: it is loaded only where code is looked at. */
async function inCode(project: Project, { variables }: Wanted): Promise<{ findings: Finding[]; filesRead: number; skipped: { file: string; reason: string }[] }> {
  const { findInCode } = await import("../code/index.js");
  return await findInCode(project, { variables: variables.filter((name) => describeVariable(name, []).isPrivate) });
}
