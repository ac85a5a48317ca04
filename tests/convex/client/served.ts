import { ConvexError, convexToJson } from "convex/values";
import type { Value } from "convex/values";
import type { FunctionType } from "convex/server";
import { call } from "../support/deployment.js";
import type { Deployment } from "../support/deployment.js";
import { failure, success } from "../support/endpoint.js";
import type { Endpoint } from "../support/endpoint.js";

/**
 * Puts a deployment of convex-test behind an endpoint, so that a client's calls reach its functions over HTTP.
 *
 * @param endpoint - Where the calls arrive.
 * @param t - The deployment.
 * @param lost - How many of the next answers get lost on the way, after the function ran.
 */
export function serve(endpoint: Endpoint, t: Deployment, { lost = 0 } = {}): void {
  let remaining = lost;
  endpoint.answer(async (received, response) => {
    const type = received.path.slice("/api/".length) as FunctionType;
    const answer = await call(t, type, received.body.path, received.args).then(
      (value) => success(convexToJson((value ?? null) as Value)),
      (error: unknown) => {
        if (!(error instanceof ConvexError)) return failure("Server Error");
        // What convex-test throws has the data as text.
        const data: unknown = typeof error.data === "string" ? JSON.parse(error.data) : error.data;
        return failure("Server Error", convexToJson(data as Value));
      },
    );
    remaining -= 1;
    if (remaining >= 0) response.destroy();
    else await answer(received, response);
  });
}
