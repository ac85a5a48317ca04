import { countersign, gateway } from "countersign/convex";
import { v } from "convex/values";
import { components } from "./_generated/api.js";
import { action, internalMutation, mutation, query } from "./_generated/server.js";

const builders = { query, mutation, action, replay: false } as const;
const event = { eventId: v.string(), provider: v.string() };

export const optionSecret = "option-0f7c2b9ad4e18356-secret-of-one-caller";
export const webSecret = "web-9a1d5c70be36f284-secret-of-the-web-server";
export const workerSecret = "worker-42c8e0f1b7a6935d-secret-of-the-worker";

const explaining = countersign({ ...builders, explain: true });
export const explained = explaining.signedMutation({ args: event, handler: async () => "ok" });

const strict = countersign({ ...builders, toleranceMs: 1000 });
export const within1s = strict.signedMutation({ args: event, handler: async () => "ok" });

const elsewhere = countersign({ ...builders, audience: "https://Custom.Example.com/" });
export const forCustomDomain = elsewhere.signedMutation({ args: event, handler: async () => "ok" });

const ownSecret = countersign({ ...builders, keys: optionSecret });
export const withOwnSecret = ownSecret.signedMutation({ args: event, handler: async (ctx) => ctx.caller.name });

const asked = countersign({ ...builders, keys: () => process.env["OTHER_SECRET"] });
export const withAskedSecret = asked.signedMutation({ args: event, handler: async () => "ok" });

const named = countersign({ ...builders, keys: { web: [webSecret], worker: workerSecret } });
export const withCallers = named.signedMutation({ args: event, handler: async (ctx) => ctx.caller.name });

const internalOnly = countersign({ ...builders, mutation: internalMutation });
export const internalOne = internalOnly.signedMutation({ args: event, handler: async () => "ok" });

const patient = gateway({ ...builders, replay: components.countersign, allow: ["orders:create"], toleranceMs: 900_000 });
export const patientMutation = patient.mutation;
