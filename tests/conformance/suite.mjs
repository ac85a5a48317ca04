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
import { messages } from "./cases/messages.mjs";
import { webhooks as webhookCases } from "./cases/webhooks.mjs";

/**
 * @typedef {object} Vectors            the files of tests/vectors/, parsed
 * @property {any[]} rfc4231 @property {any[]} secrets @property {any[]} values @property {any[]} lengths @property {any[]} tokens @property {any[]} refused
 * @property {any[]} webhooks @property {any[]} messages @property {any[]} messages-refused
 *
 * @typedef {{ passed: number, failures: { name: string, message: string }[] }} Outcome
 *
 * @typedef {object} Suite              what each file of cases is given
 * @property {any} api                  everything "countersign" exports
 * @property {any} inspect              everything "countersign/inspect" exports, or undefined
 * @property {any} webhooks             everything "countersign/webhooks" exports, or undefined where there are no servers
 * @property {any} http                 everything "countersign/http" exports, or undefined where there are no servers
 * @property {Vectors} vectors
 * @property {ReturnType<typeof createChecks>} check
 * @property {(name: string, body: () => void) => void} test
 * @property {(name: string, body: () => Promise<void>) => void} testLater for what is asynchronous; these run last, one after the other
 */

/**
 * @param {{ api: any, inspect?: any, http?: any, webhooks?: any, vectors: Vectors }} given
 * @returns {Promise<Outcome>}
 */
export async function conformance({ api, inspect, http, webhooks, vectors }) {
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
  /** @type {{ name: string, body: () => Promise<void> }[]} */
  const later = [];
  /** @type {Suite["testLater"]} */
  const testLater = (name, body) => void later.push({ name, body });
  const suite = { api, inspect, http, webhooks, vectors, check, test, testLater };
  // `first` comes first: it makes the first call ever into the package.
  for (const cases of [first, hmac, secrets, boundary, values, keyrings, calls, tokens, idempotency, inspection, messages, webhookCases]) {
    test(`${cases.name}: the cases load`, () => {
      cases(suite);
      check.ok(true, "loaded");
    });
  }
  for (const { name, body } of later) {
    const before = check.count();
    try {
      await body();
      if (check.count() === before) throw new Error("a case checked nothing");
      passed++;
    } catch (error) {
      failures.push({ name, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return { passed, failures };
}
