// Idempotency keys on the wire, and what is tried again with one.
import { createKeyring, verifyCall } from "countersign";
import { CountersignClient } from "countersign/client";
import { fetchAction, fetchMutation, fetchQuery } from "countersign/next";
import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { event, secret, setEnvironment } from "../support/deployment.js";
import { failure, send, startEndpoint, success } from "../support/endpoint.js";
import type { Endpoint, Received } from "../support/endpoint.js";
import { deliver, lookUp, mark } from "../support/references.js";
import { create, list, order, ship } from "./internal.js";

const idempotencyKey = "evt_1/ü";
let endpoint: Endpoint;
const chance = 0.01234;
/** The waits before further tries, in milliseconds. Node's own fetch waits too, for whole ones. */
let waits: number[];

beforeEach(async () => {
  endpoint = await startEndpoint();
  setEnvironment({ COUNTERSIGN_SECRET: secret });
  process.env["NEXT_PUBLIC_CONVEX_URL"] = endpoint.url;
  waits = [];
  vi.spyOn(Math, "random").mockReturnValue(chance);
  const { setTimeout } = globalThis;
  vi.spyOn(globalThis, "setTimeout").mockImplementation(((run: () => void, wait: number) => {
    if (!Number.isInteger(wait ?? 0)) waits.push(wait);
    return setTimeout(run, wait);
  }) as typeof setTimeout);
});
afterEach(async () => {
  vi.restoreAllMocks();
  setEnvironment({});
  delete process.env["NEXT_PUBLIC_CONVEX_URL"];
  await endpoint.close();
});

/** Every way of calling a mutation with options. */
const mutations = {
  "client.mutation": (options?: object) => new CountersignClient(endpoint.url).mutation(mark, event, options),
  "client.mutation with skipQueue": (options?: object) => new CountersignClient(endpoint.url).mutation(mark, event, { skipQueue: true, ...options }),
  "client.gateway.mutation": (options?: object) => new CountersignClient(endpoint.url).gateway.mutation(create, order, options),
  fetchMutation: (options?: object) => fetchMutation(mark, event, options),
};

interface Signature {
  readonly token: string;
  readonly idempotencyKey: string;
}
const signatureOf = ({ args }: Received) => args["countersign"] as unknown as Signature;

function verify({ body, args: { countersign: _countersign, ...args } }: Received, signature: Signature, key: string | undefined) {
  const throughGateway = body.path === "gateway:mutation";
  return verifyCall(createKeyring(secret), signature.token, {
    audience: endpoint.url,
    type: "mutation",
    name: throughGateway ? String(args["name"]) : body.path,
    args: throughGateway ? (args["args"] as object) : args,
    now: Date.now(),
    idempotencyKey: key,
  });
}

async function errorOf(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(outcome instanceof Error)) throw new Error("the call was expected to fail, and did not");
  return outcome;
}

describe("an idempotency key", () => {
  for (const [name, call] of Object.entries(mutations)) {
    test(`travels beside the token, which is signed over it: ${name}`, async () => {
      await call({ idempotencyKey });
      const received = endpoint.received[0] as Received;
      expect(received.args["countersign"]).toEqual({ token: expect.stringMatching(/^cs1\./) as string, idempotencyKey });
      verify(received, signatureOf(received), idempotencyKey);
      for (const other of [undefined, "evt_2"]) {
        expect(() => verify(received, signatureOf(received), other)).toThrow(expect.objectContaining({ code: "signature_invalid" }));
      }
    });

    test(`left out, only the token is sent: ${name}`, async () => {
      for (const options of [undefined, {}, { idempotencyKey: undefined }]) await call(options);
      expect(endpoint.received.map(({ args }) => typeof args["countersign"])).toEqual(["string", "string", "string"]);
    });

    test(`that is none is refused, and nothing is sent: ${name}`, async () => {
      const odd = [["", "type_invalid"], ["x".repeat(257), "type_invalid"], ["ü".repeat(129), "type_invalid"], [5, "type_invalid"], [null, "type_invalid"], [["x"], "type_invalid"], ["\ud800", "text_malformed"]] as const;
      for (const [value, code] of odd) {
        expect(await errorOf(call({ idempotencyKey: value })), JSON.stringify(value)).toMatchObject({ name: "CountersignError", code, message: expect.stringContaining("idempotencyKey") as string });
      }
      expect(endpoint.received).toEqual([]);
      for (const value of ["x", "x".repeat(256), "ü".repeat(128)]) await call({ idempotencyKey: value });
      expect(endpoint.received).toHaveLength(3);
    });
  }

  test("that is none is refused at once, and not when the call's turn comes", async () => {
    const client = new CountersignClient(endpoint.url);
    let answer = () => {};
    endpoint.answer((received, response) => void (answer = () => void success(null)(received, response)));
    const first = client.mutation(mark, event);
    await errorOf(client.mutation(mark, event, { idempotencyKey: "" }));
    await vi.waitFor(() => expect(endpoint.received).toHaveLength(1));
    answer();
    await first;
  });

  test("is for mutations only", async () => {
    for (const call of [fetchQuery(lookUp, event, { idempotencyKey } as object), fetchAction(deliver, event, { idempotencyKey } as object)]) {
      expect(await errorOf(call)).toMatchObject({ code: "type_invalid", message: expect.stringContaining("fetchMutation only") as string });
    }
    expect(endpoint.received).toEqual([]);
  });

  test("on Object.prototype is none", async () => {
    Object.defineProperty(Object.prototype, "idempotencyKey", { value: "polluted", configurable: true });
    try {
      for (const call of Object.values(mutations)) await call({});
    } finally {
      delete (Object.prototype as Record<string, unknown>)["idempotencyKey"];
    }
    expect(endpoint.received.map(({ args }) => typeof args["countersign"])).toEqual(["string", "string", "string", "string"]);
  });
});

type Failing = (response: ServerResponse) => void;
const outages: Record<string, Failing> = {
  "a connection that is reset": (response) => void response.socket?.resetAndDestroy(),
  "a connection that breaks within the answer": (response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": 1000 });
    response.write('{"status":', () => response.destroy());
  },
  "status 500": (response) => send(response, 500, { code: "InternalServerError" }),
  "status 503": (response) => send(response, 503, { code: "Overloaded" }),
  "status 599": (response) => send(response, 599, {}),
};
const answers: Record<string, Failing> = {
  "status 400": (response) => send(response, 400, { code: "BadRequest" }),
  "status 429": (response) => send(response, 429, { code: "TooManyRequests" }),
  "the error of a function, status 560": (response) => send(response, 560, { status: "error", errorMessage: "Server Error", logLines: [] }),
  "a refusal": (response) => send(response, 560, { status: "error", errorMessage: "x", errorData: { code: "unauthorized" }, logLines: [] }),
  "a conflict": (response) => send(response, 560, { status: "error", errorMessage: "x", errorData: { code: "idempotency_conflict", message: "countersign: Other arguments." }, logLines: [] }),
  "an answer that is no JSON": (response) => void response.writeHead(200).end("<html>"),
  "an answer of no known form": (response) => send(response, 200, { status: "odd" }),
  "a redirect": (response) => void response.writeHead(307, { location: "/api/other" }).end(),
};

/** Fails the first n calls in this way. */
function failFirst(n: number, fail: Failing): void {
  endpoint.answer((received, response) => (endpoint.received.length <= n ? fail(response) : success("done")(received, response)));
}

describe("with an idempotency key, a call is tried again", () => {
  for (const [what, fail] of Object.entries(outages)) {
    test(`after ${what}, each time with a token of its own and the same key`, async () => {
      for (const call of Object.values(mutations)) {
        endpoint.received.length = 0;
        waits = [];
        failFirst(2, fail);
        expect(await call({ idempotencyKey })).toBe("done");
        expect(endpoint.received).toHaveLength(3);
        expect(new Set(endpoint.received.map(({ args }) => signatureOf({ args } as Received).idempotencyKey))).toEqual(new Set([idempotencyKey]));
        const nonces = endpoint.received.map((received) => verify(received, signatureOf(received), idempotencyKey).nonce.join());
        expect(new Set(nonces).size).toBe(3);
        // It waits between two tries, and not after the last.
        expect(waits).toEqual([chance * 200, chance * 400]);
      }
    });

    test(`after ${what}, but not a fourth time; then the error is the one it is without a key`, async () => {
      endpoint.answer((_received, response) => fail(response));
      for (const call of Object.values(mutations)) {
        endpoint.received.length = 0;
        const error = await errorOf(call({ idempotencyKey }));
        expect(endpoint.received).toHaveLength(3);
        const plain = await errorOf(call());
        expect(endpoint.received).toHaveLength(4);
        const look = ({ name, message, cause, constructor }: Error) => ({ name, message, code: (cause as { code?: string } | undefined)?.code, constructor });
        expect(look(error)).toEqual(look(plain));
      }
    });
  }

  test("with the time of each try", async () => {
    let now = 1_700_000_000_000;
    failFirst(2, outages["status 503"] as Failing);
    await new CountersignClient(endpoint.url, { clock: () => (now += 1000) }).mutation(mark, event, { idempotencyKey });
    expect(endpoint.received.map((received) => signatureOf(received).token.split(".")[2])).toEqual(["1700000001000", "1700000002000", "1700000003000"]);
  });

  test("after a random wait of up to 200 ms, then of up to 400 ms", async () => {
    for (const part of [0.0001, 0.4999]) {
      vi.mocked(Math.random).mockReturnValue(part);
      endpoint.received.length = 0;
      waits = [];
      failFirst(2, outages["status 503"] as Failing);
      const start = performance.now();
      await new CountersignClient(endpoint.url).mutation(mark, event, { idempotencyKey });
      expect(waits).toEqual([part * 200, part * 400]);
      // A timer may fire up to a millisecond early.
      expect(performance.now() - start).toBeGreaterThan(part * 600 - 3);
    }
  });

  test("while the mutations behind it wait", async () => {
    const client = new CountersignClient(endpoint.url);
    failFirst(2, outages["status 503"] as Failing);
    await Promise.all([client.mutation(mark, { ...event, eventId: "first" }, { idempotencyKey }), client.mutation(mark, { ...event, eventId: "second" })]);
    expect(endpoint.received.map(({ args }) => args["eventId"])).toEqual(["first", "first", "first", "second"]);
  });

  test("through a fetch that fails in other runtimes' ways", async () => {
    for (const reason of [new TypeError("Load failed"), Object.assign(new Error("Unable to connect"), { code: "ConnectionRefused" }), new DOMException("too slow", "TimeoutError")]) {
      const fetch = vi.fn<typeof globalThis.fetch>(async () => Promise.reject(reason));
      expect(await errorOf(new CountersignClient(endpoint.url, { fetch }).mutation(mark, event, { idempotencyKey }))).toBe(reason);
      expect(fetch).toHaveBeenCalledTimes(3);
    }
  });
});

describe("a call is sent once", () => {
  for (const [what, fail] of Object.entries(outages)) {
    test(`without a key, whatever its type, also after ${what}`, async () => {
      endpoint.answer((_received, response) => fail(response));
      const client = new CountersignClient(endpoint.url);
      const { gateway } = client;
      const calls = [
        ...Object.values(mutations).map((call) => () => call()),
        () => client.query(lookUp, event),
        () => client.action(deliver, event),
        () => gateway.query(list, order),
        () => gateway.action(ship, order),
        () => fetchQuery(lookUp, event),
        () => fetchAction(deliver, event),
      ];
      for (const call of calls) {
        endpoint.received.length = 0;
        await errorOf(call());
        expect(endpoint.received).toHaveLength(1);
      }
    });
  }

  for (const [what, fail] of Object.entries(answers)) {
    test(`with a key, if it comes to ${what}`, async () => {
      endpoint.answer((_received, response) => fail(response));
      for (const call of Object.values(mutations)) {
        endpoint.received.length = 0;
        const error = await errorOf(call({ idempotencyKey }));
        expect(endpoint.received).toHaveLength(1);
        expect((await errorOf(call())).message).toBe(error.message);
      }
      expect(waits).toEqual([]);
    });
  }

  test("with a key, if it succeeds", async () => {
    for (const call of Object.values(mutations)) await call({ idempotencyKey });
    expect(endpoint.received).toHaveLength(4);
    expect(waits).toEqual([]);
  });

  test("with a key, if it is aborted or stopped by Next.js", async () => {
    for (const reason of [new DOMException("stop", "AbortError"), Object.assign(new Error("dynamic"), { digest: "DYNAMIC_SERVER_USAGE" }), "a text"]) {
      const fetch = vi.fn<typeof globalThis.fetch>(async () => Promise.reject(reason));
      const call = new CountersignClient(endpoint.url, { fetch }).mutation(mark, event, { idempotencyKey });
      await expect(call).rejects.toBe(reason);
      expect(fetch).toHaveBeenCalledTimes(1);
    }
  });
});

test("a conflict says what was refused, and sends nobody to the doctor", async () => {
  endpoint.answer(failure("Server Error", { code: "idempotency_conflict", message: "countersign: This idempotency key was used for other arguments." }));
  const error = await errorOf(new CountersignClient(endpoint.url).gateway.mutation(create, order, { idempotencyKey }));
  expect(error).toMatchObject({ name: "CountersignError", code: "idempotency_conflict" });
  expect(error.message).toBe("countersign: Convex did not run orders:create (idempotency_conflict): This idempotency key was used for other arguments.");
});
