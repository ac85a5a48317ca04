import { generateSecret } from "../index.js";
import type { Register } from "./command.js";
import { namesOf } from "./secret-input.js";
import { variableName } from "./variable-name.js";

export const registerKeygen: Register = (program, act) => {
  program
    .command("keygen")
    .description("makes a secret and prints it: the only command that prints one")
    .option("--var <name>", "print it as a line of an env file: NAME=...")
    .addHelpText("after", "\nExample: countersign keygen --var COUNTERSIGN_SECRET >> .env.local")
    .action(
      act<{ var?: string }>(async ({ terminal }, options) => {
        const name = options.var === undefined ? undefined : variableName(options.var, "--var");
        const secret = generateSecret();
        if (terminal.shown) {
          terminal.notice(`${terminal.colours.yellow("!")} What follows is a secret, and stays in this window's history. Pipe it to where it belongs instead, for example:`);
          terminal.notice("  npx countersign keygen | npx convex env set COUNTERSIGN_SECRET");
        }
        terminal.line(name === undefined ? secret : `${name}=${secret}`);
        return { status: 0, report: { secret, ...namesOf(secret) } };
      }),
    );
};
