/**
 * Calls signed Convex functions from any server.
 *
 * @module
 */
export { CountersignClient } from "./client.js";
export type { GatewayCalls } from "./gateway.js";
export type { LocalSecret } from "./local-secret.js";
export type { ConvexLogger, CountersignClientOptions, MutationOptions } from "./options.js";
export type {
  ArgsAndOptions,
  InternalArgs,
  InternalArgsAndOptions,
  InternalFunction,
  OptionalArgs,
  OwnFunction,
  PublicFunction,
  ReturnOf,
  Signed,
  UnsignedArgs,
} from "./types.js";
export { CountersignError } from "../index.js";
