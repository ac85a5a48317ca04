// A small Next.js + Convex project, and what findInCode says of it.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** @typedef {{ code: string, severity: "error" | "warning", where: string, message: string, why: string, fix: string, variable?: string }} Finding */
/** @typedef {{ findings: Finding[], filesRead: number, skipped: { file: string, reason: string }[] }} Report */
/** @typedef {{ root: string, next: { folder: string } | undefined, convex: { folder: string, functions: string } | undefined }} Project */

// The package has no declarations of its command's modules.
/** @type {{ findInCode: (project: Project, options: { variables: readonly string[] }) => Promise<Report> }} */
export const { findInCode } = await import(String(new URL("../../../node_modules/countersign/esm/cli/code/index.js", import.meta.url)));

/** A project as its README tells to make it: signed functions, verified webhooks, users that log in. Nothing is wrong with it. @type {Readonly<Record<string, string>>} */
export const clean = {
  "tsconfig.json": `{
  // as create-next-app writes it
  "compilerOptions": { "baseUrl": ".", "paths": { "@/*": ["./*"], }, },
}
`,
  "next.config.ts": `import type { NextConfig } from "next";
const config: NextConfig = { env: { RELEASE: process.env.GIT_SHA ?? "local" }, reactStrictMode: true };
export default config;
`,
  "instrumentation.ts": `export function register() {
  if (!process.env.COUNTERSIGN_SECRET) throw new Error("COUNTERSIGN_SECRET is not set.");
  console.log("secret:", process.env.COUNTERSIGN_SECRET ? "set" : "not set", process.env.NODE_ENV);
}
`,
  "lib/env.ts": `import { createEnv } from "@t3-oss/env-nextjs";
import { z } from "zod";
export const env = createEnv({
  server: { STRIPE_SECRET_KEY: z.string() },
  client: { NEXT_PUBLIC_CONVEX_URL: z.string() },
  runtimeEnv: { STRIPE_SECRET_KEY: process.env.STRIPE_SECRET_KEY, NEXT_PUBLIC_CONVEX_URL: process.env.NEXT_PUBLIC_CONVEX_URL },
});
`,
  "lib/stripe.ts": `import Stripe from "stripe";
import { env } from "./env";
export const stripe = new Stripe(env.STRIPE_SECRET_KEY);
`,
  "lib/format.ts": `export const euros = (cents: number) => (cents / 100).toFixed(2);
`,
  "app/providers.tsx": `"use client";
import { ConvexProvider, ConvexReactClient } from "convex/react";
import { env } from "@/lib/env";
const convex = new ConvexReactClient(env.NEXT_PUBLIC_CONVEX_URL);
export function Providers({ children }: { children: React.ReactNode }) {
  return <ConvexProvider client={convex}>{children}</ConvexProvider>;
}
`,
  "app/layout.tsx": `import { Providers } from "./providers";
export default function Layout({ children }: { children: React.ReactNode }) {
  return <html><body><Providers>{children}</Providers></body></html>;
}
`,
  "app/page.tsx": `import { fetchQuery } from "convex/nextjs";
import { api } from "@/convex/_generated/api";
import { Cart } from "@/components/cart";
export default async function Page() {
  const products = await fetchQuery(api.products.list, {});
  return <Cart products={products} />;
}
`,
  "components/cart.tsx": `"use client";
import { useMutation, useQuery } from "convex/react";
import { api } from "@/convex/_generated/api";
import { euros } from "@/lib/format";
import { checkout } from "@/app/actions";
export function Cart({ products }: { products: { key: string; cents: number }[] }) {
  const cart = useQuery(api.carts.mine);
  const add = useMutation(api.carts.add);
  if (cart === undefined) return null;
  return <ul>{products.map((product) => <li key={product.key} onClick={() => add({ key: product.key })}>{euros(product.cents)}</li>)}<button onClick={() => checkout()} /></ul>;
}
`,
  "app/actions.ts": `"use server";
import { fetchMutation } from "countersign/next";
import { api } from "@/convex/_generated/api";
export async function checkout() {
  await fetchMutation(api.orders.create, { at: Date.now() });
  return { ok: true };
}
`,
  "app/api/webhooks/polar/route.ts": `import { api } from "@/convex/_generated/api";
import { fetchMutation } from "countersign/next";
import { webhookRoute } from "countersign/webhooks";
export const POST = webhookRoute("polar", async ({ event, idempotencyKey }) => {
  if (event !== "order.paid") return;
  await fetchMutation(api.orders.markPaid, { eventId: idempotencyKey, provider: "polar" }, { idempotencyKey });
}, { secret: process.env.POLAR_WEBHOOK_SECRET });
`,
  "app/api/cron/route.ts": `import { verifySecret } from "countersign";
import { api } from "@/convex/_generated/api";
import { fetchAction } from "countersign/next";
export async function GET(request: Request) {
  const sent = request.headers.get("authorization")?.replace(/^Bearer /, "");
  if (!verifySecret(sent, process.env.CRON_SECRET ?? "")) return new Response(null, { status: 401 });
  await fetchAction(api.reports.nightly, {});
  return Response.json({ ok: true });
}
`,
  "convex/countersign.ts": `import { countersign } from "countersign/convex";
import { components } from "./_generated/api";
import { action, mutation, query } from "./_generated/server";
export const { signedQuery, signedMutation, signedAction } = countersign({ query, mutation, action, replay: components.countersign });
`,
  "convex/orders.ts": `import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalMutation } from "./_generated/server";
import { signedMutation } from "./countersign";
export const markPaid = signedMutation({
  args: { eventId: v.string(), provider: v.string() },
  handler: async (ctx, args) => { await ctx.db.insert("events", { ...args, caller: ctx.caller.name }); },
});
export const create = signedMutation({
  args: { at: v.number() },
  handler: async (ctx, args) => await ctx.scheduler.runAfter(0, internal.orders.purgeOld, args),
});
export const purgeOld = internalMutation({ args: { at: v.number() }, handler: async () => null });
`,
  "convex/reports.ts": `import { signedAction } from "./countersign";
export const nightly = signedAction({ args: {}, handler: async () => { console.log("nightly report"); } });
`,
  "convex/products.ts": `import { v } from "convex/values";
import { query } from "./_generated/server";
export const list = query({ args: {}, handler: async (ctx) => await ctx.db.query("products").take(20) });
export const get = query({
  args: { token: v.optional(v.string()), key: v.string() },
  handler: async (ctx, args) => {
    const found = await ctx.db.query("products").withIndex("by_key", (q) => q.eq("key", args.key)).unique();
    return found?.shareToken === undefined || found.key !== args.key ? null : found;
  },
});
`,
  "convex/carts.ts": `import { v } from "convex/values";
import { mutation, query } from "./_generated/server";
import { userOf } from "./model/users";
export const mine = query({ args: {}, handler: async (ctx) => await ctx.db.query("carts").withIndex("by_user", (q) => q.eq("user", null)).unique() });
export const add = mutation({ args: { key: v.string() }, handler: async (ctx, { key }) => { const user = await userOf(ctx); await ctx.db.insert("carts", { user, key }); } });
`,
  "convex/model/users.ts": `import type { MutationCtx } from "../_generated/server";
export async function userOf(ctx: MutationCtx) {
  const identity = await ctx.auth.getUserIdentity();
  if (identity === null) throw new Error("Log in first.");
  return identity.subject;
}
`,
  "convex/admin.ts": `import { v } from "convex/values";
import { mutation } from "./_generated/server";
import { userOf } from "./model/users";
export const ban = mutation({ args: { user: v.string() }, handler: async (ctx, args) => { const by = await userOf(ctx); await ctx.db.insert("bans", { ...args, by }); } });
`,
  "convex/http.ts": `import { httpRouter } from "convex/server";
import { webhookHttpAction } from "countersign/webhooks";
import { env, httpAction } from "./_generated/server";
const http = httpRouter();
http.route({ path: "/stripe", method: "POST", handler: httpAction(webhookHttpAction("stripe", async () => {}, { secret: () => env.STRIPE_WEBHOOK_SECRET })) });
export default http;
`,
  "convex/_generated/server.js": `export const mutation = (f) => f; if (args.secret !== process.env.API_SECRET) throw 1;`,
  "node_modules/other/index.js": `if (args.secret !== process.env.API_SECRET) throw 1;`,
};

/**
 * Makes a project of these files, and reads it.
 *
 * @param {Record<string, string | undefined>} files
 * @param {{ variables?: string[], keep?: (root: string) => void | Promise<void>, convex?: boolean }} [options]
 */
export async function findIn(files, { variables = ["COUNTERSIGN_SECRET", "SITE_URL"], keep, convex = Object.keys(files).some((name) => name.startsWith("convex/")) } = {}) {
  const root = mkdtempSync(join(tmpdir(), "countersign-code-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      if (text === undefined) continue;
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), text);
    }
    await keep?.(root);
    return await findInCode({ root, next: { folder: root }, convex: convex ? { folder: root, functions: join(root, "convex") } : undefined }, { variables });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** `code file:line` of each finding. @param {Pick<Report, "findings">} report */
export function places({ findings }) {
  return findings.map(({ code, where }) => `${code} ${where.replace(/:\d+$/, "")}`);
}
