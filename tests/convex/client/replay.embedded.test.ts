// Replay protection, idempotency keys and the gateway from end to end: clients over HTTP, and an app with the component, bundled by Convex's
// own bundler, behind the embedded Convex.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { FunctionReference } from "convex/server";
import { anyApi } from "convex/server";
import { CountersignClient } from "countersign/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startConvex } from "../../support/convex/index.mjs";
import { internal } from "../convex/_generated/internal.js";
import { secret, sign } from "../support/deployment.js";

interface Marked {
  rows: number;
  by: string;
}
const once = anyApi["once"] as unknown as Record<string, FunctionReference<"mutation", "public", { eventId: string; provider: string; countersign: string }, Marked>>;
const mark = once["mark"] as NonNullable<typeof once[string]>;

let convex: Awaited<ReturnType<typeof startConvex>>;
let client: CountersignClient;

beforeAll(async () => {
  convex = await startConvex({ functionsDir: fileURLToPath(new URL("../convex", import.meta.url)), env: { COUNTERSIGN_SECRET: secret } });
  client = new CountersignClient(convex.url, { secret, logger: false });
}, 120_000);
afterAll(async () => {
  await convex.close();
});

interface Answer {
  status: "success" | "error";
  errorData?: unknown;
}

type Type = "query" | "mutation" | "action";

/** The body of a request that calls a function, as ConvexHttpClient sends it. */
function request(path: string, args: object): string {
  return JSON.stringify({ path, format: "convex_encoded_json", args: [args] });
}
/** One that is signed now. */
function signed(type: Type, name: string, args: object): string {
  return request(name, { ...args, countersign: sign({ audience: convex.url, type, name, args }) });
}
async function post(type: Type, body: string): Promise<Answer> {
  const response = await fetch(`${convex.url}/api/${type}`, { method: "POST", headers: { "content-type": "application/json" }, body });
  return (await response.json()) as Answer;
}
/** Sends the same bytes from a process of its own, so often at once as it is told; the others wait until all of them are there. */
async function postFromProcess(type: Type, body: string, times: number, at: number): Promise<Answer[]> {
  const program = `
    const [url, body, times, at] = process.argv.slice(1);
    await new Promise((resolve) => setTimeout(resolve, Number(at) - Date.now()));
    const send = () => fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body }).then((response) => response.json());
    console.log(JSON.stringify(await Promise.all(Array.from({ length: Number(times) }, send))));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program, `${convex.url}/api/${type}`, body, String(times), String(at)], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (output += text));
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect(code).toBe(0);
  return JSON.parse(output) as Answer[];
}

async function eventIds(): Promise<string[]> {
  return ((await convex.readTable("", "events")) as { eventId: string }[]).map(({ eventId }) => eventId);
}
const nonces = async () => (await convex.readTable("countersign", "nonces")) as { key: string; expiresAt: number }[];
/** How often these lines were logged since then. */
function logged(since: number, text: string): number {
  return convex.logs.slice(since).filter(({ message }) => message.includes(text)).length;
}

/** One of the answers is a success, and every other one is refused as replayed, which only the log says. */
function expectOneSuccess(answers: readonly Answer[], since: number): void {
  expect(answers.filter(({ status }) => status === "success")).toHaveLength(1);
  const others = answers.filter(({ status }) => status !== "success");
  expect(new Set(others.map(({ errorData }) => JSON.stringify(errorData)))).toEqual(new Set(['{"code":"unauthorized"}']));
  expect(logged(since, "countersign: refused code=replayed")).toBe(others.length);
}

describe("attack 10: the same request again", { timeout: 60_000 }, () => {
  const calls = {
    "a signed mutation": (id: string) => signed("mutation", "once:mark", { eventId: id, provider: "polar" }),
    "an internal mutation through the gateway": (id: string) => {
      const args = { orderId: id, amount: 1 };
      return request("gateway:mutation", { name: "orders:create", args, countersign: sign({ audience: convex.url, type: "mutation", name: "orders:create", args }) });
    },
  };

  for (const [what, make] of Object.entries(calls)) {
    test(`${what}: twice in a row, and 50 times at once`, async () => {
      for (const [id, send] of [
        [`${what}, in a row`, async (body: string) => [await post("mutation", body), await post("mutation", body)]],
        [`${what}, at once`, (body: string) => Promise.all(Array.from({ length: 50 }, () => post("mutation", body)))],
      ] as const) {
        const since = convex.logs.length;
        expectOneSuccess(await send(make(id)), since);
        expect((await eventIds()).filter((found) => found === id)).toHaveLength(1);
      }
    });

    test(`${what}: from two processes at once`, async () => {
      const [id, since] = [`${what}, two processes`, convex.logs.length];
      const body = make(id);
      const at = Date.now() + 1500;
      const answers = await Promise.all([postFromProcess("mutation", body, 10, at), postFromProcess("mutation", body, 10, at)]);
      expect(answers.map(({ length }) => length)).toEqual([10, 10]);
      expectOneSuccess(answers.flat(), since);
      expect((await eventIds()).filter((found) => found === id)).toHaveLength(1);
    });
  }

  test("a signed action: 20 times at once", async () => {
    const since = convex.logs.length;
    const body = signed("action", "once:deliver", { eventId: "evt_action", provider: "polar" });
    expectOneSuccess(await Promise.all(Array.from({ length: 20 }, () => post("action", body))), since);
  });

  test("attack 11: one that was changed on the way uses up nothing", async () => {
    const args = { eventId: "evt_victim", provider: "polar" };
    const token = sign({ audience: convex.url, name: "once:mark", args });
    const before = (await nonces()).length;
    const forged = request("once:mark", { ...args, eventId: "evt_forged", countersign: token });
    for (let i = 0; i < 5; i++) expect(await post("mutation", forged)).toMatchObject({ status: "error", errorData: { code: "unauthorized" } });
    expect(await nonces()).toHaveLength(before);
    expect(await post("mutation", request("once:mark", { ...args, countersign: token }))).toMatchObject({ status: "success" });
  });
});

describe("attack 13: from outside", { timeout: 60_000 }, () => {
  test("an internal function, and the component's own, cannot be called", async () => {
    const call = { key: "A".repeat(43), expiresAt: Date.now() + 1000 };
    for (const [path, args] of [
      ["orders:create", { orderId: "o", amount: 1 }],
      ["orders:count", {}],
      ["replay:consume", call],
      ["countersign/replay:consume", call],
      ["_reference/childComponent/countersign/replay/consume", call],
      ["sweep:run", {}],
      ["countersign/sweep:run", {}],
    ] as const) {
      const since = convex.logs.length;
      const before = (await nonces()).length;
      expect((await post("mutation", request(path, args))).status, path).toBe("error");
      expect(logged(since, "Could not find public function"), path).toBe(1);
      expect(await nonces()).toHaveLength(before);
    }
  });

  test("the gateway does not lead there either", async () => {
    for (const name of ["replay:consume", "countersign/replay:consume", "_reference/childComponent/countersign/replay/consume", "function://countersign;replay:consume", "sweep:run"]) {
      const since = convex.logs.length;
      const body = request("gateway:mutation", { name, args: {}, countersign: sign({ audience: convex.url, type: "mutation", name, args: {} }) });
      expect(await post("mutation", body), name).toMatchObject({ errorData: { code: "unauthorized" } });
      expect(logged(since, "code=function_forbidden"), name).toBe(1);
    }
  });
});

describe("deliveries by idempotency key", { timeout: 60_000 }, () => {
  test("200 at once with 50 duplicates among them: none is lost, none runs twice", async () => {
    // Every third event comes twice, from another client: 150 events in 200 deliveries.
    const ids = Array.from({ length: 150 }, (_, index) => `delivery ${index}`);
    const deliveries = [...ids, ...ids.filter((_, index) => index % 3 === 0)];
    expect(deliveries).toHaveLength(200);
    const clients = [client, new CountersignClient(convex.url, { secret, logger: false })];
    const shuffled = deliveries.map((id, index) => ({ id, place: (index * 7919) % 200, sender: clients[index % 2] as CountersignClient })).sort((one, other) => one.place - other.place);
    const results = await Promise.all(
      shuffled.map(async ({ id, sender }) => ({ id, result: await sender.mutation(mark, { eventId: id, provider: "polar" }, { idempotencyKey: `polar:${id}`, skipQueue: true }) })),
    );
    const effects = (await eventIds()).filter((id) => id.startsWith("delivery "));
    expect(effects.toSorted()).toEqual(ids.toSorted());
    // Both deliveries of an event get the result of the one that ran.
    const byEvent = new Map<string, Set<number>>();
    for (const { id, result } of results) byEvent.set(id, (byEvent.get(id) ?? new Set()).add(result.rows));
    expect([...byEvent.values()].every((rows) => rows.size === 1)).toBe(true);
    expect(new Set(results.map(({ result }) => result.rows)).size).toBe(150);
  }, 120_000);

  test("through the gateway, 20 of the same at once run once", async () => {
    const send = () => client.gateway.mutation(internal.orders.create, { orderId: "o_once", amount: 3 }, { idempotencyKey: "o_once", skipQueue: true });
    const results = await Promise.all(Array.from({ length: 20 }, send));
    expect(new Set(results.map(({ rows }) => rows)).size).toBe(1);
    expect((await eventIds()).filter((id) => id === "o_once")).toHaveLength(1);
  });
});
