import type { Register } from "../command.js";

export const registerDoctor: Register = (program, act) => {
  program
    .command("doctor")
    .description("finds what is wrong with the secrets of both sides, and with the code that uses them")
    .action(act(async () => ({ status: 0, report: {} })));
};
