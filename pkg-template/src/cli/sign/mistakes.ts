import { CountersignError } from "../../index.js";
import { CliError } from "../errors.js";

/** Runs something that says what is wrong with its input by a CountersignError, which is wrong usage here. */
export function mistaken<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof CountersignError) throw new CliError(`${error.message.replace(/^countersign: /, "")} (${error.code})`);
    throw error;
  }
}
