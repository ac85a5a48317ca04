// Calls through gateways.
import type { FunctionType } from "convex/server";
import { call, signature } from "./deployment.js";
import type { Args, Deployment, SignOptions } from "./deployment.js";

export interface Door {
  /** The gateway's function, if it is not `gateway:query`, `gateway:mutation` or `gateway:action`. */
  readonly door?: string;
  readonly type?: FunctionType;
}

/** The raw arguments of a gateway for a call of an internal function, signed as a client would. */
export function signedRequest(name: string, args: Args, options: SignOptions = {}): { name: string; args: Args; countersign: unknown } {
  return { name, args, countersign: signature({ name, args, ...options }) };
}

/** Sends raw arguments to a gateway. */
export async function knock(t: Deployment, request: Args, { type = "mutation", door = `gateway:${type}` }: Door = {}): Promise<unknown> {
  return await call(t, type, door, request);
}

/** Signs and calls an internal function through a gateway. */
export async function callThrough(t: Deployment, name: string, args: Args, options: SignOptions & Door = {}): Promise<unknown> {
  return await knock(t, signedRequest(name, args, options), options);
}
