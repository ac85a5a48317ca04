/**
 * Signed HTTP messages (RFC 9421), in both directions.
 *
 * @module
 */
export { createKeyring, CountersignError } from "../index.js";
export type { Keyring } from "../index.js";
export type { ReplayEntry, ReplayStore } from "./replay-store.js";
