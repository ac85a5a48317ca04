/**
 * Signed HTTP messages (RFC 9421), in both directions.
 *
 * @module
 */
export { createKeyring, CountersignError } from "../index.js";
export type { Keyring } from "../index.js";
export { signMessage, verifyMessage } from "./message.js";
export type {
  HeaderList,
  RequestMessage,
  ResponseMessage,
  SignRequestMessageOptions,
  VerifiedRequestMessage,
  VerifiedResponseMessage,
  VerifyMessageOptions,
} from "./message.js";
export type { ReplayEntry, ReplayStore } from "./replay-store.js";
export { convexReplayStore } from "./replay-stores/convex.js";
export { memoryReplayStore } from "./replay-stores/memory.js";
export type { MemoryReplayStoreOptions } from "./replay-stores/memory.js";
export { redisReplayStore } from "./replay-stores/redis.js";
export type { IoRedisClient, NodeRedisClient, RedisClient, RedisCommand, RedisReplayStoreOptions, UpstashRedisClient } from "./replay-stores/redis.js";
export { signRequest, verifyRequest } from "./request.js";
export type { SignRequestOptions, VerifiedRequest, VerifyRequestOptions } from "./request.js";
export { signResponse, verifyResponse } from "./response.js";
export type { SignResponseOptions, VerifiedResponse, VerifyResponseOptions } from "./response.js";
export { signedFetch } from "./signed-fetch.js";
export type { SignedFetchOptions } from "./signed-fetch.js";
