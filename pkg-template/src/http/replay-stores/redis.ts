import { typeInvalid } from "../../core/errors.js";
import { own, record, text } from "../../core/input.js";
import type { ReplayStore } from "../replay-store.js";
import { entryOf, misconfiguredStore } from "./entry.js";

/** A function that sends one command to Redis: `["SET", "key", ...]`. */
export type RedisCommand = (args: string[]) => Promise<unknown>;

/** A client or a pool of node-redis (npm `redis`). */
export interface NodeRedisClient {
  sendCommand(args: string[]): Promise<unknown>;
}

/** A client or a cluster of `ioredis`. */
export interface IoRedisClient {
  call(command: string, ...args: string[]): Promise<unknown>;
}

/** A client of `@upstash/redis`, which speaks HTTP. */
export interface UpstashRedisClient {
  readonly createScript: unknown;
  exec(args: [command: string, ...args: string[]]): Promise<unknown>;
}

/** What {@link redisReplayStore} takes. */
export type RedisClient = RedisCommand | NodeRedisClient | IoRedisClient | UpstashRedisClient;

/** The options of {@link redisReplayStore}. */
export interface RedisReplayStoreOptions {
  /** What the names of all keys begin with: `countersign:` by default. */
  readonly prefix?: string | undefined;
  /** How long to wait for Redis, in milliseconds: 5000 by default. Clients may wait for ever until it is there again. */
  readonly timeoutMs?: number | undefined;
}

/**
 * A nonce is kept for at least as long as the widest window and a minute, counted from its use: so long the same request might be taken again. By this process's
 * clock alone it would be forgotten too early if the clock is ahead now and set right afterwards.
 */
const SHORTEST_TTL_MS = 16 * 60_000;

/**
 * Remembers used nonces in Redis, for any number of processes: one `SET key 1 NX PX ttl` for each.
 *
 * `client` is a connected client of node-redis, ioredis or @upstash/redis, or a function that sends a command: for a cluster of node-redis
 * `(args) => cluster.sendCommand(args[1], false, args)`.
 *
 * If Redis does not answer, or answers with anything but OK or nil, `consume` rejects and nobody gets in. Redis must keep what it was given: with a
 * `maxmemory-policy` other than `noeviction`, or after a failover to a replica that was behind, it may have forgotten a nonce.
 *
 * @throws CountersignError `misconfigured` for anything that is none of these clients; `type_invalid`.
 */
export function redisReplayStore(client: RedisClient, options: RedisReplayStoreOptions = {}): ReplayStore {
  const send = commandOf(client);
  const given = record(options, "options") as RedisReplayStoreOptions;
  const prefix = text(own(given, "prefix") ?? "countersign:", "prefix");
  const timeoutMs = own(given, "timeoutMs") ?? 5000;
  if (!Number.isSafeInteger(timeoutMs) || timeoutMs < 1 || timeoutMs > 600_000) throw typeInvalid("timeoutMs", "a whole number from 1 to 600000");
  return {
    async consume(entry) {
      const { key, expiresAt } = entryOf(entry);
      const left = expiresAt - Date.now();
      // It may have been used, and forgotten since.
      if (left <= 0) return false;
      const ttl = Math.max(left, SHORTEST_TTL_MS);
      const answer = await within(timeoutMs, send(["SET", prefix + key, "1", "NX", "PX", String(ttl)]));
      if (answer === "OK") return true;
      if (answer === null) return false;
      throw misconfiguredStore("Redis answered SET with neither OK nor nil. Pass a client as its package makes it: no pipeline, no transaction, no other type mapping.");
    },
  };
}

/**
 * How a client takes a command as it is. Their `set` would not do: each takes NX in a form of its own, and one that was taken for another may send SET without it,
 * which always succeeds.
 */
function commandOf(client: unknown): RedisCommand {
  if (typeof client === "function") return client as RedisCommand;
  if (typeof client === "object" && client !== null) {
    const has = (name: string): boolean => typeof (client as Record<string, unknown>)[name] === "function";
    // First, because its clients have a sendCommand as well, for something else.
    if (has("call")) return ([command = "", ...args]) => (client as IoRedisClient).call(command, ...args);
    // A cluster's and a sentinel's take other arguments.
    if (has("sendCommand") && !has("nodeClient") && !has("acquire")) return (args) => (client as NodeRedisClient).sendCommand(args);
    if (has("exec") && has("createScript")) return (args) => (client as UpstashRedisClient).exec(args as [string, ...string[]]);
  }
  throw misconfiguredStore("redisReplayStore takes a client of redis, ioredis or @upstash/redis, or a function (args: string[]) => Promise<unknown>.");
}

/** What a promise comes to, if it does so in time. */
async function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(misconfiguredStore(`Redis did not answer within ${timeoutMs} ms. Is it running, and does the client connect to it?`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
