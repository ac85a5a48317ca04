// redisReplayStore, on a real Redis server, by each client.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Cluster } from "ioredis";
import { createClient, createCluster, createSentinel } from "redis";
import { redisReplayStore } from "countersign/http";
import { startRedis } from "../support/redis.mjs";
import { clients } from "./clients.mjs";
import { LIFETIME_MS, atOnce, entry, fresh } from "./entries.mjs";

const exec = promisify(execFile);

/** @type {import("../support/redis.mjs").Redis} */
let redis;
/** To look at what was written. @type {ReturnType<typeof createClient>} */
let admin;

before(async () => {
  redis = await startRedis();
  admin = createClient({ socket: { path: redis.socket, tls: false } });
  await admin.connect();
});
after(async () => {
  admin.destroy();
  await redis.stop();
});

for (const [name, connect] of Object.entries(clients)) {
  describe(name, () => {
    /** @type {import("./clients.mjs").Connected} */
    let connected;
    before(async () => void (connected = await connect(redis.socket)));
    after(() => connected.close());

    test("once in a row, and once of 50 at once", async () => {
      const store = redisReplayStore(connected.client);
      const first = entry(`${name}: in a row`);
      assert.deepEqual([await store.consume(first), await store.consume(first), await store.consume(first)], [true, false, false]);
      assert.equal(fresh(await atOnce(store, entry(`${name}: at once`), 50)), 1);
      const another = redisReplayStore(connected.client);
      assert.equal(await another.consume(first), false, "Redis remembers, not the store");
    });

    test("across two processes, 25 nonces at the same moment: each once", async () => {
      const entries = Array.from({ length: 25 }, (_, i) => entry(`${name}: two processes ${i}`));
      const told = JSON.stringify({ name, socket: redis.socket, entries, at: Date.now() + 1200 });
      const start = async () => /** @type {boolean[]} */ (JSON.parse((await exec(process.execPath, [fileURLToPath(new URL("process.mjs", import.meta.url)), told])).stdout));
      const [one, other] = await Promise.all([start(), start()]);
      assert.deepEqual([one.length, other.length], [25, 25]);
      for (const [i, answer] of one.entries()) assert.equal(fresh([answer, other[i] ?? false]), 1, `nonce ${i}`);
    });

    test("one key, with the prefix, that Redis forgets by itself, not before 16 minutes", async () => {
      for (const [options, begins] of /** @type {const} */ ([[{}, "countersign:"], [{ prefix: "app:é:" }, "app:é:"], [{ prefix: "" }, ""]])) {
        const store = redisReplayStore(connected.client, options);
        for (const [lifetime, kept] of /** @type {const} */ ([[LIFETIME_MS + 300_000, LIFETIME_MS + 300_000], [LIFETIME_MS, LIFETIME_MS], [60_000, LIFETIME_MS], [1, LIFETIME_MS]])) {
          await admin.flushAll();
          const used = entry(`${name}: ${begins}`, lifetime + 50);
          assert.equal(await store.consume(used), true);
          assert.deepEqual(await admin.keys("*"), [`${begins}${used.key}`]);
          const left = await admin.pTTL(`${begins}${used.key}`);
          assert.ok(left > kept - 5000 && left <= kept + 50, `${left} ms, not ${kept}`);
        }
      }
    });

    test("what Redis has let expire can be used again, which is why it is kept so long", async () => {
      const store = redisReplayStore(connected.client);
      const used = entry(`${name}: expired`);
      assert.equal(await store.consume(used), true);
      assert.equal(await admin.pExpire(`countersign:${used.key}`, 30), 1);
      await new Promise((resolve) => setTimeout(resolve, 60));
      assert.equal(await store.consume(used), true);
      const late = { ...used, key: entry(`${name}: late`).key, expiresAt: Date.now() };
      assert.equal(await store.consume(late), false, "it may have been used, and forgotten");
      assert.equal(await admin.exists(`countersign:${late.key}`), 0);
    });

    test("a key of another type is used as well", async () => {
      const used = entry(`${name}: a list`);
      await admin.rPush(`countersign:${used.key}`, "x");
      assert.equal(await redisReplayStore(connected.client).consume(used), false);
    });

    test("a Redis that may not write, or is full, lets nobody in", async () => {
      const store = redisReplayStore(connected.client, { timeoutMs: 2000 });
      await admin.configSet("maxmemory", "1");
      try {
        await assert.rejects(store.consume(entry(`${name}: full`)), /OOM/);
      } finally {
        await admin.configSet("maxmemory", "0");
      }
      assert.equal(await store.consume(entry(`${name}: full`)), true, "it was not used up");
    });
  });
}

describe("an outage", () => {
  for (const [name, connect] of Object.entries(clients)) {
    test(`${name}: nobody gets in, and nobody waits for ever`, async () => {
      const own = await startRedis();
      const { client, close } = await connect(own.socket);
      try {
        const store = redisReplayStore(client, { timeoutMs: 250 });
        const used = entry("before");
        assert.equal(await store.consume(used), true);
        await own.stop();
        const start = performance.now();
        for (const each of [used, entry("after")]) await assert.rejects(store.consume(each));
        assert.ok(performance.now() - start < 10_000);
      } finally {
        await close();
        await own.stop();
      }
    });
  }

  test("a command that is never answered", async () => {
    const store = redisReplayStore(() => new Promise(() => {}), { timeoutMs: 20 });
    await assert.rejects(store.consume(entry("never")), { code: "misconfigured", message: /did not answer within 20 ms/ });
  });

  test("no timer is left behind", async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    await redisReplayStore(async () => "OK", { timeoutMs: 600_000 }).consume(entry("timer"));
    await assert.rejects(redisReplayStore(async () => assert.fail("down"), { timeoutMs: 600_000 }).consume(entry("timer")), /down/);
    await assert.rejects(redisReplayStore(() => assert.fail("down at once"), { timeoutMs: 600_000 }).consume(entry("timer")), /down at once/);
    assert.equal(timers(), before);
  });
});

describe("answers", () => {
  test("neither OK nor nil is never fresh", async () => {
    const answers = [undefined, true, false, 1, 0, "", "ok", "OK ", "QUEUED", "+OK", Buffer.from("OK"), ["OK"], { result: "OK" }, new String("OK"), Symbol("OK")];
    for (const answer of answers) await assert.rejects(redisReplayStore(async () => answer).consume(entry("odd")), { code: "misconfigured" }, String(answer));
    assert.equal(await redisReplayStore(async () => "OK").consume(entry("odd")), true);
    assert.equal(await redisReplayStore(async () => null).consume(entry("odd")), false);
  });

  test("the command is one SET with NX and PX", async () => {
    /** @type {string[][]} */
    const sent = [];
    const store = redisReplayStore(async (args) => (sent.push(args), "OK"));
    const used = entry("command", 2 * LIFETIME_MS);
    await store.consume(used);
    const [[set, key, one, nx, px, ttl = ""] = []] = sent;
    assert.deepEqual([sent.length, sent[0]?.length, set, key, one, nx, px], [1, 6, "SET", `countersign:${used.key}`, "1", "NX", "PX"]);
    assert.match(ttl, /^[0-9]+$/);
    assert.ok(Number(ttl) <= 2 * LIFETIME_MS && Number(ttl) > 2 * LIFETIME_MS - 5000, ttl);
  });

  test("what is no entry is not sent", async () => {
    const store = redisReplayStore(() => assert.fail("it was sent"));
    for (const wrong of [undefined, {}, { key: "a b", expiresAt: Date.now() + 1000 }, { ...entry("x"), expiresAt: NaN }, { ...entry("x"), expiresAt: 1e300 }]) {
      await assert.rejects(store.consume(/** @type {any} */ (wrong)), { code: "type_invalid" });
    }
  });

  test("transactions, pipelines and other type mappings are noticed", async () => {
    const path = redis.socket;
    const client = createClient({ socket: { path, tls: false } });
    await client.connect();
    const connected = await clients["ioredis"]?.(path);
    const ioredis = /** @type {import("ioredis").Redis} */ (connected?.client);
    try {
      for (const [what, wrong] of Object.entries({
        "a transaction of node-redis": client.multi(),
        "a client in its legacy mode": client.legacy(),
        "texts as bytes": client.withTypeMapping({ 43: Buffer }),
        "a pipeline of ioredis": ioredis.pipeline(),
        "a transaction of ioredis": ioredis.multi(),
      })) {
        const use = async () => redisReplayStore(/** @type {any} */ (wrong), { timeoutMs: 500 }).consume(entry(what));
        await assert.rejects(use, (/** @type {Error} */ error) => error instanceof Error, what);
      }
    } finally {
      client.destroy();
      await connected?.close();
    }
  });
});

describe("set-up", () => {
  test("anything else than those clients is misconfigured", () => {
    const others = [undefined, null, "redis://localhost", 5, {}, [], new Map(), /x/, { set: async () => "OK" }, { exec: async () => "OK" }, { sendCommand: "x" }, { call: {} }];
    for (const other of others) assert.throws(() => redisReplayStore(/** @type {any} */ (other)), { code: "misconfigured", message: /redis, ioredis or @upstash\/redis/ }, String(other));
  });

  test("a cluster or a sentinel of node-redis goes by a function", async () => {
    const cluster = createCluster({ rootNodes: [{ url: "redis://127.0.0.1:1" }] });
    const sentinel = createSentinel({ name: "x", sentinelRootNodes: [{ host: "127.0.0.1", port: 1 }] });
    for (const each of [cluster, sentinel]) assert.throws(() => redisReplayStore(/** @type {any} */ (each)), { code: "misconfigured" });
    const ioredis = new Cluster([{ host: "127.0.0.1", port: 1 }], { lazyConnect: true });
    assert.ok(redisReplayStore(ioredis));
    ioredis.disconnect();
  });

  test("options", () => {
    const send = async () => "OK";
    for (const options of [null, 1, { prefix: 5 }, { prefix: "\ud800" }, { timeoutMs: 0 }, { timeoutMs: 1.5 }, { timeoutMs: "5" }, { timeoutMs: Infinity }]) {
      assert.throws(() => redisReplayStore(send, /** @type {any} */ (options)), /type_invalid|text_malformed|must be|surrogate/);
    }
  });
});
