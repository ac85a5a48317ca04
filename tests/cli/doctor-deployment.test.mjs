// Faults of what is around the secrets: the URL, the clock, the packages, the files in convex/. One planted in each project.

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { clean, doctor, findsNothing, findsOnly, paste, secret } from "./support/doctor.mjs";
import { putConvexCli } from "./support/deployments.mjs";

const OFFLINE = ["--offline", "--no-code"];
const own = `COUNTERSIGN_SECRET=${secret}\n`;

test("convex_url_unset: mended by its fix", async () => {
  const project = clean({ dotenv: `CONVEX_DEPLOYMENT=dev:quick-otter-123\n${own}` });
  const { fix } = await findsOnly(project, "convex_url_unset", "Next.js", OFFLINE);
  await paste(fix, project);
  assert.match(project.read(".env.local"), /\nNEXT_PUBLIC_CONVEX_URL=https:\/\/quick-otter-123\.convex\.cloud\n$/);
  await findsNothing(project, OFFLINE);
});

for (const [what, dotenv, expected] of /** @type {[string, string, RegExp][]} */ ([
  ["another deployment in the cloud", "CONVEX_DEPLOYMENT=dev:quick-otter-123 # team: t, project: p\nNEXT_PUBLIC_CONVEX_URL=https://calm-heron-456.convex.cloud\n", /is calm-heron-456\.convex\.cloud, and the convex CLI uses quick-otter-123 \(CONVEX_DEPLOYMENT\)/],
  ["a deploy key's", "CONVEX_DEPLOY_KEY='dev:quick-otter-123|eyJ2MiI6IjAxMjM0NTY3ODkifQ=='\nNEXT_PUBLIC_CONVEX_URL=https://calm-heron-456.convex.cloud\n", /uses quick-otter-123 \(CONVEX_DEPLOY_KEY\)/],
  ["a self-hosted one", "CONVEX_SELF_HOSTED_URL=http://127.0.0.1:3210\nNEXT_PUBLIC_CONVEX_URL=http://localhost:3211\n", /is localhost:3211, and the convex CLI uses 127\.0\.0\.1:3210/],
  ["a local one", "CONVEX_DEPLOYMENT=anonymous:anonymous-notes\nNEXT_PUBLIC_CONVEX_URL=https://calm-heron-456.convex.cloud\n", /uses a local deployment/],
  ["the URL for HTTP actions", "CONVEX_DEPLOYMENT=dev:quick-otter-123\nNEXT_PUBLIC_CONVEX_URL=https://quick-otter-123.convex.site\n", /for HTTP actions/],
  ["no URL", "CONVEX_DEPLOYMENT=dev:quick-otter-123\nNEXT_PUBLIC_CONVEX_URL=quick-otter-123.convex.cloud\n", /is no URL/],
])) {
  test(`convex_url_wrong: ${what}`, async () => {
    const project = clean({ dotenv: `${dotenv}${own}` });
    const { message, fix } = await findsOnly(project, "convex_url_wrong", ".env.local:2", OFFLINE, { env: { CONVEX_PROVISION_HOST: undefined } });
    assert.match(message, expected);
    const [, line] = /^In \.env\.local:2: (NEXT_PUBLIC_CONVEX_URL=.*)$/.exec(fix) ?? [];
    if (line === undefined) return;
    project.write(".env.local", project.read(".env.local").replace(/^NEXT_PUBLIC_CONVEX_URL=.*$/m, line));
    await findsNothing(project, OFFLINE, { env: { CONVEX_PROVISION_HOST: undefined } });
  });
}

test("the URL is right: in a region, at a domain of one's own, of a local deployment with its port", async () => {
  for (const [deployment, url, port] of [
    ["CONVEX_DEPLOYMENT=dev:quick-otter-123", "https://quick-otter-123.eu-west-1.convex.cloud"],
    ["CONVEX_DEPLOYMENT=dev:quick-otter-123", "https://api.notes.example"],
    ["CONVEX_DEPLOYMENT=local:local-team-notes", "http://127.0.0.1:3210", "3210"],
  ]) {
    const project = clean({ dotenv: `${deployment}\nNEXT_PUBLIC_CONVEX_URL=${url}\n${own}` });
    if (port !== undefined) project.write(".convex/local/default/config.json", JSON.stringify({ ports: { cloud: Number(port), site: Number(port) + 1 } }));
    await findsNothing(project, OFFLINE, { env: { CONVEX_PROVISION_HOST: undefined } });
    if (port === undefined) continue;
    project.write(".convex/local/default/config.json", JSON.stringify({ ports: { cloud: 3299, site: 3300 } }));
    await findsOnly(project, "convex_url_wrong", ".env.local:2", OFFLINE, { env: { CONVEX_PROVISION_HOST: undefined } });
  }
});

/** A deployment of which only the clock is asked, and a convex CLI that knows its variables. */
async function withClock(/** @type {(now: number) => import("node:http").OutgoingHttpHeaders} */ headers) {
  const server = createServer((_request, response) => {
    response.sendDate = false;
    response.writeHead(200, headers(Date.now())).end("ok");
  });
  const port = await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(/** @type {import("node:net").AddressInfo} */ (server.address()).port)));
  after(() => server.close());
  const url = `http://127.0.0.1:${port}`;
  const project = clean({ layout: "pnpm", deployments: { dotenv: `CONVEX_SELF_HOSTED_URL=${url}\nNEXT_PUBLIC_CONVEX_URL=${url}\n` } });
  putConvexCli(project, { script: `console.log(process.argv.includes("get") ? ${JSON.stringify(secret)} : ${JSON.stringify(`COUNTERSIGN_SECRET=${secret}`)});` });
  return project;
}
const at = (/** @type {number} */ seconds) => (/** @type {number} */ now) => ({ date: new Date(now + seconds * 1000).toUTCString() });

for (const [code, seconds, direction] of /** @type {[string, number, string][]} */ ([["clock_skew", 45, "behind"], ["clock_skew", -45, "ahead of"], ["clock_drift", 12, "behind"], ["clock_drift", -12, "ahead of"]])) {
  test(`${code}: the deployment's clock differs by ${seconds} s`, async () => {
    const { message, severity } = await findsOnly(await withClock(at(seconds)), code, "this machine", ["--no-code"]);
    const [, said, way] = /clock is (\d+) s (behind|ahead of) that of/.exec(message) ?? [];
    assert.equal(way, direction);
    assert.ok(Math.abs(Number(said) - Math.abs(seconds)) <= 2, message);
    assert.equal(severity, code === "clock_skew" ? "error" : "warning");
  });
}

test("the clock: right to some seconds, from a cache, and without a date", async () => {
  await findsNothing(await withClock(at(2)), ["--no-code"]);
  for (const headers of [() => ({}), (/** @type {number} */ now) => ({ ...at(-90)(now), age: "90" })]) {
    const { unchecked } = await findsNothing(await withClock(headers), ["--no-code"]);
    assert.match(JSON.stringify(unchecked), /"The clock".*no date of its own/);
  }
});

/** Another version of an installed package, of which only the manifest is looked at. @param {ReturnType<typeof clean>} project @param {string} folder @param {string} name @param {string} version */
function pretend(project, folder, name, version) {
  rmSync(project.path(folder, "node_modules", name), { recursive: true });
  project.write(`${folder}/node_modules/${name}/package.json`, JSON.stringify({ name, version }));
}

test("version_differs: the two packages of a monorepo have different ones", async () => {
  const project = clean({ layout: "pnpm" });
  pretend(project, "packages/backend", "countersign", "0.0.9");
  const { fix } = await findsOnly(project, "version_differs", "packages/backend/package.json", OFFLINE);
  const { version } = JSON.parse(project.read("apps/web/node_modules/countersign/package.json"));
  assert.equal(fix, `(cd packages/backend && pnpm add countersign@${version})`);
  pretend(project, "packages/backend", "countersign", version);
  await findsNothing(project, OFFLINE);
});

test("package_missing: convex/ imports what is not installed there", async () => {
  const project = clean({ layout: "pnpm" });
  rmSync(project.path("packages/backend/node_modules/countersign"));
  const { fix } = await findsOnly(project, "package_missing", "packages/backend/package.json", OFFLINE);
  assert.equal(fix, "(cd packages/backend && pnpm add countersign)");
});

test("convex_too_old", async () => {
  const project = clean({ layout: "pnpm" });
  pretend(project, "packages/backend", "convex", "1.36.4");
  const { fix } = await findsOnly(project, "convex_too_old", "packages/backend/package.json", OFFLINE);
  assert.equal(fix, "(cd packages/backend && pnpm add convex@latest)");
  pretend(project, "packages/backend", "convex", "1.37.0");
  await findsNothing(project, OFFLINE);
});

test("next_too_old", async () => {
  const project = clean({ layout: "pnpm" });
  pretend(project, "apps/web", "next", "14.2.30");
  await findsOnly(project, "next_too_old", "apps/web/package.json", OFFLINE);
  pretend(project, "apps/web", "next", "15.0.0-rc.1");
  await findsNothing(project, OFFLINE);
});

test("node_too_old", async () => {
  const older = `data:text/javascript,Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.18.3" } })`;
  const { fix } = await findsOnly(clean(), "node_too_old", "Node.js", OFFLINE, { env: { NODE_OPTIONS: `--import=${older.replaceAll(" ", "%20").replaceAll('"', "%22")}` } });
  assert.match(fix, /^nvm install/);
});

test("component_missing: convex.config.ts does not use it, or is not there", async () => {
  const config = `import { defineApp } from "convex/server";\nimport countersign from "countersign/convex.config";\n\nconst app = defineApp();\n// app.use(countersign);\n\nexport default app;\n`;
  for (const file of [config, undefined]) {
    const { fix } = await findsOnly(clean({ files: { "convex/convex.config.ts": file } }), "component_missing", "convex/convex.config.ts", OFFLINE);
    assert.equal(fix, "npx countersign init");
  }
  await findsNothing(clean({ files: { "convex/convex.config.ts": config.replace("// ", "").replaceAll("countersign;", "replay;").replace("import countersign", "import replay").replace("use(countersign)", "use(replay)") } }), OFFLINE);
});

test("guards_missing: the app signs calls, and nothing in convex/ verifies them", async () => {
  const route = `import { fetchMutation } from "countersign/next";\n\nexport const POST = async () => Response.json(await fetchMutation("notes:add" as never));\n`;
  const project = clean({ layout: "src", files: { "src/app/api/route.ts": route, "convex/countersign.ts": undefined, "convex/convex.config.ts": undefined } });
  const { message } = await findsOnly(project, "guards_missing", "convex/countersign.ts", OFFLINE);
  assert.match(message, /^src\/app\/api\/route\.ts signs calls/);
});

test("what is found in the code comes with the rest, and is left out with --no-code", async () => {
  const code = `import { v } from "convex/values";\nimport { mutation } from "./_generated/server";\n\nexport const add = mutation({\n  args: { secret: v.string() },\n  handler: async (ctx, args) => {\n    if (args.secret !== process.env.INTERNAL_API_SECRET) throw new Error("Unauthorized");\n    await ctx.db.insert("notes", { text: "" });\n  },\n});\n`;
  const project = clean({ files: { "convex/add.ts": code } });
  const { codes, findings } = await doctor(project, ["--offline"]);
  assert.ok(codes.includes("code_secret_compared"), codes.join());
  assert.match(/** @type {string} */ (findings[0]?.where), /^convex\/add\.ts:7/);
  await findsNothing(project, OFFLINE);
});
