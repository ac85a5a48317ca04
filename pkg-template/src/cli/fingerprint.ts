import { inspectSecret } from "../inspect/index.js";
import type { Register } from "./command.js";
import type { SecretOptions } from "./secret-input.js";
import { givenSecret, namesOf, takesOneSecret } from "./secret-input.js";

export const registerFingerprint: Register = (program, act) => {
  takesOneSecret(program.command("fingerprint"))
    .description("prints a secret's fingerprint and key id, by which people compare secrets without showing them")
    .addHelpText("after", "\nExample: npx convex env get COUNTERSIGN_SECRET | npx countersign fingerprint")
    .action(
      act<SecretOptions>(async (context, options, ...args) => {
        const { terminal } = context;
        const { value, where } = await givenSecret(context, "fingerprint", options, args);
        const { ok, problems } = inspectSecret(value);
        if (ok) {
          const names = namesOf(value as string | Uint8Array);
          terminal.line(`fingerprint ${names.fingerprint}\nkey id      ${names.keyId}`);
          return { status: 0, report: { where, ok, ...names, problems } };
        }
        for (const { message } of problems) terminal.line(`${terminal.colours.red("✖")} ${where}: ${message}`);
        return { status: 1, report: { where, ok, problems } };
      }),
    );
};
