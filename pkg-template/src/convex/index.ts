/**
 * Guards for Convex functions: they run only for calls that carry a right signature.
 *
 * @module
 */
export { countersign } from "./countersign.js";
export type { SignedBuilders } from "./countersign.js";
export { gateway } from "./gateway.js";
export type { Allow, Gateway, GatewayOptions } from "./gateway.js";
export type { CountersignOptions, VerificationOptions } from "./options.js";
export type { ReplayComponent } from "./replay.js";
export { requireSecret } from "./require-secret.js";
export type { RequireSecretOptions } from "./require-secret.js";
export type { AtEachCall, CallerSecrets, Secrets } from "./secrets.js";
export type { SignedHttpActionHandler, SignedHttpActionOptions } from "./signed-http-action.js";
export type { CallSignature, Caller, FunctionBuilder, FunctionKind, HttpActionBuilder, SignedBuilder, SignedHttpActionBuilder } from "./types.js";
export type { ServeOptions, SignedRequest } from "../http/serve.js";
