// One suite for every runtime. It knows no runtime: plain ES2020, no packages, no Node and no web APIs (jest's jsdom has not
// even TextEncoder). Whoever runs it hands in the package's own functions, so that import, require and bundles are tested
// by the same cases. `bundle.mjs` makes one file of it for runtimes that want one.
import { createChecks } from "./cases/checks.mjs";
import { first } from "./cases/first.mjs";
import { hmac } from "./cases/hmac.mjs";
import { secrets } from "./cases/secrets.mjs";
import { boundary } from "./cases/boundary.mjs";
import { values } from "./cases/values.mjs";
import { keyrings } from "./cases/keyrings.mjs";
import { calls } from "./cases/calls.mjs";
import { tokens } from "./cases/tokens.mjs";
import { idempotency } from "./cases/idempotency.mjs";
import { inspection } from "./cases/inspection.mjs";

/**
 * @typedef {object} Vectors            the files of tests/vectors/, parsed
 * @property {any[]} rfc4231 @property {any[]} secrets @property {any[]} values @property {any[]} lengths @property {any[]} tokens @property {any[]} refused
 *
 * @typedef {{ passed: number, failures: { name: string, message: string }[] }} Outcome
 *
 * @typedef {object} Suite              what each file of cases is given
 * @property {any} api                  everything "countersign" exports
 * @property {any} inspect              everything "countersign/inspect" exports, or undefined
 * @property {Vectors} vectors
 * @property {ReturnType<typeof createChecks>} check
 * @property {(name: string, body: () => void) => void} test
 */

/**
 * @param {{ api: any, inspect?: any, vectors: Vectors }} given
 * @returns {Promise<Outcome>}
 */
export async function conformance({ api, inspect, vectors }) {
  let passed = 0;
  /** @type {Outcome["failures"]} */
  const failures = [];
  const check = createChecks(api.CountersignError);
  /** @type {Suite["test"]} */
  const test = (name, body) => {
    const before = check.count();
    try {
      const result = /** @type {unknown} */ (body());
      if (result !== undefined) throw new Error("a case returned something: is it asynchronous?");
      if (check.count() === before) throw new Error("a case checked nothing");
      passed++;
    } catch (error) {
      failures.push({ name, message: error instanceof Error ? error.message : String(error) });
    }
  };
  const suite = { api, inspect, vectors, check, test };
  // `first` comes first: it makes the first call ever into the package.
  for (const cases of [first, hmac, secrets, boundary, values, keyrings, calls, tokens, idempotency, inspection]) {
    test(`${cases.name}: the cases load`, () => {
      cases(suite);
      check.ok(true, "loaded");
    });
  }
  return { passed, failures };
}
