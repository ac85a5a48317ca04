import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { clean, findIn, findInCode, places } from "./support/code.mjs";

const repository = fileURLToPath(new URL("../../", import.meta.url));

test("the clean project has no finding, and all of it was read", async () => {
  const report = await findIn(clean);
  assert.deepEqual(report.findings, []);
  assert.deepEqual(report.skipped, []);
  const ours = Object.keys(clean).filter((name) => /\.tsx?$/.test(name));
  assert.equal(report.filesRead, ours.length);
  assert.deepEqual(places(report), []);
});

test("the repository's own app has no finding", async () => {
  const root = `${repository}www`;
  const report = await findInCode({ root, next: { folder: root }, convex: { folder: root, functions: `${root}/convex` } }, { variables: ["COUNTERSIGN_SECRET", "SITE_URL"] });
  assert.deepEqual(report.findings, []);
  assert.deepEqual(report.skipped, []);
  assert.ok(report.filesRead > 50);
});

test("of the Convex app that the guards are tested with, only what it does on purpose", async () => {
  const root = `${repository}tests/convex`;
  const report = await findInCode({ root, next: undefined, convex: { folder: root, functions: `${root}/convex` } }, { variables: ["COUNTERSIGN_SECRET"] });
  assert.ok(report.filesRead > 50);
  // Guards without a memory, guards that explain, and a secret that is cut off.
  const onPurpose = new Set(["code_replay_off", "code_explain_on", "code_secret_in_source guards/setup.test.ts"]);
  const others = report.findings.filter(({ code, where }) => !onPurpose.has(code) && !onPurpose.has(`${code} ${where.replace(/:.*$/, "")}`));
  assert.deepEqual(others, []);
});

const q = `import { v } from "convex/values";\nimport { mutation, query } from "./_generated/server";\n`;
/** @param {string} args @param {string} body */
const fn = (args, body) => `${q}export const act = mutation({ args: { ${args} }, handler: async (ctx, args) => {\n${body}\n} });\n`;

/** Code that looks like a fault, and is none. @type {Record<string, Record<string, string>>} */
const lookAlikes = {
  "is it set: undefined": { "lib/x.ts": `if (process.env.API_SECRET === undefined) throw new Error("API_SECRET is not set");` },
  "is it set: empty": { "lib/x.ts": `export const ready = process.env.API_SECRET !== "" && process.env.API_KEY != null;` },
  "is it set: typeof": { "lib/x.ts": `export const ready = typeof process.env.API_SECRET === "string";` },
  "is it long enough": { "lib/x.ts": `export const long = process.env.API_SECRET?.length === 32;` },
  "what kind of key it is": { "lib/x.ts": `export const live = process.env.STRIPE_SECRET_KEY!.startsWith("sk_live_");` },
  "is it a placeholder": { "lib/x.ts": `if (process.env.API_SECRET === "changeme") throw new Error("Choose a secret.");` },
  "the mode": { "lib/x.ts": `export const isDev = process.env.NODE_ENV === "development" || process.env.VERCEL_ENV !== "production";` },
  "an address": { "lib/x.ts": `export const same = (request: Request) => request.headers.get("origin") === process.env.SITE_URL;` },
  "a public variable": { "lib/x.ts": `export const same = (key: string) => key === process.env.NEXT_PUBLIC_POSTHOG_KEY;` },
  "a token's lifetime": { "lib/x.ts": `export const same = (n: string) => n === process.env.TOKEN_TTL || n === process.env.MAX_TOKENS;` },
  "a publishable key": { "lib/x.ts": `export const same = (key: string) => key === process.env.STRIPE_PUBLISHABLE_KEY || key === process.env.AWS_ACCESS_KEY_ID;` },
  "two secrets that must differ": { "lib/x.ts": `if (process.env.API_SECRET === process.env.API_SECRET_PREVIOUS) throw new Error("Rotate to another secret.");` },
  "another variable of the same name": { "lib/x.ts": `const secret = process.env.API_SECRET;\nexport const use = () => sign(secret);\nexport const isSame = (secret: string, other: string) => secret === other;` },
  "a parameter that hides it": { "lib/x.ts": `const key = process.env.API_KEY;\nexport const find = (list: { key: string }[], key: string) => list.find((each) => each.key === key);\nuse(key);` },
  "React's key": { "components/list.tsx": `export const List = (props: { items: string[]; active: string }) => <>{props.items.map((key) => <a key={key}>{key === props.active}</a>)}</>;` },
  "a keyboard's key": { "components/input.tsx": `"use client";\nexport const Input = () => <input onKeyDown={(event) => { if (event.key === "Enter") event.preventDefault(); }} />;` },
  "an optional token of a parser": { "lib/lexer.ts": `export const isText = (token?: string) => token === "string_literal" || token?.startsWith("number_literal_1");` },
  "a text that is cleaned of a secret": { "lib/redact.ts": `export const hasKey = (text?: string) => text?.includes(process.env.API_KEY!) === true;` },
  "a token of a parser": { "lib/lexer.ts": `export const isPlus = (token: { type: string; value: string }) => token.type === "plus" && token.value === "+";` },
  "a form's two passwords": { "components/form.tsx": `"use client";\nexport const same = (password: string, repeated: string) => password === repeated;` },
  "a form's validation": { "components/form.tsx": `"use client";\nexport const ok = (form: FormData) => form.get("password") === form.get("repeated");` },
  "a state of OAuth": { "app/api/x/route.ts": `export async function GET(request: Request) {\n  const state = new URL(request.url).searchParams.get("state");\n  if (state !== cookie(request)) return new Response(null, { status: 400 });\n  return new Response("ok");\n}` },
  "an argument that is a choice": { "convex/x.ts": fn(`provider: v.string(), token: v.string()`, `if (args.provider !== "polar" || args.token === "all") return null;`) },
  "a document that is found by its token": { "convex/x.ts": fn(`token: v.optional(v.string())`, `const share = await ctx.db.query("shares").withIndex("by_token", (q) => q.eq("token", args.token)).unique();\nif (share?.token !== args.token) return null;`) },
  "requireSecret": { "convex/x.ts": `import { requireSecret } from "countersign/convex";\n${fn("secret: v.optional(v.string())", "requireSecret(args.secret, { secret: () => process.env.API_SECRET });")}` },
  "verifySecret": { "convex/webhooks.ts": `import { verifySecret } from "countersign";\n${fn("secret: v.string()", `if (!verifySecret(args.secret, process.env.API_SECRET ?? "")) throw new Error("no");`)}` },
  "timingSafeEqual of digests": { "lib/x.ts": `import { createHash, timingSafeEqual } from "node:crypto";\nconst sha256 = (text: string) => createHash("sha256").update(text).digest();\nexport const same = (one: string) => timingSafeEqual(sha256(one), sha256(process.env.API_SECRET!));` },
  "timingSafeEqual after the lengths": { "lib/x.ts": `import { timingSafeEqual } from "node:crypto";\nexport function same(one: Buffer, two: Buffer) {\n  return one.length === two.length && timingSafeEqual(one, two);\n}` },
  "timingSafeEqual that may throw": { "lib/x.ts": `import { timingSafeEqual } from "node:crypto";\nexport function same(one: Buffer, two: Buffer) {\n  try { return timingSafeEqual(one, two); } catch { return false; }\n}` },
  "a checksum of a file": { "lib/x.ts": `import { createHash } from "node:crypto";\nexport const same = (file: Buffer, etag: string) => createHash("sha256").update(file).digest("hex") === etag;` },
  "a signature that is missing": { "app/api/x/route.ts": `import { createHmac } from "node:crypto";\nexport async function POST(request: Request) {\n  const signature = request.headers.get("x-signature");\n  if (signature === null) return new Response(null, { status: 400 });\n  return Response.json({ made: createHmac("sha256", "public").update("x").digest("hex").length === 64 });\n}` },
  "a function's signature": { "lib/x.ts": `export const same = (signature: string, other: string) => signature === other;` },
  "a maker's own library": { "app/api/x/route.ts": `import Stripe from "stripe";\nexport async function POST(request: Request) {\n  const event = new Stripe(process.env.STRIPE_SECRET_KEY!).webhooks.constructEvent(await request.text(), request.headers.get("stripe-signature")!, process.env.STRIPE_WEBHOOK_SECRET!);\n  return Response.json({ received: event.id });\n}` },
  "a secret given to a library": { "lib/x.ts": `import OpenAI from "openai";\nexport const openai = new OpenAI({ apiKey: process.env.OPENAI_API_KEY ?? "" });` },
  "a secret in a header": { "lib/x.ts": `export const call = () => fetch("https://api.example.com/v1", { headers: { authorization: \`Bearer \${process.env.API_TOKEN}\` } });` },
  "a secret in a form's body": { "lib/x.ts": `export const call = () => fetch("https://oauth.example.com/token", { method: "POST", body: new URLSearchParams({ client_secret: process.env.CLIENT_SECRET! }) });` },
  "a database's address": { "lib/x.ts": `export const url = \`postgres://app:\${process.env.DB_PASSWORD}@db.example.com/app?sslmode=require\`;` },
  "a service that wants its key in the URL": { "lib/x.ts": `export const map = (q: string) => fetch(\`https://maps.googleapis.com/maps/api/geocode/json?address=\${q}&key=\${process.env.GOOGLE_MAPS_API_KEY}\`);` },
  "the same with searchParams": { "lib/x.ts": `const url = new URL("https://maps.googleapis.com/maps/api/geocode/json");\nurl.searchParams.set("key", process.env.GOOGLE_MAPS_API_KEY!);\nexport const call = () => fetch(url);` },
  "whether it is set, logged": { "lib/x.ts": `console.log("API_SECRET", !!process.env.API_SECRET, process.env.API_SECRET ? "set" : "missing", Boolean(process.env.API_KEY), process.env.API_KEY?.length);` },
  "a fingerprint, logged": { "lib/x.ts": `import { fingerprint } from "countersign";\nconsole.log(fingerprint(process.env.API_SECRET!));` },
  "names of the environment, logged": { "lib/x.ts": `console.log(Object.keys(process.env), process.env.NODE_ENV);` },
  "a name in an error": { "lib/x.ts": `export function need(name: string) {\n  const value = process.env[name];\n  if (value === undefined) throw new Error(\`\${name} is not set\`);\n  return value;\n}` },
  "a secret returned to the file's own code": { "lib/x.ts": `export function secret() {\n  return process.env.API_SECRET;\n}` },
  "a secret in a private action": { "convex/x.ts": `import { internalAction } from "./_generated/server";\nexport const key = internalAction({ args: {}, handler: async () => process.env.API_KEY });` },
  "an answer that tells whether": { "app/api/health/route.ts": `export function GET() {\n  return Response.json({ configured: process.env.API_SECRET !== undefined, mode: process.env.NODE_ENV });\n}` },
  "a user's token for Convex": { "app/x/page.tsx": `import { fetchQuery } from "convex/nextjs";\nimport { api } from "@/convex/_generated/api";\nexport default async function Page() {\n  const products = await fetchQuery(api.products.list, {}, { token: await getToken() });\n  return products.length;\n}` },
  "the secret as an option of countersign/next": { "app/x/route.ts": `import { fetchMutation } from "countersign/next";\nimport { api } from "@/convex/_generated/api";\nexport async function POST() {\n  await fetchMutation(api.orders.create, { at: 1 }, { secret: process.env.WORKER_SECRET });\n  return new Response(null);\n}` },
  "a client of countersign": { "worker.ts": `import { CountersignClient } from "countersign/client";\nimport { api } from "./convex/_generated/api";\nconst convex = new CountersignClient(process.env.CONVEX_URL!, { secret: process.env.WORKER_SECRET });\nawait convex.mutation(api.orders.create, { at: 1 });` },
  "a csk_ example": { "lib/x.ts": `// COUNTERSIGN_SECRET=csk_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx_xxxxxx\nexport const isOurs = (text: string) => /^csk_[A-Za-z0-9_-]{43}_/.test(text) || text.startsWith("csk_");` },
  "types of countersign in a client component": { "components/x.tsx": `"use client";\nimport type { WebhookProvider } from "countersign/webhooks";\nimport { type NextjsOptions } from "countersign/next";\nexport const X = (props: { provider: WebhookProvider; options: NextjsOptions }) => null;` },
  "a Server Action that a client component imports": { "components/x.tsx": `"use client";\nimport { pay } from "@/app/pay";\nexport const X = () => <button onClick={() => pay()} />;`, "app/pay.ts": `"use server";\nimport { fetchMutation } from "countersign/next";\nimport { api } from "@/convex/_generated/api";\nexport async function pay() { await fetchMutation(api.orders.create, { at: 1, key: process.env.API_SECRET === undefined ? 0 : 1 }); }` },
  "a public key in a client component": { "components/x.tsx": `"use client";\nexport const key = process.env.NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY ?? process.env.NEXT_PUBLIC_MAPBOX_TOKEN ?? process.env.NEXT_PUBLIC_SUPABASE_ANON_KEY;` },
  "next.config without secrets": { "next.config.ts": `export default { env: { RELEASE: process.env.GIT_SHA, SITE_URL: process.env.SITE_URL }, serverRuntimeConfig: { key: process.env.API_SECRET }, webpack: (config: object) => config };` },
  "explain in development": { "convex/countersign.ts": (clean["convex/countersign.ts"] ?? "").replace("components.countersign });", `components.countersign, explain: process.env.EXPLAIN_REFUSALS === "yes" });`) },
  "options from elsewhere": { "convex/countersign.ts": `import { countersign } from "countersign/convex";\nimport { options } from "./options";\nexport const { signedQuery, signedMutation, signedAction } = countersign(options);` },
  "replay: false of something else": { "lib/x.ts": `import { record } from "rrweb";\nrecord({ replay: false, explain: true });` },
  "a webhook's mutation that is internal": { "convex/webhooks.ts": `import { internalMutation } from "./_generated/server";\nexport const record = internalMutation({ args: {}, handler: async (ctx) => { await ctx.db.insert("x", {}); } });` },
  "a webhook's mutation that checks the user": { "convex/webhooks.ts": fn("id: v.string()", `const user = await getAuthUserId(ctx);\nif (!user) throw new Error("no");`) },
  "a custom builder that checks": { "convex/admin.ts": `import { customMutation } from "convex-helpers/server/customFunctions";\nimport { mutation } from "./_generated/server";\nconst adminMutation = customMutation(mutation, { args: {}, input: async (ctx) => ({ ctx: await admin(ctx), args: {} }) });\nexport const remove = adminMutation({ args: {}, handler: async (ctx) => null });` },
  "webhooks that users set up": { "convex/webhooks.ts": `${q}export const list = query({ args: {}, handler: async (ctx) => await ctx.db.query("webhooks").collect() });`, "components/hooks.tsx": `"use client";\nimport { useQuery } from "convex/react";\nimport { api } from "@/convex/_generated/api";\nexport const Hooks = () => useQuery(api.webhooks.list)?.length;` },
  "a guard two files away": { "convex/internal/pay.ts": `import { mutation } from "../_generated/server";\nimport { run } from "../model/run";\nexport const pay = mutation({ args: {}, handler: async (ctx) => await run(ctx) });`, "convex/model/run.ts": `import { userOf } from "./users";\nexport const run = async (ctx) => { const user = await userOf(ctx); await ctx.db.insert("x", { user }); };` },
  "a public form behind a route": { "convex/newsletter.ts": fn("email: v.string()", `await ctx.db.insert("emails", args);`), "app/api/newsletter/route.ts": `import { fetchMutation } from "convex/nextjs";\nimport { api } from "@/convex/_generated/api";\nexport async function POST(request: Request) {\n  await fetchMutation(api.newsletter.act, { email: (await request.json()).email });\n  return new Response(null);\n}` },
  "names that only begin alike": { "convex/x.ts": `${q}export const internalization = query({ args: {}, handler: async (ctx) => await ctx.db.query("x").collect() });\nexport const seedling = mutation({ args: {}, handler: async (ctx) => { await ctx.db.insert("x", {}); } });\nexport const syncope = mutation({ args: {}, handler: async (ctx) => { await ctx.db.insert("x", {}); } });` },
  "tests": { "convex/pay.test.ts": `import { test } from "vitest";\ntest("x", () => { if (args.secret !== process.env.API_SECRET) throw new Error(); console.log(process.env.API_SECRET); });`, "tests/x.ts": `export const same = (text: string) => text === process.env.API_SECRET;` },
  "silenced on the line before": { "lib/x.ts": `// countersign-ignore: both are ours, and printed nowhere\nexport const same = (text: string) => text === process.env.API_SECRET;` },
  "silenced at the line's end": { "lib/x.ts": `export const same = (text: string) => text === process.env.API_SECRET; // countersign-ignore: both are ours` },
  "silenced with a long reason": { "lib/x.ts": `/* countersign-ignore: both are ours,\n   and printed nowhere */\n// so there\nexport const same = (text: string) => text === process.env.API_SECRET;` },
  "silenced in JSX": { "app/x/page.tsx": `export default function Page() {\n  return <p>\n    {/* countersign-ignore: only for the owner */}\n    {String(owner() === process.env.OWNER_TOKEN)}\n  </p>;\n}` },
};

for (const [what, files] of Object.entries(lookAlikes)) {
  test(`silent: ${what}`, async () => {
    const report = await findIn({ ...clean, ...files });
    assert.deepEqual(report.findings, []);
    assert.deepEqual(report.skipped, []);
  });
}
