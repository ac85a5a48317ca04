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

/** A copy that inherits what `process.env` does: Next.js finds a `$constructor` there. */
export function copyOf(environment: Environment): Record<string, string | undefined> {
  const set = Object.entries(environment).filter(([, value]) => value !== undefined);
  return Object.assign(Object.create(Object.getPrototypeOf(process.env) as object) as Record<string, string | undefined>, Object.fromEntries(set));
}
