// A secret is replaced while calls run: nobody is refused, in whatever order the two sides are deployed.
import { describe, expect, test, vi } from "vitest";
import { webSecret, workerSecret } from "../convex/variants.js";
import { audience, call, deployment, event, keyIdOf, log, otherSecret, rowCount, secret as before, setEnvironment, sign, useDeployment } from "../support/deployment.js";
import type { Args, Deployment } from "../support/deployment.js";
import { expectDenied, minute, start, useClock } from "../support/replay.js";

const after = "after-3f9b61d0c8e7a524-secret-of-both-sides-then";

/** What one side has in its environment. The first one signs. */
interface Side {
  current: string;
  next?: string;
  previous?: string;
}
type SideName = "server" | "deployment";
type State = Record<SideName, Side>;

/** A rotation: in each step both sides get new variables, one after the other. */
const steps: readonly Side[] = [
  { current: before, next: after },
  { current: after, previous: before },
  { current: after },
];
const orders: readonly (readonly SideName[])[] = [["server", "deployment"], ["deployment", "server"]];
/** Every choice of who goes first in each step. */
const histories = orders.flatMap((first) => orders.flatMap((second) => orders.map((third) => [first, second, third])));

/** What the two sides' variables are called, where the secret is the whole app's, and where it is one caller's. */
const names = {
  app: ({ current, next, previous }: Side) => ({ COUNTERSIGN_SECRET: current, COUNTERSIGN_SECRET_NEXT: next, COUNTERSIGN_SECRET_PREVIOUS: previous }),
  web: ({ current, next, previous }: Side) => ({ WEB_SECRET: current, WEB_SECRET_PREVIOUS: next ?? previous, WORKER_SECRET: workerSecret }),
};

function deploy(side: Side, who: keyof typeof names): void {
  const values: Record<string, string> = { CONVEX_CLOUD_URL: audience };
  for (const [name, value] of Object.entries(names[who](side))) if (value !== undefined) values[name] = value;
  setEnvironment(values);
}

/** The three ways to make a call: signed mutations and actions, and the gateway. */
interface Way {
  readonly who: keyof typeof names;
  /** What is signed, and what the log names. */
  readonly signed: { readonly type: "mutation" | "action"; readonly name: string };
  readonly sign: (secret: string, id: string) => Args;
  readonly send: (t: Deployment, args: Args) => Promise<unknown>;
}
const direct = (who: keyof typeof names, type: "mutation" | "action", name: string): Way => ({
  who,
  signed: { type, name },
  sign: (secret, eventId) => ({ eventId, provider: "p", countersign: sign({ secret, type, name, args: { eventId, provider: "p" } }) }),
  send: (t, args) => call(t, type, name, args),
});
const through = (who: keyof typeof names, door: string): Way => ({
  who,
  signed: { type: "mutation", name: "orders:create" },
  sign: (secret, orderId) => ({ name: "orders:create", args: { orderId, amount: 1 }, countersign: sign({ secret, name: "orders:create", args: { orderId, amount: 1 } }) }),
  send: (t, args) => call(t, "mutation", door, args),
});
const ways: [string, Way][] = [
  ["a mutation", direct("app", "mutation", "once:mark")],
  ["an action", direct("app", "action", "once:deliver")],
  ["the gateway", through("app", "gateway:mutation")],
  ["a caller's mutation", direct("web", "mutation", "rotation:markForWeb")],
  ["a caller's gateway", through("web", "rotation:throughMutation")],
];

/** Walks a rotation; in each state calls are signed, and delivered at once or after the next deploy. Returns how many ran. */
async function walk(way: Way, history: readonly (readonly SideName[])[], pause: number, plan = steps): Promise<number> {
  const t = deployment();
  const state: State = { server: { current: before }, deployment: { current: before } };
  let inFlight: Args[] = [];
  let delivered = 0;
  const traffic = async () => {
    deploy(state.deployment, way.who);
    for (const args of [...inFlight, way.sign(state.server.current, `evt_${delivered}`)]) {
      await way.send(t, args);
      delivered += 1;
    }
    inFlight = [way.sign(state.server.current, `late_${delivered}`)];
  };
  await traffic();
  for (const [index, order] of history.entries()) {
    for (const side of order) {
      state[side] = plan[index] ?? { current: after };
      await traffic();
    }
    // The last calls of the step arrive; then the next one may begin.
    await traffic();
    vi.setSystemTime(Date.now() + pause);
    if (pause > 0) inFlight = [];
  }
  return delivered;
}

describe("a rotation in three steps", () => {
  useDeployment();
  useClock();

  for (const [what, way] of ways) {
    test(`${what}: not one call is refused, whichever side is deployed first`, async () => {
      for (const history of histories) {
        vi.setSystemTime(start);
        // One at first; in each step one in each of three states, and those that were under way: three in the first step, two in the others.
        expect(await walk(way, history, 2 * minute)).toBe(1 + 3 * 3 + 3 + 2 + 2);
      }
      expect(log).toEqual({ warn: [], error: [] });
    });
  }

  test("each step is needed: without the first one, or with two at once, calls are refused", async () => {
    const [, way] = ways[0]!;
    const [, switched, done] = steps as [Side, Side, Side];
    const serverFirst = orders[0]!;
    await expect(walk(way, [serverFirst], 0, [switched])).rejects.toThrow("unauthorized");
    expect(log.warn.at(-1)).toContain(`code=key_unknown function=once:mark type=mutation key=${keyIdOf(after)} accepted=${keyIdOf(before)}`);
    vi.setSystemTime(start);
    await expect(walk(way, [orders[1]!], 0, [done])).rejects.toThrow("unauthorized");
    expect(log.warn.at(-1)).toContain(`code=key_unknown function=once:mark type=mutation key=${keyIdOf(before)} accepted=${keyIdOf(after)}`);
  });
});

describe("a revoked key", () => {
  useDeployment();
  useClock();

  for (const [what, way] of ways) {
    test(`attack 15: ${what}: is refused at once, also for calls that were signed before`, async () => {
      const t = deployment();
      deploy({ current: after, previous: before }, way.who);
      const held = [way.sign(before, "held"), way.sign(before, "held too")] as const;
      await way.send(t, held[0]);
      deploy({ current: after }, way.who);
      const accepted = way.who === "app" ? keyIdOf(after) : `${keyIdOf(after)},${keyIdOf(workerSecret)}`;
      for (const args of [held[1], held[0], way.sign(before, "later")]) {
        await expectDenied(t, () => way.send(t, args), "key_unknown", { ...way.signed, keyId: keyIdOf(before), accepted });
      }
      await way.send(t, way.sign(after, "new"));
    });
  }

  test("attack 15: the key of one caller is not revoked with that of another", async () => {
    const t = deployment();
    const args = (secret: string) => ({ ...event, countersign: sign({ name: "rotation:mark", secret }) });
    setEnvironment({ CONVEX_CLOUD_URL: audience, WEB_SECRET: webSecret, WORKER_SECRET: workerSecret });
    await call(t, "mutation", "rotation:mark", args(webSecret));
    setEnvironment({ CONVEX_CLOUD_URL: audience, WEB_SECRET: otherSecret, WORKER_SECRET: workerSecret });
    await expectDenied(t, () => call(t, "mutation", "rotation:mark", args(webSecret)), "key_unknown", { name: "rotation:mark", keyId: keyIdOf(webSecret), accepted: `${keyIdOf(otherSecret)},${keyIdOf(workerSecret)}` });
    expect(await call(t, "mutation", "rotation:mark", args(workerSecret))).toBe("worker");
    expect(await rowCount(t)).toBe(0);
  });
});
