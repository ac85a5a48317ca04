import { CountersignError, createKeyring, verifyCall } from "countersign";
import { fetchAction, fetchMutation, fetchQuery } from "countersign/next";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { audience, event, otherSecret, secret, setEnvironment } from "../support/deployment.js";
import { failure, startEndpoint, success } from "../support/endpoint.js";
import type { Endpoint } from "../support/endpoint.js";
import { deliver, lookUp, mark, noArguments } from "../support/references.js";

let endpoint: Endpoint;

beforeEach(async () => {
  endpoint = await startEndpoint();
  setEnvironment({ COUNTERSIGN_SECRET: secret });
  process.env["NEXT_PUBLIC_CONVEX_URL"] = endpoint.url;
});
afterEach(async () => {
  vi.unstubAllGlobals();
  setEnvironment({});
  delete process.env["NEXT_PUBLIC_CONVEX_URL"];
  await endpoint.close();
});

describe("countersign/next", () => {
  test("signs and calls, with the URL and the secret of the environment", async () => {
    endpoint.answer(success(3));
    expect(await fetchQuery(lookUp, event)).toBe(3);
    expect(await fetchMutation(mark, event)).toBe(3);
    expect(await fetchAction(deliver, event)).toBe(3);
    await fetchMutation(noArguments);
    const names = endpoint.received.map(({ path, body }) => `${path} ${body.path}`);
    expect(names).toEqual(["/api/query webhooks:lookUp", "/api/mutation webhooks:markEventProcessed", "/api/action webhooks:deliver", "/api/mutation webhooks:withoutArguments"]);
    for (const { path, body, args: { countersign, ...args } } of endpoint.received) {
      const type = path.slice("/api/".length) as "query";
      verifyCall(createKeyring(secret), countersign, { audience: endpoint.url, type, name: body.path, args, now: Date.now() });
    }
  });

  test("takes the options of convex/nextjs, a secret and an audience", async () => {
    delete process.env["NEXT_PUBLIC_CONVEX_URL"];
    setEnvironment({});
    await fetchMutation(mark, event, { url: endpoint.url, token: "jwt-1", skipConvexDeploymentUrlCheck: true, secret: otherSecret, audience });
    const [received] = endpoint.received;
    expect(received?.headers.authorization).toBe("Bearer jwt-1");
    const { countersign, ...args } = received?.args ?? {};
    verifyCall(createKeyring(otherSecret), countersign, { audience, type: "mutation", name: "webhooks:markEventProcessed", args, now: Date.now() });
  });

  test("lets Next.js cache nothing, and follows no redirect", async () => {
    const fetch = vi.fn<typeof globalThis.fetch>(async () => Response.json({ status: "success", value: null, logLines: [] }));
    vi.stubGlobal("fetch", fetch);
    await fetchQuery(lookUp, event);
    expect(fetch.mock.calls[0]?.[1]).toMatchObject({ method: "POST", cache: "no-store", redirect: "manual" });
  });

  test("says what is missing, and sends nothing", async () => {
    setEnvironment({});
    await expect(fetchMutation(mark, event)).rejects.toMatchObject({ code: "secret_missing", message: expect.stringContaining(".env.local") });
    setEnvironment({ COUNTERSIGN_SECRET: secret });
    await expect(fetchMutation(mark, event, { secret: process.env["OTHER_SECRET"] })).rejects.toMatchObject({ code: "secret_missing", message: expect.stringContaining("`secret` option") });
    delete process.env["NEXT_PUBLIC_CONVEX_URL"];
    await expect(fetchMutation(mark, event)).rejects.toMatchObject({ code: "misconfigured", message: expect.stringContaining("NEXT_PUBLIC_CONVEX_URL is not set") });
    expect(endpoint.received).toEqual([]);
  });

  test("throws the CountersignError of the package's other entries", async () => {
    endpoint.answer(failure("Server Error", { code: "unauthorized" }));
    await expect(fetchMutation(mark, event)).rejects.toBeInstanceOf(CountersignError);
  });
});
