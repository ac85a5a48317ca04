import { inspect } from "node:util";
import { CountersignError, createKeyring } from "countersign";
import { CountersignClient } from "countersign/client";
import { ConvexError } from "convex/values";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { event, keyIdOf, secret, setEnvironment } from "../support/deployment.js";
import { failure, send, startEndpoint } from "../support/endpoint.js";
import type { Endpoint } from "../support/endpoint.js";
import { anything, lookUp, mark } from "../support/references.js";

let endpoint: Endpoint;

beforeEach(async () => {
  endpoint = await startEndpoint();
  setEnvironment({ COUNTERSIGN_SECRET: secret });
});
afterEach(async () => {
  setEnvironment({});
  await endpoint.close();
});

async function errorOf(promise: Promise<unknown>): Promise<Error & { code?: string; data?: unknown }> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(outcome instanceof Error)) throw new Error("the call was expected to fail, and did not");
  return outcome;
}

describe("a refusal", () => {
  test("becomes a CountersignError that names this side's key and the doctor", async () => {
    endpoint.answer(failure("Server Error", { code: "unauthorized" }));
    const client = new CountersignClient(endpoint.url);
    for (const call of [() => client.mutation(mark, event), () => client.query(lookUp, event)]) {
      const error = await errorOf(call());
      expect(error).toBeInstanceOf(CountersignError);
      expect(error.code).toBe("unauthorized");
      for (const text of [keyIdOf(secret), endpoint.url, "npx countersign doctor", "webhooks:"]) expect(error.message).toContain(text);
      expect(error.data).toEqual({ code: "unauthorized", message: error.message });
      expect(error.cause).toBeInstanceOf(ConvexError);
      expect((error.cause as ConvexError<string>).data).toEqual({ code: "unauthorized" });
    }
  });

  test("has the precise code where the guard explains itself", async () => {
    endpoint.answer(failure("Server Error", { code: "expired", message: "countersign: The call was signed too long ago." }));
    const error = await errorOf(new CountersignClient(endpoint.url).mutation(mark, event));
    expect(error).toMatchObject({ name: "CountersignError", code: "expired", message: expect.stringContaining("signed too long ago") });
  });

  test("says what Convex lacks where it is not set up", async () => {
    endpoint.answer(failure("Server Error", { code: "misconfigured", message: "countersign: Run `npx convex env set COUNTERSIGN_SECRET`." }));
    const error = await errorOf(new CountersignClient(endpoint.url).mutation(mark, event));
    expect(error).toMatchObject({ code: "misconfigured", message: expect.stringContaining("npx convex env set COUNTERSIGN_SECRET") });
  });
});

describe("any other failure passes through untouched", () => {
  const own: [string, string | number | Record<string, string | number>][] = [
    ["another code", { code: "limit_reached" }],
    ["the same code with more", { code: "unauthorized", message: "countersign: but the app's" }],
    ["a code of ours with the app's own message", { code: "expired", message: "Your subscription has expired." }],
    ["a set-up error of the app's", { code: "misconfigured", message: "no mail server" }],
    ["three fields", { code: "expired", message: "countersign: x", extra: 1 }],
    ["a text", "unauthorized"],
    ["a number", 5],
  ];
  for (const [what, data] of own) {
    test(`a ConvexError with ${what}`, async () => {
      endpoint.answer(failure("Server Error", data));
      const error = await errorOf(new CountersignClient(endpoint.url).mutation(mark, event));
      expect(error).not.toBeInstanceOf(CountersignError);
      expect(error).toBeInstanceOf(ConvexError);
      expect(error.data).toEqual(data);
    });
  }

  test("a plain error, and one of the transport", async () => {
    const client = new CountersignClient(endpoint.url);
    endpoint.answer(failure("Server Error"));
    expect(await errorOf(client.mutation(mark, event))).toMatchObject({ name: "Error", message: "Server Error" });
    endpoint.answer((_received, response) => send(response, 503, { oh: "no" }));
    expect((await errorOf(client.mutation(mark, event))).message).toContain("oh");
    await endpoint.close();
    expect((await errorOf(client.mutation(mark, event))).message).toContain("fetch failed");
  });
});

describe("a call that cannot be signed is not sent", () => {
  test("attack 12: no secret in Next.js", async () => {
    for (const value of [undefined, ""]) {
      setEnvironment(value === undefined ? {} : { COUNTERSIGN_SECRET: value });
      const error = await errorOf(new CountersignClient(endpoint.url).mutation(mark, event));
      expect(error).toMatchObject({ name: "CountersignError", code: "secret_missing" });
      for (const text of ["COUNTERSIGN_SECRET is not set", ".env.local", "npx convex env set"]) expect(error.message).toContain(text);
    }
    expect(endpoint.received).toEqual([]);
  });

  test("attack 16: an unusable secret, which no error shows", async () => {
    for (const [value, code] of [["short-secret-value", "secret_weak"], ["your-secret-value-your-secret-value", "secret_weak"], [`"${secret}"`, "secret_malformed"]] as const) {
      setEnvironment({ COUNTERSIGN_SECRET: value });
      const error = await errorOf(new CountersignClient(endpoint.url).mutation(mark, event));
      expect(error).toMatchObject({ code, message: expect.stringContaining(".env.local") });
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(value);
    }
    expect(endpoint.received).toEqual([]);
  });

  test("attacks 4, 5 and 6: arguments that would not arrive as they are", async () => {
    class Amount {
      readonly euros = 1;
    }
    let deep: unknown = 1;
    for (let depth = 0; depth < 100; depth += 1) deep = [deep];
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    const odd: [unknown, string][] = [
      ["\ud800", "text_malformed"],
      [new Amount(), "value_unsupported"],
      [new Date(0), "value_unsupported"],
      [new Map(), "value_unsupported"],
      [new Uint8Array(2), "value_unsupported"],
      [() => 1, "value_unsupported"],
      [Symbol("s"), "value_unsupported"],
      [2n ** 63n, "value_unsupported"],
      [[1, , 3], "value_unsupported"],
      [[undefined], "value_unsupported"],
      [{ $integer: "AQAAAAAAAAA=" }, "value_unsupported"],
      [{ ä: 1 }, "value_unsupported"],
      [Object.defineProperty({}, "a", { enumerable: true, get: () => 1 }), "value_unsupported"],
      [JSON.parse('{"__proto__":{"isAdmin":true}}'), "value_unsupported"],
      [[{ a: JSON.parse('{"__proto__":1}') }], "value_unsupported"],
      [Object.create({ inherited: 1 }), "value_unsupported"],
      [deep, "value_unsupported"],
      [cyclic, "value_unsupported"],
    ];
    const client = new CountersignClient(endpoint.url);
    for (const [value, code] of odd) expect(await errorOf(client.mutation(anything, { value }))).toMatchObject({ name: "CountersignError", code });
    for (const args of [null, [], "x", 1, new Date(0), new ArrayBuffer(1)]) {
      expect(await errorOf(client.mutation(anything, args as never))).toMatchObject({ code: "type_invalid" });
    }
    expect(await errorOf(client.mutation(mark, { ...event, countersign: "x" } as never))).toMatchObject({ code: "type_invalid" });
    expect(endpoint.received).toEqual([]);
  });
});

describe("attack 30: where a signed call is not sent", () => {
  test("in the clear, except to this machine", () => {
    for (const url of ["http://happy-animal-123.convex.cloud", "http://10.0.0.5:3210", "http://localhost.example.com", "http://127.0.0.1.example.com", "http://[::2]:3210", "http://user@evil.example"]) {
      expect(() => new CountersignClient(url), url).toThrow(expect.objectContaining({ code: "misconfigured", message: expect.stringContaining("not encrypted") }));
    }
    for (const url of ["http://localhost:3210", "http://127.0.0.1:3210", "http://127.8.9.1", "http://[::1]:3210", "http://app.localhost:3000", "https://happy-animal-123.convex.cloud"]) {
      expect(new CountersignClient(url).url).toBe(url);
    }
  });

  test("to no URL at all", () => {
    for (const url of [undefined, null, "", "happy-animal-123", "ftp://x", "ws://localhost", 5]) {
      expect(() => new CountersignClient(url as string)).toThrow(expect.objectContaining({ code: "misconfigured", message: expect.stringContaining("NEXT_PUBLIC_CONVEX_URL") }));
    }
  });

  test("after a redirect, whether to another origin or not", async () => {
    const thief = await startEndpoint();
    try {
      for (const status of [301, 302, 303, 307, 308]) {
        for (const location of [`${thief.url}/api/mutation`, "/api/other"]) {
          endpoint.received.length = 0;
          endpoint.answer((_received, response) => void response.writeHead(status, { location }).end());
          const error = await errorOf(new CountersignClient(endpoint.url).mutation(mark, event));
          expect(error).toMatchObject({ name: "CountersignError", code: "misconfigured", message: expect.stringContaining("redirect") });
          expect(endpoint.received).toHaveLength(1);
        }
      }
      expect(thief.received).toEqual([]);
    } finally {
      await thief.close();
    }
  });

  test("after a redirect that fetch hides, as browsers and edge runtimes do", async () => {
    const hidden = { type: "opaqueredirect", status: 0, ok: false } as Response;
    const client = new CountersignClient("https://happy-animal-123.convex.cloud", { fetch: async () => hidden });
    expect(await errorOf(client.mutation(mark, event))).toMatchObject({ code: "misconfigured" });
  });
});

describe("attack 27: the secret does not show", () => {
  test("in the client, its text forms, or its errors", async () => {
    endpoint.answer(failure("Server Error", { code: "unauthorized" }));
    const client = new CountersignClient(endpoint.url, { secret, auth: "jwt-of-a-user" });
    const error = await errorOf(client.mutation(mark, event));
    const shown = [
      JSON.stringify(client),
      inspect(client, { depth: 10, showHidden: true, getters: true }),
      String(client),
      JSON.stringify(Object.getOwnPropertyDescriptors(client)),
      inspect(error, { depth: 10, showHidden: true }),
      String(error.stack),
      JSON.stringify(error),
    ];
    for (const text of shown) expect(text).not.toMatch(new RegExp(`${secret}|jwt-of-a-user`));
    expect(Reflect.ownKeys(client)).toEqual([]);
  });

  test("in memory: the key of each call is wiped before it is sent", async () => {
    const prototype = Object.getPrototypeOf(createKeyring(secret)) as { free(): void };
    const free = vi.spyOn(prototype, "free");
    try {
      endpoint.answer((_received, response) => {
        expect(free).toHaveBeenCalledTimes(1);
        send(response, 200, { status: "success", value: null, logLines: [] });
      });
      await new CountersignClient(endpoint.url).mutation(mark, event);
    } finally {
      free.mockRestore();
    }
  });
});

describe("attack 6: options are the client's own", () => {
  test("a polluted Object.prototype adds none", async () => {
    const polluted = { secret: "polluted-secret-8f21d0c73b5a964e-of-nobody", audience: "https://evil.example", clock: () => 5, auth: "jwt-polluted", skipQueue: true, gateway: "evil:mutation", idempotencyKey: "polluted", name: "evil:function", type: "query" };
    for (const [key, value] of Object.entries(polluted)) Object.defineProperty(Object.prototype, key, { value, configurable: true, writable: true });
    try {
      endpoint.answer(failure("Server Error", { code: "unauthorized" }));
      const error = await errorOf(new CountersignClient(endpoint.url).mutation(mark, event));
      expect(error.message).toContain(keyIdOf(secret));
      expect(error.message).toContain(endpoint.url);
      expect(endpoint.received[0]?.headers.authorization).toBeUndefined();
      await errorOf(new CountersignClient(endpoint.url).query(lookUp, event));
      expect(endpoint.received.map(({ path, body }) => `${path} ${body.path}`)).toEqual(["/api/mutation webhooks:markEventProcessed", "/api/query webhooks:lookUp"]);
      for (const { args } of endpoint.received) expect(Object.keys(args).sort()).toEqual(["countersign", "eventId", "provider"]);
      for (const { args } of endpoint.received) expect(args["countersign"]).toMatch(/^cs1\./);
    } finally {
      for (const key of Object.keys(polluted)) delete (Object.prototype as Record<string, unknown>)[key];
    }
  });

  test("attack 12: a secret that is not set is not replaced by the environment's", async () => {
    const client = new CountersignClient(endpoint.url, { secret: process.env["OTHER_SECRET"] });
    const error = await errorOf(client.mutation(mark, event));
    expect(error).toMatchObject({ code: "secret_missing", message: expect.stringContaining("`secret` option is not set") });
    expect(endpoint.received).toEqual([]);
  });

  test("a secret on Object.prototype does not stand in for the missing variable", async () => {
    setEnvironment({});
    Object.defineProperty(Object.prototype, "COUNTERSIGN_SECRET", { value: secret, configurable: true });
    try {
      expect(await errorOf(new CountersignClient(endpoint.url).mutation(mark, event))).toMatchObject({ code: "secret_missing" });
    } finally {
      delete (Object.prototype as Record<string, unknown>)["COUNTERSIGN_SECRET"];
    }
    expect(endpoint.received).toEqual([]);
  });
});
