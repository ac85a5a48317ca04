import { ConvexCli } from "../convex-cli.js";
import type { Register } from "../command.js";
import { CliError } from "../errors.js";
import { Fingerprints } from "../fingerprints.js";
import { addProjectOptions, findProject, runWords } from "../project/index.js";
import type { ProjectOptions } from "../project/index.js";
import { Option } from "../vendor/args.js";
import { variableName } from "../variable-name.js";
import { requireThatFunctionsReadAll } from "./code.js";
import { steps } from "./plan.js";
import type { Step } from "./plan.js";
import { Rotation } from "./rotation.js";
import { Sides } from "./sides.js";

/** For how long a signed call is accepted, unless a guard says otherwise. */
const WINDOW = 60;
const LONGEST_WINDOW = 15 * 60;

interface Options extends ProjectOptions {
  var: string;
  caller?: string;
  prod: boolean;
  deployed: boolean;
  until: Step;
  window: string;
  wait: boolean;
  dryRun: boolean;
  yes: boolean;
}

export const registerRotate: Register = (program, act) => {
  const command = program
    .command("rotate")
    .description("puts another secret in the place of the one there is, and no call is refused on the way; run again, it goes on where it stopped")
    .option("--var <name>", "the secret's variable", "COUNTERSIGN_SECRET")
    .option("--caller <name>", "the secret of a caller of the guards' `keys`: in Convex its variable is COUNTERSIGN_<NAME>")
    .option("--prod", "production: Convex's, and the settings of your host, which you change yourself when it says so", false)
    .option("--deployed", "with --prod: your host's servers were deployed with the new secret", false)
    .addOption(new Option("--until <step>", "stop after this step").choices([...steps]).default("drop"))
    .option("--window <seconds>", "how long a signed call may be under way", String(WINDOW))
    .option("--no-wait", "do not wait for calls under way before the old secret goes: those are refused")
    .option("--dry-run", "show the steps and change nothing", false)
    .option("--yes", "ask nothing", false);
  addProjectOptions(command)
    .addHelpText("after", "\nExample: countersign rotate --until switch")
    .action(
      act<Options>(async (context, options) => {
        if (options.deployed && !options.prod) throw new CliError("--deployed speaks of production's host.", "Give --prod with it.");
        const window = Number(options.window);
        if (!Number.isInteger(window) || window < 1 || window > LONGEST_WINDOW) throw new CliError(`--window is a whole number of seconds, at most ${LONGEST_WINDOW}.`, "Give the tolerance of your guards, for example --window 60.");
        const server = variableName(options.var, "--var");
        const names = { server, convex: options.caller === undefined ? server : variableOf(options.caller) };
        const project = findProject(context, options);
        const cli = ConvexCli.find(project, context, { timeoutMs: options.timeout * 1000 });
        requireThatFunctionsReadAll(project, names.convex);
        const sides = new Sides({ context, project, cli, names, production: options.prod });
        const { prod: production, deployed, dryRun, yes, until, wait } = options;
        const inWords = (words: string) => runWords(project.packageManager, words);
        const words = { goOn: inWords(`countersign rotate${again(options)}`), read: (variable: string) => inWords(`convex env get ${variable}${production ? " --prod" : ""}`) };
        return new Rotation({ context, sides, fingerprints: new Fingerprints(), production, deployed, dryRun, yes, until, window, wait, words }).run();
      }),
    );
};

function variableOf(caller: string): string {
  if (!/^[A-Za-z0-9_-]{1,24}$/.test(caller)) throw new CliError("What came with --caller is no name that a variable can be made of.", "Give a name of letters, digits, - and _, for example --caller worker.");
  return variableName(`COUNTERSIGN_${caller.toUpperCase().replaceAll("-", "_")}`, "--caller");
}

/** The options that say what is rotated, for another run. */
function again(options: Options): string {
  const { var: variable, caller, prod, next, convex } = options;
  const given = { var: variable === "COUNTERSIGN_SECRET" ? undefined : variable, caller, next, convex };
  return Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [` --${name} ${value}`])).join("") + (prod ? " --prod" : "");
}
