// A signed mutation or action runs once. With `replay: components.countersign`.
import { beforeEach, describe, expect, test, vi } from "vitest";
import { done } from "../convex/once.js";
import { call, deployment, event, expectMisconfigured, failureOf, keyIdOf, log, otherSecret, refusalLine, rowCount, secret, setEnvironment, audience, sign, useDeployment } from "../support/deployment.js";
import type { SignOptions } from "../support/deployment.js";
import { componentRows, expectDenied, minute, noncesUsed, start, sweep, useClock } from "../support/replay.js";

const name = "once:mark";
const deliver = { type: "action", name: "once:deliver" } as const;
const nonce = new Uint8Array(16).fill(7);
const signed = (options: SignOptions = {}) => ({ ...event, countersign: sign({ name, ...options }) });

describe("the same call again", () => {
  useDeployment();
  useClock();
  beforeEach(() => {
    done.length = 0;
  });

  test("attack 10: twice in a row", async () => {
    const t = deployment();
    const args = signed();
    expect(await call(t, "mutation", name, args)).toEqual({ rows: 1, by: "default" });
    for (let i = 0; i < 3; i++) await expectDenied(t, () => call(t, "mutation", name, args), "replayed", { name });
    expect(await rowCount(t)).toBe(1);
  });

  test("attack 10: twice in a row, as an action", async () => {
    const t = deployment();
    const args = signed(deliver);
    expect(await call(t, "action", deliver.name, args)).toBe("evt_1");
    await expectDenied(t, () => call(t, "action", deliver.name, args), "replayed", deliver);
    expect(done).toEqual(["evt_1"]);
  });

  for (const [type, called] of [["mutation", name], ["action", deliver.name]] as const) {
    test(`attack 10: 50 at once, as ${type}s`, async () => {
      const t = deployment();
      const args = signed({ type, name: called });
      const attempts = await Promise.allSettled(Array.from({ length: 50 }, () => call(t, type, called, args)));
      const refused = attempts.filter((attempt) => attempt.status === "rejected");
      expect(refused).toHaveLength(49);
      for (const { reason } of refused) expect((reason as { data: unknown }).data).toEqual({ code: "unauthorized" });
      expect(log.warn).toEqual(Array.from({ length: 49 }, () => refusalLine("replayed", { name: called, type })));
      expect(await noncesUsed(t)).toBe(1);
      expect(type === "mutation" ? await rowCount(t) : done.length).toBe(1);
    });
  }

  test("as a query it is answered again: queries write nothing, and their window is what protects them", async () => {
    const t = deployment();
    const lookUp = { type: "query", name: "once:lookUp" } as const;
    const args = signed(lookUp);
    for (let i = 0; i < 3; i++) expect(await call(t, "query", lookUp.name, args)).toBe(0);
    expect(await noncesUsed(t)).toBe(0);
    vi.setSystemTime(start + minute + 1);
    await expectDenied(t, () => call(t, "query", lookUp.name, args), "expired", lookUp);
  });

  test("other calls are not disturbed", async () => {
    const t = deployment();
    const results = await Promise.all(Array.from({ length: 30 }, () => call(t, "mutation", name, signed())));
    expect(new Set(results.map((result) => (result as { rows: number }).rows)).size).toBe(30);
    expect(await noncesUsed(t)).toBe(30);
  });

  test("attack 10: a used nonce on a call with other arguments or of another function", async () => {
    const t = deployment();
    await call(t, "mutation", name, signed({ nonce }));
    const other = { ...event, provider: "stripe" };
    await expectDenied(t, () => call(t, "mutation", name, { ...other, countersign: sign({ name, nonce, args: other }) }), "replayed", { name });
    await expectDenied(t, () => call(t, "mutation", "once:markAgain", signed({ nonce, name: "once:markAgain" })), "replayed", { name: "once:markAgain" });
    await expectDenied(t, () => call(t, "action", deliver.name, signed({ nonce, ...deliver })), "replayed", deliver);
    await expectDenied(t, () => call(t, "mutation", name, signed({ nonce, now: start + 1 })), "replayed", { name });
  });

  test("the same nonce under another key is another call", async () => {
    setEnvironment({ COUNTERSIGN_SECRET: secret, COUNTERSIGN_SECRET_NEXT: otherSecret, CONVEX_CLOUD_URL: audience });
    const t = deployment();
    await call(t, "mutation", name, signed({ nonce }));
    await call(t, "mutation", name, signed({ nonce, secret: otherSecret }));
    expect(await noncesUsed(t)).toBe(2);
  });
});

describe("how long a nonce stays used", () => {
  useDeployment();
  useClock();

  test("attack 10: from one edge of the window to the other, with sweeps in between", async () => {
    const t = deployment();
    // By a clock that is a minute ahead: it may come for two minutes.
    const args = signed({ now: start + minute });
    await call(t, "mutation", name, args);
    for (let at = start; at <= start + 2 * minute; at += minute / 4) {
      vi.setSystemTime(at);
      await sweep(t);
      await expectDenied(t, () => call(t, "mutation", name, args), "replayed", { name });
    }
    vi.setSystemTime(start + 2 * minute + 1);
    await expectDenied(t, () => call(t, "mutation", name, args), "expired", { name });
    expect(await rowCount(t)).toBe(1);
  });

  test("attack 10: first used at the last moment, and again", async () => {
    const t = deployment();
    const args = signed({ now: start - minute });
    await call(t, "mutation", name, args);
    await expectDenied(t, () => call(t, "mutation", name, args), "replayed", { name });
    vi.setSystemTime(start + 1);
    await expectDenied(t, () => call(t, "mutation", name, args), "expired", { name });
  });

  test("attack 10: after it was swept, and the clock went back", async () => {
    const t = deployment();
    const args = signed();
    await call(t, "mutation", name, args);
    vi.setSystemTime(start + 16 * minute);
    await sweep(t);
    expect(await noncesUsed(t)).toBe(0);
    for (const at of [start, start - minute / 2, start + minute]) {
      vi.setSystemTime(at);
      await expectDenied(t, () => call(t, "mutation", name, args), "replayed", { name });
      await sweep(t);
    }
    vi.setSystemTime(start + 16 * minute);
    await call(t, "mutation", name, signed());
    expect(await rowCount(t)).toBe(2);
  });

  test("attack 10: through another gateway with a wider window, after its minute and a sweep", async () => {
    const t = deployment();
    const args = { orderId: "o1", amount: 7 };
    const request = { name: "orders:create", args, countersign: sign({ name: "orders:create", args, now: start }) };
    await call(t, "mutation", "gateway:mutation", request);
    for (const at of [start, start + 3 * minute, start + 15 * minute]) {
      vi.setSystemTime(at);
      await sweep(t);
      await expectDenied(t, () => call(t, "mutation", "variants:patientMutation", request), "replayed", { name: "orders:create" });
    }
    expect(await rowCount(t)).toBe(1);
  });

  test("attack 10: while the clock goes back, with no sweep", async () => {
    const t = deployment();
    const args = signed();
    await call(t, "mutation", name, args);
    for (const at of [start - minute, start + minute, start]) {
      vi.setSystemTime(at);
      await expectDenied(t, () => call(t, "mutation", name, args), "replayed", { name });
    }
  });

  for (const called of [name, "once:within1s"]) {
    test(`its row is kept for the widest window and a minute more: ${called}`, async () => {
      const t = deployment();
      const issued = start - 777;
      await call(t, "mutation", called, signed({ name: called, now: issued }));
      const expiresAt = issued + 16 * minute;
      expect((await componentRows(t)).nonces).toMatchObject([{ expiresAt }]);
      vi.setSystemTime(expiresAt - 1);
      await sweep(t);
      expect(await noncesUsed(t)).toBe(1);
      vi.setSystemTime(expiresAt);
      await sweep(t);
      expect(await componentRows(t)).toMatchObject({ nonces: [], sweeps: [{ horizon: expiresAt }] });
    });
  }
});

describe("what a call leaves behind", () => {
  useDeployment();
  useClock();

  for (const [type, called] of [["mutation", name], ["action", deliver.name]] as const) {
    test(`attack 11: a forged ${type} with a victim's nonce uses nothing up`, async () => {
      const t = deployment();
      const one = { type, name: called, nonce };
      const genuine = sign(one);
      const [version, keyId, issued, nonceText, mac = ""] = genuine.split(".");
      const forged = [
        [version, keyId, issued, nonceText, `${mac[0] === "A" ? "B" : "A"}${mac.slice(1)}`],
        [version, keyId, String(Number(issued) + 1), nonceText, mac],
        [version, keyIdOf(otherSecret), issued, nonceText, mac],
        sign({ ...one, secret: otherSecret }).split("."),
        sign({ ...one, name: "once:markAgain" }).split("."),
        sign({ ...one, audience: "https://elsewhere.convex.cloud" }).split("."),
      ].map((parts) => parts.join("."));
      const line = { name: called, type };
      for (const countersign of forged) {
        const keyId = countersign.split(".")[1] ?? "";
        const code = keyId === keyIdOf(secret) ? "signature_invalid" : "key_unknown";
        await expectDenied(t, () => call(t, type, called, { ...event, countersign }), code, { ...line, keyId });
        await expectDenied(t, () => call(t, type, called, { ...event, provider: "stripe", countersign: genuine }), "signature_invalid", line);
      }
      expect(await noncesUsed(t)).toBe(0);
      expect(await call(t, type, called, { ...event, countersign: genuine })).toEqual(type === "mutation" ? { rows: 1, by: "default" } : "evt_1");
      expect(await noncesUsed(t)).toBe(1);
    });
  }

  for (const [type, called] of [["mutation", name], ["action", deliver.name]] as const) {
    test(`attack 11: a refused ${type} writes no row`, async () => {
      const t = deployment();
      const one = { type, name: called };
      const refused: [code: string, countersign: unknown, keyId?: string][] = [
        ["signature_missing", undefined, "-"],
        ["signature_malformed", "cs1.x", "-"],
        ["version_unsupported", sign(one).replace("cs1", "cs2")],
        ["key_unknown", sign({ ...one, secret: otherSecret }), keyIdOf(otherSecret)],
        ["signature_invalid", sign({ ...one, args: {} })],
        ["signature_invalid", sign({ ...one, type: "query" })],
        ["expired", sign({ ...one, now: start - minute - 1 })],
        ["not_yet_valid", sign({ ...one, now: start + minute + 1 })],
      ];
      for (const [code, countersign, keyId = keyIdOf(secret)] of refused) {
        const args = countersign === undefined ? event : { ...event, countersign };
        await expectDenied(t, () => call(t, type, called, args), code, { name: called, type, keyId });
      }
      setEnvironment({ CONVEX_CLOUD_URL: audience });
      log.warn = [];
      await expectMisconfigured(call(t, type, called, signed(one)), "secret_missing");
      expect(await componentRows(t)).toEqual({ nonces: [], results: [], sweeps: [] });
      setEnvironment({ COUNTERSIGN_SECRET: secret, CONVEX_CLOUD_URL: audience });
      await call(t, type, called, signed(one));
      expect(await noncesUsed(t)).toBe(1);
    });
  }

  test("attack 9: a signature of one function type is not used up by another", async () => {
    const t = deployment();
    const mutation = signed();
    await expectDenied(t, () => call(t, "action", deliver.name, mutation), "signature_invalid", deliver);
    await expectDenied(t, () => call(t, "query", "once:lookUp", mutation), "signature_invalid", { type: "query", name: "once:lookUp" });
    await call(t, "mutation", name, mutation);
    // Now that it is used, too, it is a wrong signature there and not a used one.
    await expectDenied(t, () => call(t, "action", deliver.name, mutation), "signature_invalid", deliver);
  });

  test("a row has neither the secret nor the nonce, nor anything of the call", async () => {
    const t = deployment();
    const args = { eventId: "evt_of_row_test", provider: "provider_of_row_test" };
    const countersign = sign({ name, args });
    await call(t, "mutation", name, { ...args, countersign });
    const { nonces, results, sweeps } = await componentRows(t);
    expect({ results, sweeps }).toEqual({ results: [], sweeps: [] });
    expect(nonces.map((row) => Object.keys(row).sort())).toEqual([["_creationTime", "_id", "expiresAt", "key", "shard"]]);
    expect(nonces[0]?.["key"]).toMatch(/^[\w-]{43}$/);
    const text = JSON.stringify(nonces);
    const [, keyId, , nonceText, mac] = countersign.split(".");
    for (const part of [secret, keyId, nonceText, mac, args.eventId, args.provider, name]) expect(text).not.toContain(part);
  });

  test("a deployment without the component: the error is not a refusal, and nothing runs", async () => {
    const t = deployment();
    const used = signed();
    await call(t, "mutation", name, used);
    const failure = await failureOf(call(t, "mutation", "once:markUninstalled", { ...event, countersign: sign({ name: "once:markUninstalled" }) }));
    expect(failure.convexError).toBe(false);
    expect(await rowCount(t)).toBe(1);
  });
});
