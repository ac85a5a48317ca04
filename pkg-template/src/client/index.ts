/**
 * Calls signed Convex functions from any server.
 *
 * @module
 */
export { CountersignClient } from "./client.js";
export type { ConvexLogger, CountersignClientOptions, MutationOptions } from "./client.js";
export type { LocalSecret } from "./local-secret.js";
export type { ArgsAndOptions, OptionalArgs, PublicFunction, ReturnOf, Signed, UnsignedArgs } from "./types.js";
export { CountersignError } from "../index.js";
