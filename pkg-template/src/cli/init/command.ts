import { join } from "node:path";
import type { Context, Outcome, Register } from "../command.js";
import { ConvexCli } from "../convex-cli.js";
import { parseEnvFile, readEnvFile, readNextEnvironment } from "../environment/index.js";
import { CliError } from "../errors.js";
import { Fingerprints } from "../fingerprints.js";
import { git } from "../git.js";
import { addProjectOptions, findProject, runWords } from "../project/index.js";
import type { Work } from "./carry-out.js";
import { ask, carryOut } from "./carry-out.js";
import type { Snippet } from "./code.js";
import { planCode } from "./code.js";
import type { Facts, Options } from "./facts.js";
import { VARIABLE } from "./facts.js";
import { shown } from "./files.js";
import { planGitignore } from "./gitignore.js";
import { lastWords } from "./last-words.js";
import { planProduction } from "./production.js";
import { planSecret } from "./secret.js";
import { showDiffs, showOutcome, showPlan } from "./show.js";
import type { Step } from "./step.js";

export const registerInit: Register = (program, act) => {
  addProjectOptions(program.command("init"))
    .description("sets up both sides: a secret, the replay component, the guards")
    .option("--yes", "say yes to everything that would be asked")
    .option("--dry-run", "show what would be done, and change nothing")
    .option("--example", "write a guarded function, and a route that calls it")
    .option("--prod", "give the production deployment a secret of its own, too")
    .addHelpText("after", "\nExample: countersign init --example")
    .action(act<Options>(init));
};

async function init(context: Context, options: Options): Promise<Outcome> {
  const { terminal } = context;
  const facts = await findFacts(context, options);
  const { steps, snippets, conflict } = await plan(facts, options);
  const { next, convex, root } = facts.project;
  terminal.line(`Next.js app: ${shown(root, next.folder)}   Convex functions: ${shown(root, convex.functions)}`);
  terminal.line();
  showPlan(terminal, steps);
  const open = steps.filter(({ state }) => state === "to_do");
  const found = steps.some(({ state }) => state === "cannot");
  const report = (outcomes: Work["outcomes"], more: object = {}) => ({
    root,
    changed: outcomes.some(({ result }) => result === "done"),
    steps: steps.map((step) => {
      const { id, state, title, note, fix } = step;
      const result = outcomes.find((outcome) => outcome.step === step)?.result;
      return { id, state, ...(result === undefined ? {} : { result }), title, ...(note === undefined ? {} : { note }), ...(fix === undefined ? {} : { fix }) };
    }),
    ...more,
  });

  if (conflict) {
    terminal.line("\nNothing was changed. Nothing else is set up before this is mended.");
    return { status: 1, report: report([]) };
  }
  if (open.length === 0) {
    terminal.line(found ? "\nNothing was changed. What needs you is above." : "\nAll of it is done already. Nothing was changed.");
    return { status: found ? 1 : 0, report: report([]) };
  }
  if (options.dryRun === true) {
    showDiffs(terminal, steps);
    terminal.line("\nNothing was changed: this was --dry-run.");
    return { status: found ? 1 : 0, report: report([], { dryRun: true }) };
  }
  if (options.yes !== true && !terminal.interactive) {
    throw new CliError("Nothing was changed: this needs answers, and nobody can be asked here.", "Give --yes to say yes to everything, or --dry-run to see what would be done.");
  }

  let accepted: ReadonlySet<Step> | undefined = new Set(open);
  if (options.yes === true) showDiffs(terminal, steps);
  else accepted = await ask(steps, context, (together) => showDiffs(terminal, together));
  if (accepted === undefined) {
    terminal.line("\nStopped. Nothing was changed.");
    return { status: 2, report: report([]) };
  }
  terminal.line();
  const work = await carryOut(steps, accepted, (outcome) => showOutcome(terminal, outcome));
  if (work.stopped !== undefined) {
    explainStop(context, work.stopped);
    terminal.line(`\nRun ${facts.words("countersign init")} again: it does what is not done yet.`);
    return { status: 2, report: report(work.outcomes, { stopped: "signal" in work.stopped ? work.stopped.signal : (work.stopped.error as Error).message }) };
  }
  const ended = work.outcomes.every(({ result }) => result === "done" || result === "already_done");
  lastWords(facts, options, snippets, work.outcomes);
  return { status: ended ? 0 : 1, report: report(work.outcomes) };
}

async function findFacts(context: Context, options: Options): Promise<Facts> {
  const project = findProject(context, options);
  const { next, convex, packageManager } = project;
  const words = (command: string) => runWords(packageManager, command);
  const way = convex === undefined || convex.folder === project.root ? "" : `cd ${shown(project.root, convex.folder)} && `;
  if (next === undefined) throw new CliError("There is no Next.js app here.", "Run this in its folder, or name it with --next <folder>.");
  if (convex === undefined) throw new CliError("There is no convex/ folder here.", `Run ${words("convex dev")} first, which makes it; or name its package with --convex <folder>.`);
  refuseProduction(context, convex.folder);
  return {
    context,
    project: { ...project, next, convex },
    convex: ConvexCli.find(project, context, { timeoutMs: options.timeout * 1000 }),
    git: await git(project.root, context.environment),
    fingerprints: new Fingerprints(),
    words,
    convexWords: (command) => `${way}${words(`convex ${command}`)}`,
  };
}

/** Where such a variable is set, the convex CLI takes production for what it calls the development deployment. */
function refuseProduction(context: Context, folder: string): void {
  for (const name of ["CONVEX_DEPLOY_KEY", "CONVEX_DEPLOYMENT"]) {
    const hint = `The deployment of development comes first: take ${name} away from there, then run init again. --prod sets up production besides.`;
    if (/^prod:/.test(context.environment[name] ?? "")) throw new CliError(`${name} in the environment names a production deployment.`, hint);
    for (const file of [".env.local", ".env"]) {
      const entry = parseEnvFile(readEnvFile(join(folder, file))?.text ?? "").entries.findLast((each) => each.name === name);
      if (/^prod:/.test(entry?.value ?? "")) throw new CliError(`${name} in ${file}, line ${entry?.line}, names a production deployment.`, hint);
    }
  }
}

/**
 * In an order in which every stop leaves something that makes sense: what keeps the secret out of git, the secret, and then what asks for it.
 * `conflict`: there is a secret that has to be looked at first.
 */
async function plan(facts: Facts, options: Options): Promise<{ steps: Step[]; snippets: Snippet[]; conflict: boolean }> {
  const environment = readNextEnvironment(facts.project, facts.context, "development");
  for (const { value } of environment.variables.values()) facts.context.terminal.conceal(value);
  const inDevelopment = (await facts.convex.variables({}, [VARIABLE])).get(VARIABLE);
  const secret = planSecret(facts, environment, inDevelopment);
  if (secret.steps.some(({ state }) => state === "cannot")) return { steps: secret.steps.filter(({ state }) => state === "cannot"), snippets: [], conflict: true };
  const steps: Step[] = [];
  if (secret.file !== undefined) steps.push(await planGitignore(facts, secret.file, secret.steps[0].state === "to_do"));
  steps.push(...secret.steps);
  if (options.prod === true) steps.push(planProduction(facts, (await facts.convex.variables({ prod: true }, [VARIABLE])).get(VARIABLE), secret.value));
  const code = await planCode(facts, options.example === true);
  return { steps: [...steps, ...code.steps], snippets: code.snippets, conflict: false };
}

function explainStop({ terminal }: Context, stopped: NonNullable<Work["stopped"]>): void {
  terminal.line();
  if ("signal" in stopped) {
    terminal.notice(`Stopped by ${stopped.signal}.`);
    return;
  }
  const { error } = stopped;
  // Anything else is a fault of this program, and is reported as one.
  if (!(error instanceof CliError)) throw error;
  terminal.notice(`${terminal.colours.red("error:")} ${error.message}${error.hint === undefined ? "" : `\n  ${error.hint}`}`);
}
