// What came of an outage: errors that say nothing about whether the call was carried out. They are remembered by
// identity, as they pass through ConvexHttpClient and come out of it as they are.
const outages = new WeakSet<object>();

/** What Convex answers with when the function itself failed: an answer, and not an outage. */
const FUNCTION_FAILED = 560;

/** Whether the same call may succeed if it is sent again: the network failed, or the deployment answered with a 5xx. */
export function isOutage(error: unknown): boolean {
  return typeof error === "object" && error !== null && outages.has(error);
}

/**
 * Wraps `fetch` so that {@link isOutage} knows its failures. They stay what they are; a 5xx becomes the error that
 * ConvexHttpClient would make of it.
 *
 * @param send - The `fetch` to use.
 */
export function noticingOutages(send: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await noticed(() => send(input, init));
    if (response.status < 500 || response.status > 599 || response.status === FUNCTION_FAILED) return withNoticedBody(response);
    const error = new Error(await noticed(() => response.text()));
    outages.add(error);
    throw error;
  };
}

/** The same response; a connection that breaks while its body is read is noticed too. */
function withNoticedBody(response: Response): Response {
  return new Proxy(response, {
    get(target, name) {
      if (name === "json" || name === "text") return () => noticed(() => target[name]() as Promise<unknown>);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

async function noticed<T>(run: () => T): Promise<Awaited<T>> {
  try {
    return await run();
  } catch (error) {
    if (typeof error === "object" && error !== null && !isDecision(error)) outages.add(error);
    throw error;
  }
}

/** What is thrown on purpose, and would be thrown again: our own refusals, an abort, Next.js's signals, a body that is no JSON. */
function isDecision(error: object): boolean {
  const name: unknown = "name" in error ? error.name : undefined;
  return name === "CountersignError" || name === "AbortError" || name === "SyntaxError" || "digest" in error;
}
