// What client.gateway sends, and what it makes of the answers.
import { inspect } from "node:util";
import { CountersignError, createKeyring, verifyCall } from "countersign";
import { CountersignClient } from "countersign/client";
import { anyApi, componentsGeneric } from "convex/server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { event, keyIdOf, secret, setEnvironment } from "../support/deployment.js";
import { failure, startEndpoint, success } from "../support/endpoint.js";
import type { Endpoint, Received } from "../support/endpoint.js";
import { anything } from "../support/references.js";
import { clear, create, keep, list, order, ship } from "./internal.js";

let endpoint: Endpoint;

beforeEach(async () => {
  endpoint = await startEndpoint();
  setEnvironment({ COUNTERSIGN_SECRET: secret });
});
afterEach(async () => {
  setEnvironment({});
  await endpoint.close();
});

type Type = "query" | "mutation" | "action";

/** Verifies what arrived as a gateway would: over the inner function's type, name and arguments. */
function verify({ path, args }: Received, changes: { type?: Type; name?: string } = {}) {
  const keyring = createKeyring(secret);
  const type = path.slice("/api/".length) as Type;
  const inner = args["args"] as object;
  try {
    return verifyCall(keyring, args["countersign"], { audience: endpoint.url, type, name: String(args["name"]), args: inner, now: Date.now(), ...changes });
  } finally {
    keyring.free();
  }
}

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("a call through the gateway", () => {
  test("goes to the gateway's function of its type, signed for the inner one", async () => {
    const { gateway } = new CountersignClient(endpoint.url);
    endpoint.answer(success("order-1"));
    expect(await gateway.mutation(create, order)).toBe("order-1");
    endpoint.answer(success(["order-1"]));
    expect(await gateway.query(list, order)).toEqual(["order-1"]);
    endpoint.answer(success(true));
    expect(await gateway.action(ship, order)).toBe(true);
    expect(endpoint.received.map(({ path, body }) => [path, body.path])).toEqual([
      ["/api/mutation", "gateway:mutation"],
      ["/api/query", "gateway:query"],
      ["/api/action", "gateway:action"],
    ]);
    expect(endpoint.received.map(({ args }) => args)).toEqual(
      ["orders:create", "shop/orders:list", "shop/orders:ship"].map((name) => ({ name, args: order, countersign: expect.stringMatching(/^cs1\./) as string })),
    );
    for (const received of endpoint.received) {
      expect(verify(received).keyId).toBe(keyIdOf(secret));
      // The signature is no pass to the gateway itself, nor to another function behind it.
      for (const name of [received.body.path, "orders:remove"]) expect(() => verify(received, { name })).toThrow(expect.objectContaining({ code: "signature_invalid" }));
    }
    expect(() => verify(endpoint.received[0] as Received, { type: "action" })).toThrow(expect.objectContaining({ code: "signature_invalid" }));
    expect(JSON.stringify(endpoint.received)).not.toContain(secret);
  });

  test("may leave its arguments out where there are none", async () => {
    await new CountersignClient(endpoint.url).gateway.mutation(clear);
    expect(endpoint.received[0]?.args).toMatchObject({ name: "orders:clear", args: {} });
    verify(endpoint.received[0] as Received);
  });

  test("carries each kind of value, as it was when the call was made", async () => {
    const client = new CountersignClient(endpoint.url);
    const value = { a: -0, b: 2n ** 62n, c: new Uint8Array([1]).buffer, d: ["ü", null], countersign: "the function's own argument" };
    const sent = structuredClone(value);
    const first = client.gateway.mutation(clear);
    const second = client.gateway.mutation(keep, value);
    value.d.push("more");
    await Promise.all([first, second]);
    expect(endpoint.received[1]?.args["args"]).toEqual(sent);
    verify(endpoint.received[1] as Received);
  });

  test("waits for its turn among the client's other mutations, unless told otherwise", async () => {
    const client = new CountersignClient(endpoint.url);
    let running = 0;
    let most = 0;
    endpoint.answer(async (received, response) => {
      most = Math.max(most, (running += 1));
      await new Promise((resolve) => setTimeout(resolve, 20));
      running -= 1;
      success(null)(received, response);
    });
    await Promise.all([client.mutation(anything, { value: 1 }), client.gateway.mutation(create, order), client.mutation(anything, { value: 2 })]);
    expect(most).toBe(1);
    expect(endpoint.received.map(({ body }) => body.path)).toEqual(["webhooks:anything", "gateway:mutation", "webhooks:anything"]);
    // Neither is answered before both are there.
    const waiting: (() => void)[] = [];
    endpoint.answer(async (received, response) => {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (waiting.length === 2) for (const go of waiting) go();
      });
      success(null)(received, response);
    });
    await Promise.all([1, 2].map(() => client.gateway.mutation(create, order, { skipQueue: true })));
    expect(waiting).toHaveLength(2);
  });

  test("goes to the file that the option names", async () => {
    await new CountersignClient(endpoint.url, { gateway: "api/v1/my_gateway" }).gateway.mutation(create, order);
    expect(endpoint.received[0]?.body.path).toBe("api/v1/my_gateway:mutation");
    for (const gateway of ["", "gateway:mutation", "convex/gateway.ts", "./gateway", "/gateway", "gateway/", "a//b", "_system/../x", null, 5]) {
      expect(() => new CountersignClient(endpoint.url, { gateway: gateway as string }), String(gateway)).toThrow(
        expect.objectContaining({ code: "misconfigured", message: expect.stringContaining('"api/gateway" for convex/api/gateway.ts') as string }),
      );
    }
  });
});

describe("what is not sent", () => {
  test("attack 13: a component's function, a handle, and what is no function at all", async () => {
    const client = new CountersignClient(endpoint.url);
    const component = (componentsGeneric() as unknown as { rateLimiter: { lib: { check: typeof create } } }).rateLimiter.lib.check;
    for (const reference of [component, "function://;abc", anyApi["orders"], undefined, [secret], { toString: () => secret }] as (typeof create)[]) {
      for (const call of [() => client.gateway.mutation(reference, order), () => client.mutation(reference as never, event as never)]) {
        const error = await errorOf(call());
        expect(error).toMatchObject({ name: "CountersignError", code: "type_invalid", message: expect.stringContaining("of your own convex folder") as string });
        expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(secret);
      }
    }
    expect(endpoint.received).toEqual([]);
  });

  test("attacks 4, 5 and 6: arguments that would not arrive as they are", async () => {
    const { gateway } = new CountersignClient(endpoint.url);
    for (const [value, code] of [["\ud800", "text_malformed"], [new Date(0), "value_unsupported"], [JSON.parse('{"__proto__":{"a":1}}'), "value_unsupported"]] as const) {
      expect(await errorOf(gateway.mutation(keep, { value }))).toMatchObject({ name: "CountersignError", code });
    }
    expect(await errorOf(gateway.mutation(keep, [] as never))).toMatchObject({ code: "type_invalid" });
    expect(endpoint.received).toEqual([]);
  });
});

describe("an error through the gateway", () => {
  test("names the inner function", async () => {
    endpoint.answer(failure("Server Error", { code: "unauthorized" }));
    const { gateway } = new CountersignClient(endpoint.url);
    for (const [call, name] of [[() => gateway.mutation(create, order), "orders:create"], [() => gateway.query(list, order), "shop/orders:list"]] as const) {
      const error = await errorOf(call());
      expect(error).toBeInstanceOf(CountersignError);
      expect(error).toMatchObject({ code: "unauthorized", message: expect.stringContaining(`the call to ${name} `) as string });
    }
    endpoint.answer(failure("Server Error", { code: "function_forbidden", message: "countersign: Not in the gateway's list." }));
    expect(await errorOf(gateway.mutation(create, order))).toMatchObject({ code: "function_forbidden", message: expect.stringContaining("orders:create") as string });
  });

  test("says what to do where the deployment has no gateway", async () => {
    const client = new CountersignClient(endpoint.url, { gateway: "api/gateway" });
    const { gateway } = client;
    const message = "[Request ID: 5e1f] Server Error\nCould not find public function for 'api/gateway:mutation'. Did you forget to run `npx convex dev` or `npx convex deploy`?";
    endpoint.answer(failure(message));
    const error = await errorOf(gateway.mutation(create, order));
    expect(error).toMatchObject({ name: "CountersignError", code: "misconfigured", cause: expect.objectContaining({ message }) as Error });
    for (const text of ["orders:create", "convex/api/gateway.ts", "= gateway({", "option `gateway`", endpoint.url]) expect((error as Error).message).toContain(text);
    // The same answer for another function, or to a call that did not ask for a gateway, is something else.
    expect(await errorOf(gateway.query(list, order))).toMatchObject({ name: "Error", message });
    expect(await errorOf(client.mutation(anything, { value: 1 }))).toMatchObject({ name: "Error", message });
  });

  test("of the function itself passes through untouched", async () => {
    const { gateway } = new CountersignClient(endpoint.url);
    endpoint.answer(failure("Server Error", { code: "sold_out", item: "book" }));
    expect(await errorOf(gateway.mutation(create, order))).toMatchObject({ name: "ConvexError", data: { code: "sold_out", item: "book" } });
    endpoint.answer(failure("Server Error"));
    expect(await errorOf(gateway.mutation(create, order))).toMatchObject({ name: "Error", message: "Server Error" });
  });
});
