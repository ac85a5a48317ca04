// Starting and stopping.
import { mkdtemp, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ConvexClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startConvex } from "./index.mjs";
import { errorOf, httpClient, startFixture, until } from "./testing.mjs";

/** @type {string} */
let folder;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "server-test-"));
  await symlink(fileURLToPath(new URL("../../../node_modules", import.meta.url)), path.join(folder, "node_modules"));
});
afterAll(() => rm(folder, { recursive: true }));

/** @param {string} name @param {Record<string, string>} files */
async function functions(name, files) {
  const dir = path.join(folder, name);
  await mkdir(dir);
  for (const [file, text] of Object.entries(files)) await writeFile(path.join(dir, file), text);
  return dir;
}

/** @param {import("node:net").Server} server @returns {Promise<number>} */
const listen = (server) => new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(/** @type {any} */ (server.address()).port)));

test("two deployments at once share nothing", async () => {
  const [a, b] = await Promise.all([startFixture({ env: { GREETING: "a" } }), startFixture({ env: { GREETING: "b" } })]);
  const [clientA, clientB] = /** @type {any[]} */ ([httpClient(a.url), httpClient(b.url)]);
  await clientA.mutation("messages:send", { body: "x", author: "y" });
  expect(await clientA.query("messages:list", { author: "y" })).toHaveLength(1);
  expect(await clientB.query("messages:list", { author: "y" })).toEqual([]);
  expect((await clientB.query("environment:greeting", {})).handler).toBe("b");
  expect(a.adminKey).not.toBe(b.adminKey);
  await Promise.all([a.close(), b.close()]);
});

test("its variables are read as they are now, to the last character", async () => {
  const convex = await startFixture({ env: { FIRST: " one\n", SECOND: "two" } });
  await convex.setEnv("THIRD", "$three \"3\"");
  await convex.setEnv("SECOND", undefined);
  expect(convex.readEnv()).toEqual({ FIRST: " one\n", THIRD: "$three \"3\"" });
  await convex.close();
});

test("a port in use gives one clear error, for either port", async () => {
  const taken = createServer();
  const port = await listen(taken);
  for (const ports of [{ port }, { sitePort: port }]) {
    await expect(startFixture(ports)).rejects.toThrow(`Port ${port} on 127.0.0.1 is already in use: stop what listens there, or choose another port.`);
  }
  taken.close();
});

test("closing frees both ports, ends subscriptions, and can be done in the middle of a call", async () => {
  const convex = await startFixture();
  const client = new ConvexClient(convex.url, /** @type {any} */ ({ logger: false, skipConvexDeploymentUrlCheck: true, unsavedChangesWarning: false }));
  let connected = false;
  client.onUpdate(/** @type {any} */ (makeFunctionReference("counters:get")), { name: "x" }, () => (connected = true));
  await until(() => connected, "the subscription is there");
  const call = errorOf(/** @type {any} */ (httpClient(convex.url)).action("values:waitForever", {}));
  await until(() => convex.logs.some((entry) => entry.message === "waiting"), "the action is waiting");
  await convex.close();
  expect(await call).toBeInstanceOf(Error);
  await client.close();
  const again = await startFixture({ port: Number(new URL(convex.url).port), sitePort: Number(new URL(convex.siteUrl).port) });
  expect(again.url).toBe(convex.url);
  await again.close();
});

test("functions that cannot be loaded are refused at the start, with their own error", async () => {
  const broken = await functions("broken", { "a.ts": 'export const x = 1;\nthrow new Error("broken at module scope");\n' });
  await expect(startConvex({ functionsDir: broken })).rejects.toThrow(/could not be loaded:\nUncaught Error: broken at module scope\n\s+at a\.ts:2:7/);
});

test("a top-level await is refused, as Convex refuses it", async () => {
  const dir = await functions("top-level-await", { "a.ts": "export const x = await Promise.resolve(1);\n" });
  await expect(startConvex({ functionsDir: dir })).rejects.toThrow(/Top-level await/);
});

test("only actions may be in a \"use node\" file", async () => {
  const source = '"use node";\n\nimport { queryGeneric } from "convex/server";\nexport const q = queryGeneric({ handler: async () => 1 });\n';
  const dir = await functions("node-query", { "a.ts": source });
  await expect(startConvex({ functionsDir: dir })).rejects.toThrow("`q` defined in `a.js` is a query function. Only actions can be defined in Node.js.");
});

test("authentication providers are refused by name", async () => {
  const dir = await functions("with-auth", { "auth.config.ts": "export default {};\n" });
  await expect(startConvex({ functionsDir: dir })).rejects.toThrow("does not support authentication providers (auth.config)");
});

test("publicUrl is the deployment's CONVEX_CLOUD_URL, and must be an origin", async () => {
  const convex = await startFixture({ publicUrl: "https://convex.example.com" });
  expect(await /** @type {any} */ (httpClient(convex.url)).query("environment:all", {})).toEqual({ CONVEX_CLOUD_URL: "https://convex.example.com", CONVEX_SITE_URL: convex.siteUrl });
  await convex.close();
  /** @type {string | undefined} */
  let given;
  const behind = await startFixture({ publicUrl: async (url) => ((given = url), "http://localhost:1") });
  expect(given).toBe(behind.url);
  expect((await /** @type {any} */ (httpClient(behind.url)).query("environment:all", {})).CONVEX_CLOUD_URL).toBe("http://localhost:1");
  await behind.close();
  for (const publicUrl of ["https://convex.example.com/", "convex.example.com", ""]) {
    await expect(startFixture({ publicUrl })).rejects.toThrow(`publicUrl must be an origin such as "https://convex.example.com", with no slash at its end, and not "${publicUrl}".`);
  }
});

test("without http.ts there are no http actions", async () => {
  const convex = await startConvex({ functionsDir: await functions("no-http", { "a.ts": "export const x = 1;\n" }) });
  const response = await fetch(convex.siteUrl);
  expect([response.status, await response.text()]).toEqual([404, "This Convex deployment does not have HTTP actions enabled."]);
  await convex.close();
});

test("an error that a function leaves behind does not end the deployment", async () => {
  const convex = await startFixture();
  const client = /** @type {any} */ (httpClient(convex.url));
  await client.action("values:failLater", {});
  await until(() => convex.logs.some((entry) => entry.level === "error" && entry.message.includes("too late")), "the error is logged");
  expect(await client.query("values:echo", { value: 1 })).toBe(1);
  await convex.close();
});
