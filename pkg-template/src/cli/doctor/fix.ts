import type { Terminal } from "../terminal.js";
import { CliError } from "../errors.js";
import type { Finding } from "./finding.js";

export interface Repaired {
  code: string;
  where: string;
  done: string;
  /** Why it was not done, if it was not. */
  problem?: string;
}

/** Does what is safe, one after the other, and says each. What cannot be done stays a finding. */
export async function repair(findings: readonly Finding[], terminal: Terminal): Promise<Repaired[]> {
  const { green, red } = terminal.colours;
  const done: Repaired[] = [];
  for (const { code, where, repair } of findings) {
    if (repair === undefined) continue;
    const { description } = repair;
    try {
      await repair.run();
      done.push({ code, where, done: description });
      terminal.line(`${green("✔")} ${description}`);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      done.push({ code, where, done: description, problem: error.message });
      terminal.line(`${red("✖")} Not done: ${description} ${error.message}${error.hint === undefined ? "" : ` ${error.hint}`}`);
    }
  }
  return done;
}
