import { inspectSecret } from "../inspect/index.js";
import type { Register } from "./command.js";
import type { SecretOptions } from "./secret-input.js";
import { givenSecret, namesOf, takesOneSecret } from "./secret-input.js";

export const registerInspect: Register = (program, act) => {
  takesOneSecret(program.command("inspect"))
    .description("says everything that is wrong with a secret, and what to do about it")
    .addHelpText("after", "\nExample: npx convex env get COUNTERSIGN_SECRET | npx countersign inspect")
    .action(
      act<SecretOptions>(async (context, options, ...args) => {
        const { terminal } = context;
        const { green, red } = terminal.colours;
        const { value, where } = await givenSecret(context, "inspect", options, args);
        const { ok, problems } = inspectSecret(value);
        if (ok) {
          const names = namesOf(value as string | Uint8Array);
          terminal.line(`${green("✔")} ${where}: it can be used. Fingerprint ${names.fingerprint}, key id ${names.keyId}.`);
          return { status: 0, report: { where, ok, ...names, problems } };
        }
        terminal.line(`${red("✖")} ${where}: it cannot be used.`);
        for (const { code, message } of problems) terminal.line(`  ${message} (${code})`);
        return { status: 1, report: { where, ok, problems } };
      }),
    );
};
