/**
 * Shared secrets and signed calls between a Next.js server and a Convex backend: the primitives.
 *
 * Everything is synchronous, and nothing happens at import.
 *
 * @module
 */
export { encodeValue, signCall, verifyCall } from "./core/call.js";
export type { SignCallOptions, VerifiedCall } from "./core/call.js";
export type { CallDescription, FunctionType, VerifyCallOptions } from "./core/call-parts.js";
export { CountersignError } from "./core/errors.js";
export type { ErrorCode } from "./core/errors.js";
export type { Data, Secret } from "./core/input.js";
export { createKeyring } from "./core/keyring.js";
export type { Keyring } from "./core/keyring.js";
export { hmacSha256, importKey, verifyHmacSha256 } from "./core/mac.js";
export type { Key } from "./core/mac.js";
export { fingerprint, generateSecret, importSecret, verifySecret } from "./core/secret.js";
export type { ImportedSecret } from "./core/secret.js";
