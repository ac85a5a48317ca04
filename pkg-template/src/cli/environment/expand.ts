import type { Environment } from "../command.js";
import { expand } from "../vendor/dotenv.js";

/**
 * Expands `$` as dotenv-expand does inside Next.js: with the variables of the environment, into which the results are written.
 *
 * @throws RangeError for a value that refers to itself; Next.js leaves out the whole file then.
 */
export function expandInto(environment: Record<string, string | undefined>, values: Record<string, string>): Record<string, string> {
  const own = process.env;
  // dotenv-expand 10 knows this variable only. Nothing else runs in between.
  process.env = environment as NodeJS.ProcessEnv;
  try {
    return expand({ parsed: { ...values } }).parsed ?? {};
  } finally {
    process.env = own;
  }
}

/** A copy without what is unset. */
export function copyOf(environment: Environment): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
