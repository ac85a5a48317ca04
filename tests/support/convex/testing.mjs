// What the tests of the embedded Convex share.
import { fileURLToPath } from "node:url";
import { ConvexHttpClient } from "convex/browser";
import { startConvex } from "./index.mjs";

export const FIXTURE = fileURLToPath(new URL("./fixture/convex", import.meta.url));

/** @param {Partial<Parameters<typeof startConvex>[0]>} [options] */
export const startFixture = (options) => startConvex({ functionsDir: FIXTURE, ...options });

export const httpClient = (/** @type {string} */ url) => new ConvexHttpClient(url, { skipConvexDeploymentUrlCheck: true, logger: false });

/** The error a promise is rejected with. @param {Promise<unknown>} promise @returns {Promise<any>} */
export async function errorOf(promise) {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error) => ({ error }),
  );
  if ("error" in outcome) return outcome.error;
  throw new Error(`Expected an error, got ${JSON.stringify(outcome.value)}.`);
}

/** Waits until a condition holds. @param {() => boolean | Promise<boolean>} condition @param {string} what */
export async function until(condition, what) {
  const deadline = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited in vain until ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
