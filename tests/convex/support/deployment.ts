import { convexTest } from "convex-test";
import { createKeyring, signCall } from "countersign";
import { register } from "countersign/test";
import { anyApi, makeFunctionReference } from "convex/server";
import type { FunctionReference, FunctionType } from "convex/server";
import { afterEach, beforeEach, expect, vi } from "vitest";
import schema from "../convex/schema.js";

/** The secret that both sides share in these tests. */
export const secret = "shared-5d90b3f7a1c8e264-secret-of-both-sides";
/** A usable secret that the deployment does not accept. */
export const otherSecret = "other-e83a6c15d97b204f-secret-of-a-stranger";
export const audience = "https://happy-animal-123.convex.cloud";
export const event = { eventId: "evt_1", provider: "polar" };
export const api = anyApi;

const variables = [
  "COUNTERSIGN_SECRET",
  "COUNTERSIGN_SECRET_PREVIOUS",
  "COUNTERSIGN_SECRET_NEXT",
  "CONVEX_CLOUD_URL",
  "OTHER_SECRET",
  "WEB_SECRET",
  "WEB_SECRET_PREVIOUS",
  "WORKER_SECRET",
] as const;

/** Sets the deployment's environment; variables that are left out are unset. */
export function setEnvironment(values: Partial<Record<(typeof variables)[number], string>>): void {
  for (const name of variables) {
    const value = values[name];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

/** What the deployment logged during the test. */
export const log: { warn: string[]; error: string[] } = { warn: [], error: [] };

/** Gives each test a deployment that is set up, and a log of its own. */
export function useDeployment(): void {
  beforeEach(() => {
    setEnvironment({ COUNTERSIGN_SECRET: secret, CONVEX_CLOUD_URL: audience });
    log.warn = [];
    log.error = [];
    vi.spyOn(console, "warn").mockImplementation((...parts: unknown[]) => void log.warn.push(parts.map(String).join(" ")));
    vi.spyOn(console, "error").mockImplementation((...parts: unknown[]) => void log.error.push(parts.map(String).join(" ")));
  });
  afterEach(() => {
    vi.restoreAllMocks();
    setEnvironment({});
  });
}

const modules = import.meta.glob("../convex/**/*.ts");

/** A fresh deployment with the functions of `tests/convex/convex`, also as a component named `child`, and the replay component. */
export function deployment() {
  const t = convexTest({ schema, modules });
  register(t);
  t.registerComponent("child", schema, modules);
  return t;
}

export type Deployment = ReturnType<typeof deployment>;

/** Anything that can be sent as the arguments of a call. */
export type Args = Record<string, unknown>;

export interface SignOptions {
  readonly secret?: string;
  readonly audience?: string;
  readonly type?: FunctionType;
  readonly name?: string;
  readonly args?: unknown;
  readonly now?: number;
  readonly nonce?: Uint8Array;
  readonly idempotencyKey?: string | undefined;
}

/** Signs a call as a client would: of `webhooks:markEventProcessed` with `event`, now, unless told otherwise. */
export function sign(options: SignOptions = {}): string {
  const keyring = createKeyring(options.secret ?? secret);
  try {
    return signCall(keyring, {
      audience: options.audience ?? audience,
      type: options.type ?? "mutation",
      name: options.name ?? "webhooks:markEventProcessed",
      args: options.args ?? event,
      now: options.now ?? Date.now(),
      nonce: options.nonce,
      idempotencyKey: options.idempotencyKey,
    });
  } finally {
    keyring.free();
  }
}

/** The id of a secret's key. */
export function keyIdOf(secretText: string): string {
  const keyring = createKeyring(secretText);
  try {
    return keyring.keyIds[0] ?? "";
  } finally {
    keyring.free();
  }
}

/** Calls a function by its name, with whatever arguments. */
export async function call(t: Deployment, type: FunctionType, name: string, args: Args): Promise<unknown> {
  const reference = <Type extends FunctionType>() =>
    makeFunctionReference<Type>(name) as unknown as FunctionReference<Type, "public", Args, unknown>;
  switch (type) {
    case "query":
      return await t.query(reference<"query">(), args);
    case "mutation":
      return await t.mutation(reference<"mutation">(), args);
    case "action":
      return await t.action(reference<"action">(), args);
  }
}

/** The argument `countersign` of a call: a token, beside an idempotency key where there is one. */
export function signature(options: SignOptions = {}): string | { token: string; idempotencyKey: string } {
  const token = sign(options);
  return options.idempotencyKey === undefined ? token : { token, idempotencyKey: options.idempotencyKey };
}

/** Signs and calls. */
export async function signedCall(t: Deployment, type: FunctionType, name: string, args: Args, options: SignOptions = {}) {
  return await call(t, type, name, { ...args, countersign: signature({ type, name, args, ...options }) });
}

/** What a failed call looks like from outside: everything a caller can see of it. */
export async function failureOf(promise: Promise<unknown>): Promise<{ name: string; message: string; data: unknown; convexError: boolean }> {
  try {
    await promise;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const data = "data" in error ? error.data : undefined;
    return { name: error.name, message: error.message, data, convexError: Symbol.for("ConvexError") in error };
  }
  throw new Error("the call was expected to fail, and succeeded");
}

// Each refusal is compared with this one, so that all of them look the same.
export const refusal = {
  name: "ConvexError",
  message: '{"code":"unauthorized"}',
  data: { code: "unauthorized" },
  convexError: true,
};

/** The line that a refusal leaves in the log. */
export function refusalLine(code: string, fields: { name?: string; type?: string; keyId?: string; accepted?: string } = {}): string {
  const { name = "webhooks:markEventProcessed", type = "mutation", keyId = keyIdOf(secret), accepted = keyIdOf(secret) } = fields;
  return `countersign: refused code=${code} function=${name} type=${type} key=${keyId} accepted=${accepted}`;
}

/** Expects that a refusal left exactly one line, and which. */
export function expectRefusalLines(lines: string[], code: string, fields?: Parameters<typeof refusalLine>[1]): void {
  const expected = refusalLine(code, fields);
  // A call that cannot even be written down is refused before the keys are derived.
  const unread = expected.replace(/ accepted=.*/, " accepted=-");
  const isUnread = ["value_unsupported", "text_malformed", "type_invalid"].includes(code) && lines[0] === unread;
  expect(lines).toEqual([isUnread ? unread : expected]);
}

/**
 * Expects a refusal: the one outward form, exactly one line in the log with this code, and no row written.
 *
 * @param t - The deployment that was called.
 * @param promise - The call.
 * @param code - The precise code that only the log may have.
 * @param fields - What else the line says, where it is not the usual.
 */
export async function expectRefused(
  t: Deployment,
  promise: Promise<unknown>,
  code: string,
  fields?: Parameters<typeof refusalLine>[1],
): Promise<void> {
  const before = log.warn.length;
  expect(await failureOf(promise)).toEqual(refusal);
  expectRefusalLines(log.warn.slice(before), code, fields);
  expect(log.error).toEqual([]);
  expect(await rowCount(t)).toBe(0);
}

/**
 * Expects the error of a deployment that is not set up, with these texts in its message, and the code in the log.
 */
export async function expectMisconfigured(promise: Promise<unknown>, code: string, ...texts: string[]): Promise<void> {
  const failure = await failureOf(promise);
  expect(failure.convexError).toBe(true);
  const data = failure.data as { code: string; message: string };
  expect(Object.keys(data).sort()).toEqual(["code", "message"]);
  expect(data.code).toBe("misconfigured");
  for (const text of texts) expect(data.message).toContain(text);
  expect(log.error).toHaveLength(1);
  expect(log.error[0]).toMatch(new RegExp(`^countersign: misconfigured code=${code} `));
  expect(log.warn).toEqual([]);
}

/** How many events the deployment holds. */
export async function rowCount(t: Deployment): Promise<number> {
  return await t.run(async (ctx) => (await ctx.db.query("events").collect()).length);
}
