// One fault in a project that is clean otherwise: it is found, where it is, and nothing else is.

import assert from "node:assert/strict";
import { test } from "node:test";
import { generateSecret } from "countersign";
import { clean, findIn, places } from "./support/code.mjs";

const v = `import { v } from "convex/values";\nimport { mutation, query, action } from "./_generated/server";\n`;
/** @param {string} args @param {string} body @param {string} [before] */
const guarded = (args, body, before = "") => `${v}${before}
export const pay = mutation({
  args: { ${args} },
  handler: async (ctx, args) => {
    ${body}
    await ctx.db.insert("events", { at: 1 });
  },
});
`;
const secret = "secret: v.string()";
const optional = "secret: v.optional(v.string())";
/** @param {string} body @param {string} [before] */
const route = (body, before = "") => `${before}
export async function POST(request: Request) {
  ${body}
  return Response.json({ ok: true });
}
`;
const no = "return new Response(null, { status: 401 });";

/** The line of each fault ends with `//! <its code>`. @type {Record<string, Record<string, string | undefined>>} */
const faults = {
  "!== in a mutation": { "convex/pay.ts": guarded(secret, `if (args.secret !== process.env.API_SECRET) throw new Error("no"); //! code_secret_compared`) },
  "!= in a mutation": { "convex/pay.ts": guarded(secret, `if (process.env.API_SECRET != args.secret) throw new Error("no"); //! code_secret_compared`) },
  "=== that lets in": { "convex/pay.ts": guarded(secret, `const ok = args.secret === process.env.API_SECRET!; //! code_secret_compared\n if (!ok) throw new Error("no");`) },
  "an alias at the top of the file": { "convex/pay.ts": guarded(secret, `if (EXPECTED !== args.secret) throw new Error("no"); //! code_secret_compared`, `const EXPECTED = process.env.API_SECRET as string;\n`) },
  "a destructured environment": { "convex/pay.ts": guarded(secret, `if (args.secret !== expected) throw new Error("no"); //! code_secret_compared`, `const { API_SECRET: expected } = process.env;\n`) },
  "a destructured argument": { "convex/pay.ts": `${v}export const pay = mutation({ args: { secret: v.string() }, handler: async (ctx, { secret }) => {
    if (secret !== process.env["API_SECRET"]) throw new Error("no"); //! code_secret_compared
  } });` },
  "Convex's own env": { "convex/pay.ts": `import { v } from "convex/values";\nimport { env, mutation } from "./_generated/server";
export const pay = mutation({ args: { secret: v.string() }, handler: async (ctx, args) => {
  if (args.secret !== env.API_SECRET) throw new Error("no"); //! code_secret_compared
} });` },
  "process.env by another name": { "convex/pay.ts": guarded(secret, `if (args.secret !== env.API_TOKEN) throw new Error("no"); //! code_secret_compared`, `const env = process.env;\n`) },
  "a function that gives the secret": { "convex/pay.ts": guarded(secret, `if (args.secret !== expected()) throw new Error("no"); //! code_secret_compared`, `function expected() {\n  const secret = process.env.API_SECRET;\n  if (!secret) throw new Error("API_SECRET is not set");\n  return secret;\n}\n`) },
  "requireEnv": { "convex/pay.ts": guarded(secret, `if (args.secret !== requireEnv("API_SECRET")) throw new Error("no"); //! code_secret_compared`, `import { requireEnv } from "./env";\n`) },
  "a variable that the user named": { "convex/pay.ts": guarded(secret, `if (args.secret !== process.env.SESAME) throw new Error("no"); //! code_secret_compared`) },
  "localeCompare": { "convex/pay.ts": guarded(secret, `if (args.secret.localeCompare(process.env.API_SECRET!) !== 0) throw new Error("no"); //! code_secret_compared`) },
  "a list of secrets": { "convex/pay.ts": guarded(secret, `if (![process.env.API_SECRET, process.env.API_SECRET_OLD].includes(args.secret)) throw new Error("no"); //! code_secret_compared`) },
  "a secret that is looked for": { "app/api/x/route.ts": route(`if (!request.headers.get("x-key")?.startsWith(process.env.API_KEY!)) ${no} //! code_secret_compared`) },
  "Buffer.compare": { "app/api/x/route.ts": route(`const key = request.headers.get("x-key") ?? "";\n  if (Buffer.compare(Buffer.from(key), Buffer.from(process.env.API_KEY!)) !== 0) ${no} //! code_secret_compared`) },
  "Buffer's equals": { "app/api/x/route.ts": route(`const key = request.headers.get("x-key") ?? "";\n  if (!Buffer.from(key).equals(Buffer.from(process.env.API_KEY!))) ${no} //! code_secret_compared`) },
  "a switch": { "app/api/x/route.ts": route(`switch (request.headers.get("x-key")) {\n    case process.env.API_KEY: //! code_secret_compared\n      break;\n    default: ${no}\n  }`) },
  "trimmed and typed": { "app/api/x/route.ts": route(`const key = request.headers.get("x-key");\n  if (key !== (process.env.API_KEY as string).trim()) ${no} //! code_secret_compared`) },
  "a header and a checked variable": { "app/api/x/route.ts": route(`const expected = process.env.CRON_SECRET;\n  if (!expected) return new Response("not set", { status: 500 });\n  if (request.headers.get("authorization") !== \`Bearer \${expected}\`) ${no} //! code_secret_compared`) },
  "in JavaScript, with require": { "pages/api/x.js": `const { verify } = require("./y");\nmodule.exports = (req, res) => {\n  const expected = process.env.API_SECRET;\n  if (!expected) throw new Error("not set");\n  if (req.headers["x-secret"] !== expected) return res.status(401).end(); //! code_secret_compared\n  verify();\n};\n` },
  "a mutation's assignment later on": { "convex/pay.ts": guarded(secret, `let expected;\n expected = process.env.API_SECRET;\n if (args.secret !== expected) throw new Error("no"); //! code_secret_compared`) },

  "an optional argument": { "convex/pay.ts": guarded(optional, `if (args.secret !== process.env.API_SECRET) throw new Error("no"); //! code_fails_open_unset`) },
  "an argument of any kind": { "convex/pay.ts": guarded("secret: v.any()", `if (args.secret === process.env.API_SECRET) return;  //! code_fails_open_unset`) },
  "an optional parameter of a helper": { "convex/model/auth.ts": `export function authorize(secret?: string) {\n  if (secret !== process.env.API_SECRET) throw new Error("no"); //! code_fails_open_unset\n}\n` },
  "a parameter that may be undefined, elsewhere": { "lib/auth.ts": `export const authorize = (secret: string | undefined) => {\n  const sent = secret;\n  if (sent !== process.env.API_SECRET) throw new Error("no"); //! code_fails_open_unset\n};\n` },
  "an optional field of a helper's parameter": { "lib/auth.ts": `export function authorize(options: { secret?: string }) {\n  if (options.secret !== process.env.API_SECRET) throw new Error("no"); //! code_fails_open_unset\n}\n` },
  "an optional field, taken apart": { "lib/auth.ts": `export function authorize({ secret }: { secret?: string }) {\n  if (secret !== process.env.API_SECRET) throw new Error("no"); //! code_fails_open_unset\n}\n` },
  "a parameter that is always there": { "lib/auth.ts": `export function authorize(secret: string, { other = "" }: { other?: string }) {\n  if (secret !== process.env.API_SECRET || other === "") throw new Error("no"); //! code_secret_compared\n}\n` },
  "customCtxAndArgs": { "convex/custom.ts": `import { customCtxAndArgs, customMutation } from "convex-helpers/server/customFunctions";\nimport { v } from "convex/values";\nimport { mutation } from "./_generated/server";
export const serverMutation = customMutation(mutation, customCtxAndArgs({
  args: { secret: v.optional(v.string()) },
  input: async (ctx, { secret }) => {
    if (secret !== process.env.API_SECRET) throw new Error("no"); //! code_fails_open_unset
    return { ctx, args: {} };
  },
}));\n` },
  "customQuery, with a method": { "convex/custom.ts": `import { customQuery } from "convex-helpers/server/customFunctions";\nimport { v } from "convex/values";\nimport { query } from "./_generated/server";
export const serverQuery = customQuery(query, { args: { token: v.optional(v.string()) }, async input(ctx, args) {
  if (args.token !== process.env.API_TOKEN) throw new Error("no"); //! code_fails_open_unset
  return { ctx, args: {} };
} });\n` },
  "customMutation with a secret that has to be sent": { "convex/custom.ts": `import { customMutation } from "convex-helpers/server/customFunctions";\nimport { v } from "convex/values";\nimport { mutation } from "./_generated/server";
export const serverMutation = customMutation(mutation, { args: { secret: v.string() }, input: async (ctx, args) => {
  if (args.secret !== process.env.API_SECRET) throw new Error("no"); //! code_secret_compared
  return { ctx, args: {} };
} });\n` },
  "null, compared loosely": { "convex/pay.ts": guarded("secret: v.union(v.string(), v.null())", `if (args.secret != process.env.API_SECRET) throw new Error("no"); //! code_fails_open_unset`) },
  "no validators": { "convex/pay.ts": `${v}export const pay = mutation(async (ctx, { secret }: { secret: string }) => {
  if (secret !== process.env.API_SECRET) throw new Error("no"); //! code_fails_open_unset
});` },
  "a field of a request's body": { "app/api/x/route.ts": route(`const { secret } = await request.json();\n  if (secret !== process.env.API_SECRET) ${no} //! code_fails_open_unset`) },
  "a header of the pages router": { "pages/api/x.ts": `export default function handler(req: any, res: any) {\n  if (req.headers["x-secret"] !== process.env.API_SECRET) return res.status(401).end(); //! code_fails_open_unset\n  res.json({ ok: true });\n}\n` },
  "a header, compared loosely": { "app/api/x/route.ts": route(`if (request.headers.get("x-key") != process.env.API_KEY) ${no} //! code_fails_open_unset`) },
  "Bearer undefined": { "app/api/x/route.ts": route(`if (request.headers.get("authorization") !== \`Bearer \${process.env.CRON_SECRET}\`) ${no} //! code_fails_open_text`) },
  "Bearer undefined, with +": { "app/api/x/route.ts": route(`const expected = "Bearer " + process.env.CRON_SECRET;\n  if (expected !== request.headers.get("authorization")) ${no} //! code_fails_open_text`) },
  "only where the variable is set": { "convex/pay.ts": guarded(secret, `if (process.env.API_SECRET && args.secret !== process.env.API_SECRET) throw new Error("no"); //! code_fails_open_skipped`) },
  "only where the argument is there": { "convex/pay.ts": guarded(optional, `if (args.secret && args.secret !== process.env.API_SECRET) throw new Error("no"); //! code_fails_open_skipped`) },
  "inside a condition": { "convex/pay.ts": guarded(secret, `const expected = process.env.API_SECRET;\n if (expected !== undefined) {\n   if (args.secret !== expected) throw new Error("no"); //! code_fails_open_skipped\n }`) },
  "allowed where the variable is not set": { "app/api/x/route.ts": route(`const ok = !process.env.CRON_SECRET || request.headers.get("authorization") === process.env.CRON_SECRET; //! code_fails_open_skipped\n  if (!ok) ${no}`) },
  "an empty default": { "convex/pay.ts": guarded(secret, `if (args.secret !== (process.env.API_SECRET ?? "")) throw new Error("no"); //! code_fails_open_fallback`) },
  "a default for development": { "convex/pay.ts": guarded(secret, `if (args.secret !== EXPECTED) throw new Error("no"); //! code_fails_open_fallback`, `const EXPECTED = process.env.API_SECRET || "dev-secret";\n`) },
  "a default while it is taken apart": { "convex/pay.ts": guarded(secret, `if (args.secret !== API_SECRET) throw new Error("no"); //! code_fails_open_fallback`, `const { API_SECRET = "dev" } = process.env;\n`) },
  "a default for an HMAC's key": { "lib/sign.ts": `import { createHmac } from "node:crypto";\nexport const sign = (text: string) => createHmac("sha256", process.env.SIGNING_KEY ?? "dev").update(text).digest("hex"); //! code_fails_open_fallback\n` },
  "a default for verifySecret": { "app/api/x/route.ts": route(`if (!verifySecret(request.headers.get("x-key"), process.env.API_KEY || "dev-key")) ${no} //! code_fails_open_fallback`, `import { verifySecret } from "countersign";\n`) },

  "fetchMutation with a secret": { "app/api/x/route.ts": route(`await fetchMutation(api.orders.markPaid, { eventId: "1", provider: "x", secret: process.env.API_SECRET! }); //! code_secret_sent`, `import { fetchMutation } from "convex/nextjs";\nimport { api } from "@/convex/_generated/api";\n`) },
  "ConvexHttpClient with a secret": { "worker.ts": `import { ConvexHttpClient } from "convex/browser";\nimport { api } from "./convex/_generated/api";\nconst secret = process.env.API_SECRET!;\nconst convex = new ConvexHttpClient(process.env.CONVEX_URL!);\nawait convex.mutation(api.orders.markPaid, { eventId: "1", provider: "x", secret }); //! code_secret_sent\n` },
  "arguments in a constant": { "app/api/x/route.ts": route(`const args = { secret: process.env.API_SECRET };\n  await fetchAction(api.reports.nightly, args); //! code_secret_sent`, `import { fetchAction } from "convex/nextjs";\nimport { api } from "@/convex/_generated/api";\n`) },
  "a secret in the log": { "app/api/x/route.ts": route(`console.log("secret is", process.env.API_SECRET); //! code_secret_logged`) },
  "a secret in a text in the log": { "convex/pay.ts": `${v}export const nothing = 1;\nconst key = process.env.API_KEY;\nconsole.error(\`key: \${key}\`); //! code_secret_logged\n` },
  "the whole environment in the log": { "instrumentation.ts": `export function register() {\n  console.log(JSON.stringify(process.env)); //! code_secret_logged\n}\n` },
  "a secret in an error": { "lib/check.ts": `export function check(sent: string) {\n  if (sent === "") throw new Error(\`expected \${process.env.API_SECRET}\`); //! code_secret_in_error\n}\n` },
  "a secret in a ConvexError": { "convex/x.ts": `import { ConvexError } from "convex/values";\nexport const refuse = () => new ConvexError({ expected: process.env.API_SECRET }); //! code_secret_in_error\n` },
  "a secret in a URL's query": { "lib/call.ts": `export const call = () => fetch(\`\${process.env.SITE_URL}/api/x?secret=\${process.env.API_SECRET}\`); //! code_secret_in_url\n` },
  "searchParams.set": { "lib/call.ts": `export function call() {\n  const url = new URL("/api/x", process.env.SITE_URL);\n  url.searchParams.set("token", process.env.API_TOKEN!); //! code_secret_in_url\n  return fetch(url);\n}\n` },
  "a URL of Convex": { "lib/call.ts": `export const call = () => fetch("https://happy-animal-123.convex.site/hook?key=" + process.env.API_KEY); //! code_secret_in_url\n` },
  "a secret in an answer": { "app/api/x/route.ts": `export async function GET() {\n  return Response.json({ key: process.env.API_KEY }); //! code_secret_returned\n}\n` },
  "a secret from a query": { "convex/pay.ts": `${v}export const config = query({ args: {}, handler: async () => {\n  return { stripe: process.env.STRIPE_SECRET_KEY }; //! code_secret_returned\n} });\n` },
  "a secret in a page's props": { "pages/x.tsx": `export async function getServerSideProps() {\n  return { props: { key: process.env.API_KEY } }; //! code_secret_returned\n}\nexport default function Page() { return null; }\n` },
  "a csk_ text": { "lib/secret.ts": `export const secret = "${generateSecret()}"; //! code_secret_in_source\n` },
  "a csk_ text in a comment of a test": { "lib/x.test.ts": `// COUNTERSIGN_SECRET=${generateSecret()} //! code_secret_in_source\nexport {};\n` },
  "a literal in a constant": { "convex/pay.ts": guarded(secret, `if (args.secret !== API_SECRET) throw new Error("no"); //! code_secret_in_source`, `const API_SECRET = "open-sesame";\n`) },
  "a literal in the comparison": { "convex/pay.ts": guarded("token: v.string()", `if (args.token !== "hunter2-hunter2") throw new Error("no"); //! code_secret_in_source`) },

  "a webhook's mutation without a guard": { "convex/webhooks.ts": `${v}export const record = mutation({ //! code_unguarded_function\n  args: { eventId: v.string() }, handler: async (ctx, args) => { await ctx.db.insert("events", args); } });\n` },
  "markEventProcessed": { "convex/events.ts": `${v}export const markEventProcessed = mutation({ //! code_unguarded_function\n  args: { eventId: v.string() }, handler: async (ctx, args) => { await ctx.db.insert("events", args); } });\n` },
  "a query for administrators": { "convex/users.ts": `${v}const adminList = query({ //! code_unguarded_function\n  handler: async (ctx) => await ctx.db.query("users").collect() });\nexport { adminList };\n` },
  "a builder of another name": { "convex/backfill.ts": `import { mutation as publicMutation } from "./_generated/server";\nexport const run = publicMutation({ //! code_unguarded_function\n  args: {}, handler: async (ctx) => { await ctx.db.insert("x", {}); } });\n` },
  "a helper that checks nothing": { "convex/webhooks.ts": `${v}import { store } from "./model/store";\nexport const record = mutation({ //! code_unguarded_function\n  args: {}, handler: async (ctx) => { await store(ctx); } });\n`, "convex/model/store.ts": `export async function store(ctx) { await ctx.db.insert("x", {}); }\n` },
  "called only by a route that verifies": {
    "convex/billing.ts": `${v}export const settle = mutation({ //! code_unguarded_function\n  args: { id: v.string() }, handler: async (ctx, args) => { await ctx.db.insert("paid", args); } });\n`,
    "app/api/stripe/route.ts": `import Stripe from "stripe";\nimport { fetchMutation } from "convex/nextjs";\nimport { api } from "@/convex/_generated/api";\nexport async function POST(request: Request) {\n  const event = new Stripe("").webhooks.constructEvent(await request.text(), request.headers.get("stripe-signature")!, process.env.STRIPE_WEBHOOK_SECRET!);\n  await fetchMutation(api.billing.settle, { id: event.id });\n  return new Response(null);\n}\n`,
  },

  "replay: false": { "convex/countersign.ts": (clean["convex/countersign.ts"] ?? "").replace("replay: components.countersign });", "replay: false }); //! code_replay_off") },
  "no replay": { "convex/countersign.ts": (clean["convex/countersign.ts"] ?? "").replace(", replay: components.countersign });", " }); //! code_replay_missing") },
  "explain: true": { "convex/countersign.ts": (clean["convex/countersign.ts"] ?? "").replace("components.countersign });", "components.countersign, explain: true }); //! code_explain_on") },
  "requireSecret that explains": { "convex/pay.ts": guarded(secret, `requireSecret(args.secret, { explain: true }); //! code_explain_on`, `import { requireSecret } from "countersign/convex";\n`) },

  "countersign/next in a client component": { "components/pay.tsx": `"use client";\nimport { fetchMutation } from "countersign/next"; //! code_server_import_in_client\nexport const Pay = () => <button onClick={() => fetchMutation} />;\n` },
  "countersign/client behind a client component": { "components/pay.tsx": `"use client";\nimport { pay } from "@/lib/pay";\nexport const Pay = () => <button onClick={pay} />;\n`, "lib/pay.ts": `import { CountersignClient } from "countersign/client"; //! code_server_import_in_client\nexport const pay = () => new CountersignClient("");\n` },
  "a secret in a client component": { "components/pay.tsx": `"use client";\nexport const Pay = () => <a data-ready={process.env.API_SECRET !== undefined} />; //! code_secret_in_client\n` },
  "a secret behind a client component": { "components/pay.tsx": `"use client";\nimport { key } from "../lib/key.js";\nexport const Pay = () => <a id={key} />;\n`, "lib/key.ts": `export const key = process.env.API_KEY; //! code_secret_in_client\n` },
  "next.config's env": { "next.config.ts": `export default { env: {\n  API_SECRET: process.env.API_SECRET, //! code_secret_in_next_config\n} };\n` },
  "next.config's publicRuntimeConfig": { "next.config.ts": undefined, "next.config.js": `const config = {};\nmodule.exports = { ...config, publicRuntimeConfig: {\n  key: process.env.STRIPE_SECRET_KEY, //! code_secret_in_next_config\n} };\n` },
  "a secret called NEXT_PUBLIC_": { "lib/x.ts": `export const x = () => process.env.NEXT_PUBLIC_API_SECRET; //! code_secret_named_public\n` },
  "a destructured NEXT_PUBLIC_ secret": { "lib/x.ts": `const {\n  NEXT_PUBLIC_COUNTERSIGN_SECRET, //! code_secret_named_public\n} = process.env;\nexport const x = NEXT_PUBLIC_COUNTERSIGN_SECRET;\n` },

  "an HMAC compared with ===": { "app/api/x/route.ts": route(`const body = await request.text();\n  const mac = createHmac("sha256", process.env.WEBHOOK_SECRET!).update(body).digest("hex");\n  if (mac !== request.headers.get("x-signature")) ${no} //! code_signature_compared`, `import { createHmac } from "node:crypto";\n`) },
  "an HMAC with a prefix": { "app/api/x/route.ts": route(`const expected = \`sha256=\${sign(await request.text())}\`;\n  if (request.headers.get("x-hub-signature-256") === expected) return new Response("ok"); //! code_signature_compared`, `import crypto from "node:crypto";\nfunction sign(body: string) {\n  return crypto.createHmac("sha256", process.env.WEBHOOK_SECRET!).update(body).digest("hex");\n}\n`) },
  "an HMAC of WebCrypto": { "convex/verify.ts": `export async function isRight(body: string, signature: string, secret: string) {\n  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(secret), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);\n  const bytes = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(body));\n  const expected = btoa(String.fromCharCode(...new Uint8Array(bytes)));\n  return signature === expected; //! code_signature_compared\n}\n` },
  "timingSafeEqual without lengths": { "lib/verify.ts": `import { createHmac, timingSafeEqual } from "node:crypto";\nexport function isRight(body: string, signature: string) {\n  const expected = createHmac("sha256", process.env.WEBHOOK_SECRET!).update(body).digest("hex");\n  return timingSafeEqual(Buffer.from(signature), Buffer.from(expected)); //! code_unequal_lengths\n}\n` },

  "an ignore without a reason": { "lib/x.ts": `// countersign-ignore //! code_ignore_without_reason\nexport const x = 1;\n` },
};

for (const [what, files] of Object.entries(faults)) {
  test(what, async () => {
    const expected = Object.entries(files).flatMap(([name, text]) => (text ?? "").split("\n").flatMap((line, index) => {
      const code = /\/\/! (\w+)$/.exec(line)?.[1];
      return code === undefined ? [] : [`${code} ${name}:${index + 1}`];
    }));
    assert.equal(expected.length, 1, "one fault is planted");
    const report = await findIn({ ...clean, ...files }, { variables: ["COUNTERSIGN_SECRET", "SITE_URL", "SESAME"] });
    assert.deepEqual(places(report), expected, JSON.stringify(report.findings, null, 1));
    assert.deepEqual(report.skipped, []);
    const [finding] = report.findings;
    for (const part of [finding?.message, finding?.why, finding?.fix]) assert.match(part ?? "", /^.{10,}$/);
    assert.doesNotMatch(JSON.stringify(finding), /csk_[\w-]{20}|open-sesame|hunter2|dev-secret/);
  });
}

test("the fix that is suggested is the one for the place", async () => {
  const compare = (/** @type {string} */ name, variable = "API_SECRET") => `if (${name} !== process.env.${variable}) throw new Error("no");`;
  const own = ", { secret: () => process.env.API_SECRET }";
  /** @type {Record<string, [string, RegExp | string]>} */
  const fixes = {
    "convex/model/auth.ts": [`export function authorize(secret?: string) { ${compare("secret")} }`, `requireSecret(secret${own})`],
    "convex/model/own.ts": [`export function authorize(secret?: string) { ${compare("secret", "COUNTERSIGN_SECRET")} }`, "requireSecret(secret)"],
    "convex/custom.ts": [`export const c = customCtxAndArgs({ args: {}, input: async (ctx, { key }) => { ${compare("key")} } });`, `requireSecret(key${own})`],
    "convex/pay.ts": [guarded(optional, compare("args.secret")), `requireSecret(args.secret${own})`],
    "convex/http.ts": [`import { httpAction } from "./_generated/server";\nexport const hook = httpAction(async (ctx, request) => { const key = request.headers.get("x"); ${compare("key")} return new Response(null); });`, `verifySecret(key, process.env.API_SECRET ?? "")`],
    "lib/auth.ts": [`export function authorize(secret?: string) { ${compare("secret")} }`, `verifySecret(secret, process.env.API_SECRET ?? "")`],
  };
  const report = await findIn(Object.fromEntries(Object.entries(fixes).map(([name, [text]]) => [name, text])));
  assert.equal(report.findings.length, Object.keys(fixes).length, JSON.stringify(places(report)));
  for (const { where, fix } of report.findings) {
    const wanted = String(fixes[where.replace(/:.*$/, "")]?.[1]);
    assert.ok(fix.includes(wanted), `${where}: ${fix}`);
    assert.ok(!fix.includes(wanted.startsWith("verify") ? "requireSecret" : "verifySecret"), `${where}: ${fix}`);
  }
});
