import { createKeyring, verifyCall } from "countersign";
import { CountersignClient } from "countersign/client";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { event, otherSecret, secret, setEnvironment } from "../support/deployment.js";
import { startEndpoint, failure, send, success } from "../support/endpoint.js";
import type { Endpoint, Received } from "../support/endpoint.js";
import { anything, deliver, lookUp, mark, noArguments } from "../support/references.js";

let endpoint: Endpoint;

beforeEach(async () => {
  endpoint = await startEndpoint();
  setEnvironment({ COUNTERSIGN_SECRET: secret });
});
afterEach(async () => {
  setEnvironment({});
  await endpoint.close();
});

/** Verifies what arrived, as a guard would. */
function verify({ path, body, args: { countersign: token, ...args } }: Received, { audience = endpoint.url, key = secret, now = Date.now() } = {}) {
  const keyring = createKeyring(key);
  const type = path.slice("/api/".length) as "query" | "mutation" | "action";
  try {
    return { args, ...verifyCall(keyring, token, { audience, type, name: body.path, args, now }) };
  } finally {
    keyring.free();
  }
}

function only(): Received {
  expect(endpoint.received).toHaveLength(1);
  return endpoint.received[0] as Received;
}

describe("a call", () => {
  test("is signed over what is sent, for each type of function", async () => {
    const client = new CountersignClient(endpoint.url);
    endpoint.answer(success("done"));
    expect(await client.mutation(mark, event)).toBe("done");
    endpoint.answer(success(7));
    expect(await client.query(lookUp, event)).toBe(7);
    endpoint.answer(success(true));
    expect(await client.action(deliver, event)).toBe(true);
    expect(endpoint.received.map(({ path }) => path)).toEqual(["/api/mutation", "/api/query", "/api/action"]);
    for (const received of endpoint.received) expect(verify(received).args).toEqual(event);
  });

  test("carries no secret", async () => {
    await new CountersignClient(endpoint.url).mutation(mark, event);
    expect(JSON.stringify(only())).not.toContain(secret);
  });

  test("has a nonce of its own", async () => {
    const client = new CountersignClient(endpoint.url);
    for (let i = 0; i < 20; i += 1) await client.mutation(mark, event);
    const nonces = endpoint.received.map((received) => verify(received).nonce.join());
    expect(new Set(nonces).size).toBe(20);
  });

  test("may leave its arguments out where there are none", async () => {
    await new CountersignClient(endpoint.url).mutation(noArguments);
    expect(verify(only()).args).toEqual({});
  });

  test("signs each kind of value as it arrives", async () => {
    const value = { a: -0, b: Number.NaN, c: 2n ** 62n, d: new Uint8Array([1, 2]).buffer, e: [null, true, "ü"], f: { g: 5e-324 }, h: undefined };
    await new CountersignClient(endpoint.url).mutation(anything, { value });
    const { args } = verify(only());
    expect(args).toEqual({ value: { a: -0, b: Number.NaN, c: 2n ** 62n, d: value.d, e: value.e, f: value.f } });
  });

  test("sends what was there when it was made, also if the caller changes it", async () => {
    const client = new CountersignClient(endpoint.url);
    const bytes = new Uint8Array([1]);
    const value = { list: [1], bytes: bytes.buffer };
    const first = client.mutation(anything, { value: "first" });
    const second = client.mutation(anything, { value });
    value.list.push(2);
    bytes[0] = 9;
    await Promise.all([first, second]);
    const { args } = verify(endpoint.received[1] as Received);
    expect(args).toEqual({ value: { list: [1], bytes: new Uint8Array([1]).buffer } });
  });

  test("is for the deployment it is sent to, or the one that is named", async () => {
    await new CountersignClient(`${endpoint.url}`, { audience: "https://Happy-Animal-123.convex.cloud/" }).mutation(mark, event);
    expect(() => verify(only())).toThrow(expect.objectContaining({ code: "signature_invalid" }));
    expect(verify(only(), { audience: "https://happy-animal-123.convex.cloud" }).args).toEqual(event);
  });

  test("is signed with the secret that is given, or the environment's of that moment", async () => {
    await new CountersignClient(endpoint.url, { secret: otherSecret }).mutation(mark, event);
    const client = new CountersignClient(endpoint.url);
    setEnvironment({ COUNTERSIGN_SECRET: otherSecret });
    await client.mutation(mark, event);
    let asked = secret;
    await new CountersignClient(endpoint.url, { secret: () => asked }).mutation(mark, event);
    asked = otherSecret;
    expect(endpoint.received.map(({ args }) => String(args["countersign"]).split(".")[1])).toEqual(
      [otherSecret, otherSecret, secret].map((key) => createKeyring(key).keyIds[0]),
    );
  });

  test("brings a user's token, until it is cleared", async () => {
    const client = new CountersignClient(endpoint.url, { auth: "jwt-1" });
    await client.mutation(mark, event);
    client.setAuth("jwt-2");
    await client.query(lookUp, event);
    client.clearAuth();
    await client.action(deliver, event);
    expect(endpoint.received.map(({ headers }) => headers.authorization)).toEqual(["Bearer jwt-1", "Bearer jwt-2", undefined]);
    expect(client.url).toBe(endpoint.url);
  });

  test("hands log lines to the logger", async () => {
    const logger = { log: vi.fn(), warn: vi.fn(), error: vi.fn(), logVerbose: vi.fn() };
    endpoint.answer((_received, response) => send(response, 200, { status: "success", value: null, logLines: ["[LOG] 'hello'"] }));
    await new CountersignClient(endpoint.url, { logger }).mutation(mark, event);
    expect(logger.log).toHaveBeenCalledTimes(1);
  });

  test("goes out through the fetch that is given", async () => {
    const fetch = vi.fn<typeof globalThis.fetch>(async () => Response.json({ status: "success", value: 1, logLines: [] }));
    await new CountersignClient("https://happy-animal-123.convex.cloud", { fetch }).mutation(mark, event);
    expect(fetch).toHaveBeenCalledTimes(1);
    expect(fetch.mock.calls[0]?.[1]).toMatchObject({ method: "POST", redirect: "manual" });
    expect(endpoint.received).toEqual([]);
  });
});

describe("mutations", () => {
  test("run one after the other, each signed when its turn comes", async () => {
    let now = 1_700_000_000_000;
    const client = new CountersignClient(endpoint.url, { clock: () => now });
    let running = 0;
    endpoint.answer(async (_received, response) => {
      running += 1;
      expect(running).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 20));
      now += 100_000; // longer than the window: a token made when the call was queued would be too old
      running -= 1;
      success(null)(_received, response);
    });
    await Promise.all([1, 2, 3].map((value) => client.mutation(anything, { value })));
    const times = endpoint.received.map((received, index) => verify(received, { now: 1_700_000_000_000 + index * 100_000 }).issuedAt);
    expect(times).toEqual([0, 1, 2].map((index) => 1_700_000_000_000 + index * 100_000));
    expect(endpoint.received.map(({ args }) => args["value"])).toEqual([1, 2, 3]);
  });

  test("go on after one that failed", async () => {
    const client = new CountersignClient(endpoint.url);
    endpoint.answer((received, response) => (received.args["value"] === 1 ? failure("first one failed") : success("ok"))(received, response));
    const settled = await Promise.allSettled([1, 2].map((value) => client.mutation(anything, { value })));
    expect(settled).toEqual([{ status: "rejected", reason: expect.objectContaining({ message: "first one failed" }) }, { status: "fulfilled", value: "ok" }]);
  });

  test("run at once with skipQueue", async () => {
    const client = new CountersignClient(endpoint.url);
    const waiting: (() => void)[] = [];
    endpoint.answer((received, response) => {
      waiting.push(() => void success(null)(received, response));
      if (waiting.length === 2) for (const answer of waiting) answer();
    });
    await Promise.all([1, 2].map((value) => client.mutation(anything, { value }, { skipQueue: true })));
    expect(endpoint.received).toHaveLength(2);
  });
});
