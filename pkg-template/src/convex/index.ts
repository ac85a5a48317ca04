/**
 * Guards for Convex functions: they run only for calls that carry a right signature.
 *
 * @module
 */
export { countersign } from "./countersign.js";
export type { SignedBuilders } from "./countersign.js";
export type { CountersignOptions } from "./options.js";
export { requireSecret } from "./require-secret.js";
export type { RequireSecretOptions } from "./require-secret.js";
export type { AtEachCall, CallerSecrets, Secrets } from "./secrets.js";
export type { Caller, FunctionBuilder, FunctionKind, SignedBuilder } from "./types.js";
