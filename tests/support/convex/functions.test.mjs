// What functions see of their deployment: variables, globals, metadata, each other, and the log they write.
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { errorOf, httpClient, startFixture, until } from "./testing.mjs";

/** @type {Awaited<ReturnType<typeof startFixture>>} */
let convex;
/** @type {any} functions are named by strings here, which the client's types do not know */
let client;
/** @type {import("./index.mjs").LogEntry[]} */
const passedOn = [];

beforeAll(async () => {
  process.env.OF_THE_HOST = "must not be seen";
  convex = await startFixture({ env: { GREETING: "hello" }, log: (entry) => passedOn.push(entry) });
  client = httpClient(convex.url);
});
afterAll(async () => {
  delete process.env.OF_THE_HOST;
  await convex.close();
});

describe("environment variables", () => {
  const builtIn = () => ({ CONVEX_CLOUD_URL: convex.url, CONVEX_SITE_URL: convex.siteUrl });

  test("are the deployment's and nothing else, in both environments", async () => {
    expect(await client.query("environment:all", {})).toEqual({ ...builtIn(), GREETING: "hello" });
    expect((await client.action("hash:environment", {})).all).toEqual({ ...builtIn(), GREETING: "hello" });
  });

  test("changes are seen by the next call, at module scope too", async () => {
    await convex.setEnv("GREETING", "changed");
    expect(await client.query("environment:greeting", {})).toEqual({ moduleScope: "changed", handler: "changed" });
    expect(await client.action("hash:environment", {})).toMatchObject({ moduleScope: "changed", all: { GREETING: "changed" } });
    await convex.setEnv("GREETING", undefined);
    expect(await client.query("environment:greeting", {})).toEqual({ moduleScope: null, handler: null });
    expect(await client.query("environment:all", {})).toEqual(builtIn());
    await convex.setEnv("GREETING", "hello");
  });

  test.for([
    ["1ST", "x", /name 1ST is invalid/],
    ["A-B", "x", /name A-B is invalid/],
    ["CONVEX_CLOUD_URL", "http://elsewhere", /built-in and cannot be overridden/],
    ["LONG", "x".repeat(8 * 1024 + 1), /too large/],
    ["N".repeat(257), "x", /longer than 256/],
  ])("%s is refused if it breaks Convex's rules", async ([name, value, reason]) => {
    await expect(convex.setEnv(/** @type {string} */ (name), /** @type {string} */ (value))).rejects.toThrow(reason);
    await expect(startFixture({ env: { [/** @type {string} */ (name)]: /** @type {string} */ (value) } })).rejects.toThrow(reason);
    expect(await client.query("environment:all", {})).toEqual({ ...builtIn(), GREETING: "hello" });
  });
});

describe("the runtime", () => {
  test("each call evaluates the module anew", async () => {
    expect([await client.query("environment:callsSeen", {}), await client.query("environment:callsSeen", {})]).toEqual([1, 1]);
  });

  test("actions and http actions may import modules when they run, queries and mutations may not", async () => {
    expect(await client.action("late:inAction", {})).toBe("loaded");
    expect(await (await fetch(`${convex.siteUrl}/late`)).text()).toBe("loaded");
    const refused = "TypeError: dynamic module import unsupported";
    expect([await client.query("late:inQuery", {}), await client.mutation("late:inMutation", {})]).toEqual([refused, refused]);
  });

  test("has what Convex documents, and not Node's own globals", async () => {
    expect(await client.query("environment:typesOf", {})).toEqual({
      Buffer: "undefined",
      queueMicrotask: "undefined",
      process: ["env"],
      TextEncoder: "function",
      TextDecoder: "function",
      URL: "function",
      atob: "function",
      getRandomValues: "function",
      instantiate: "function",
    });
  });

  test("loads WebAssembly from bytes, synchronously", async () => {
    expect(await client.query("environment:addInWasm", { a: 40, b: 2 })).toBe(42);
  });

  test('a "use node" action has Node', async () => {
    expect(await client.action("hash:sha256", { text: "abc" })).toBe(createHash("sha256").update("abc").digest("hex"));
    expect((await client.action("hash:environment", {})).version).toBe(process.version);
  });
});

describe("metadata", () => {
  test("of a query", async () => {
    expect(await client.query("meta:ofQuery", {})).toEqual({
      fn: { name: "meta:ofQuery", componentPath: "", type: "query", visibility: "public" },
      deployment: { name: "embedded", region: null, class: expect.any(String) },
    });
  });

  test("of a mutation, and its request's", async () => {
    const { fn, request } = await client.mutation("meta:ofMutation", {});
    expect(fn).toEqual({ name: "meta:ofMutation", componentPath: "", type: "mutation", visibility: "public" });
    expect(request).toEqual({ ip: "127.0.0.1", userAgent: expect.any(String), requestId: expect.stringMatching(/^[0-9a-f]{16}$/), scheduledFunctionId: null, authToken: null });
  });

  test("of an action, of the internal mutation it calls, and of itself again", async () => {
    const fn = { name: "meta:ofAction", componentPath: "", type: "action", visibility: "public" };
    expect(await client.action("meta:ofAction", {})).toEqual({ fn, nested: { name: "meta:ofInternal", componentPath: "", type: "mutation", visibility: "internal" }, after: fn });
  });

  test("is the canonical name, however the function was called", async () => {
    expect((await client.query("meta.js:ofQuery", {})).fn.name).toBe("meta:ofQuery");
  });
});

describe("nested calls", () => {
  test("a caught ConvexError has its data, and the nested writes are undone", async () => {
    expect(await client.mutation("nested/deep:catchNested", {})).toEqual({ caught: { code: "refused", count: 3n } });
    expect(await client.query("messages:list", { author: "nested" })).toEqual([]);
  });

  test("end at Convex's depth limit", async () => {
    await errorOf(client.mutation("nested/deep:callYourself", {}));
    expect(convex.logs.findLast((entry) => entry.level === "failure")?.message).toContain('"nested/deep:callYourself" would be call number 9 in a row');
  });

  test("a scheduled function runs, as a request of its own", async () => {
    await client.mutation("messages:schedule", { body: "later" });
    await until(() => convex.logs.some((entry) => entry.message === "internal message later"), "the scheduled function has run");
    await until(() => convex.logs.length === passedOn.length, "the log is passed on");
    const messages = await client.query("messages:list", { author: "internal" });
    expect(messages).toContainEqual(expect.objectContaining({ body: "later" }));
  });
});

test("a chain of scheduled functions is not a nest of calls", async () => {
  await client.mutation("messages:countDown", { from: 12 });
  await until(() => convex.logs.some((entry) => entry.message === "lift-off"), "the chain has ended");
  expect(await client.query("messages:list", { author: "countdown" })).toHaveLength(1);
});

describe("mutations at the same time", () => {
  test("are isolated from each other", async () => {
    const clients = Array.from({ length: 25 }, () => /** @type {any} */ (httpClient(convex.url)));
    await Promise.all(clients.map((each) => each.mutation("counters:increment", { names: ["shared"] })));
    expect(await client.query("counters:get", { name: "shared" })).toBe(25);
  });

  test("one that fails takes nothing of another with it", async () => {
    const sends = ["a", "b", "c"].map((body) => client.mutation("messages:send", { body, author: "parallel" }, { skipQueue: true }));
    const failures = ["x", "y", "z"].map((body) => errorOf(client.mutation("messages:sendThenFail", { body, author: "parallel" }, { skipQueue: true })));
    await Promise.all([...sends, ...failures]);
    const messages = await client.query("messages:list", { author: "parallel" });
    expect(messages.map((/** @type {{ body: string }} */ { body }) => body).sort()).toEqual(["a", "b", "c"]);
  });
});

describe("the log", () => {
  test("has the console's output, with level and function, and goes to `log` as well", async () => {
    const before = convex.logs.length;
    await client.action("nested/deep", { body: "logged" });
    const entries = convex.logs.slice(before);
    expect(entries).toEqual([
      { time: expect.any(Number), level: "log", function: "nested/deep", message: "deep action { body: 'logged' }" },
      { time: expect.any(Number), level: "warn", function: "messages:sendInternal", message: "internal message logged" },
    ]);
    expect(passedOn.slice(-2)).toEqual(entries);
  });
});
