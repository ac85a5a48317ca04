// Components: found, bundled and installed as Convex does, with tables, functions, crons and variables of their own.
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ConvexClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startConvex } from "./index.mjs";
import { errorOf, httpClient, until } from "./testing.mjs";

const FIXTURE = fileURLToPath(new URL("./components-fixture/convex", import.meta.url));

/** @type {Awaited<ReturnType<typeof startConvex>>} */
let convex;
/** @type {any} functions are named by strings here, which the client's types do not know */
let client;
let started = 0;

beforeAll(async () => {
  started = Date.now();
  convex = await startConvex({ functionsDir: FIXTURE, env: { GREETING: "hello", SECRET_OF_THE_APP: "must not be seen" } });
  client = httpClient(convex.url);
});
afterAll(() => convex.close());

/** @param {string} component @param {string} text */
const entries = async (component, text) => (await convex.readTable(component, "entries")).filter((entry) => entry.text === text);
/** @param {string} text */
const notes = async (text) => (await convex.readTable("", "notes")).filter((note) => note.text === text);
const lastFailure = () => convex.logs.findLast((entry) => entry.level === "failure");

describe("installed components", () => {
  test("have tables of their own, each installation and each nested one", async () => {
    expect(await client.mutation("notes:record", { which: "ledger", text: "own tables" })).toBe(1n);
    expect(await client.mutation("notes:record", { which: "spare", text: "own tables" })).toBe(1n);
    expect(await client.mutation("notes:record", { which: "ledger", text: "own tables" })).toBe(2n);
    expect([await entries("ledger", "own tables"), await entries("spare", "own tables"), await notes("own tables")].map(({ length }) => length)).toEqual([2, 1, 3]);
    expect(await convex.readTable("ledger/audit", "trail")).toHaveLength(2);
    expect((await convex.readTable("spare/audit", "trail")).map(({ what }) => what)).toEqual(["added own tables"]);
  });

  test("know their path", async () => {
    const fn = { type: "query", visibility: "public" };
    expect(await client.query("notes:read", { which: "spare", fn: "meta" })).toEqual([
      { ...fn, name: "entries:meta", componentPath: "spare" },
      { ...fn, name: "trail:meta", componentPath: "spare/audit" },
    ]);
  });

  test("are called from actions, with values that only Convex's encoding carries", async () => {
    const [list, meta] = await client.action("notes:fromAction", { text: "from an action" });
    expect(list).toContainEqual(expect.objectContaining({ text: "from an action", amount: 2n }));
    expect(meta).toMatchObject({ name: "entries:act", componentPath: "ledger", type: "action" });
  });

  test("are called from http actions", async () => {
    const response = await fetch(`${convex.siteUrl}/record`, { method: "POST", body: "over HTTP" });
    expect([response.status, Number(await response.text())]).toEqual([200, (await convex.readTable("spare/audit", "trail")).length]);
    expect(await entries("spare", "over HTTP")).toEqual([expect.objectContaining({ amount: 5n })]);
  });

  test("see no variables but those bound to them, wherever they look", async () => {
    const seen = async (/** @type {string} */ which) => client.query("notes:read", { which, fn: "environment" });
    const nothing = { moduleScope: {}, own: {}, global: {}, keys: ["env"] };
    expect(await seen("ledger")).toEqual(nothing);
    const bound = (/** @type {string} */ greeting) => ({ LABEL: "the spare one", PASSED_ON: greeting });
    expect(await seen("spare")).toEqual({ ...nothing, moduleScope: bound("hello"), own: bound("hello"), global: bound("hello") });
    await convex.setEnv("GREETING", "changed");
    expect((await seen("spare")).own).toEqual(bound("changed"));
    await convex.setEnv("GREETING", "hello");
  });

  test("check arguments and results as the app does", async () => {
    const call = (/** @type {string} */ fn, /** @type {object} */ args) => errorOf(client.mutation("notes:call", { component: "ledger", file: "entries", fn, args }));
    await call("add", { text: "unchecked", amount: 1 });
    expect(lastFailure()?.message).toContain("ArgumentValidationError: Value does not match validator.\nPath: .amount");
    await call("addAndReturnRubbish", { text: "unchecked" });
    expect(lastFailure()?.message).toContain("ReturnsValidationError: Value does not match validator.");
    expect(await entries("ledger", "unchecked")).toEqual([]);
  });

  test("log under their path, with their own files in a failure's trace", async () => {
    await client.mutation("notes:schedule", { text: "logged", how: "inside" });
    await until(() => convex.logs.some((entry) => entry.function === "ledger/entries:addHidden" && entry.level === "info"), "the component has logged");
    await expect(convex.runCron("ledger", "fail once a day")).rejects.toThrow(/a cron that cannot work\n\s+at .*ledger\/entries\.ts:\d+:\d+/);
  });
});

describe("transactions", () => {
  test("an uncaught error takes the writes of the app and of its components", async () => {
    await errorOf(client.mutation("notes:record", { which: "ledger", text: "undone", fail: true }));
    expect([await notes("undone"), await entries("ledger", "undone")]).toEqual([[], []]);
    expect((await convex.readTable("ledger/audit", "trail")).filter(({ what }) => what === "added undone")).toEqual([]);
  });

  test("a caught error of a component takes its own writes alone, and its data arrives", async () => {
    expect(await client.mutation("notes:survive", { text: "survives" })).toEqual({ code: "refused", amount: 7n });
    expect(await notes("survives")).toHaveLength(1);
    expect(await entries("ledger", "survives")).toEqual([]);
  });

  test("mutations at the same time are isolated inside a component", async () => {
    await Promise.all(Array.from({ length: 25 }, () => httpClient(convex.url).mutation(/** @type {any} */ ("notes:bump"), {})));
    expect((await convex.readTable("ledger", "totals")).map(({ value }) => value)).toEqual([25]);
  });
});

describe("from outside", () => {
  const spellings = ["entries:add", "entries:list", "ledger/entries:add", "ledger:entries:add", "ledger.entries:add", "function://ledger;entries:add", "function://ledger;entries", "_reference/childComponent/ledger/entries/add", "../ledger/entries:add", "ledger/entries.js:add", "notes/../ledger/entries:add"];

  test.for(spellings)("%s reaches no component, by HTTP, with or without the admin key", async (path) => {
    for (const kind of ["query", "mutation", "action", "function"]) {
      for (const headers of [{}, { authorization: `Convex ${convex.adminKey}` }]) {
        const body = JSON.stringify({ path, format: "convex_encoded_json", args: [{ text: "from outside", amount: { $integer: "AQAAAAAAAAA=" } }] });
        const response = await fetch(`${convex.url}/api/${kind}`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body });
        expect([400, 560]).toContain(response.status);
      }
    }
    expect(await entries("ledger", "from outside")).toEqual([]);
  });

  test("a componentPath in the request is refused, not ignored", async () => {
    const body = JSON.stringify({ path: "entries:list", componentPath: "ledger", format: "convex_encoded_json", args: [{}] });
    for (const kind of ["query", "function"]) {
      const response = await fetch(`${convex.url}/api/${kind}`, { method: "POST", headers: { "content-type": "application/json", authorization: `Convex ${convex.adminKey}` }, body });
      expect([response.status, (await response.json()).message]).toEqual([400, expect.stringContaining("runs no component's functions from outside")]);
    }
  });

  test("nor by WebSocket", async () => {
    const socket = new ConvexClient(convex.url, /** @type {any} */ ({ logger: false, skipConvexDeploymentUrlCheck: true, unsavedChangesWarning: false }));
    for (const path of spellings) {
      const error = await errorOf(socket.mutation(/** @type {any} */ (makeFunctionReference(path)), { text: "from outside", amount: 1n }));
      expect(error.message).toContain("Server Error");
    }
    expect(await entries("ledger", "from outside")).toEqual([]);
    await socket.close();
  });

  test.for([
    ["ledger", "entries", "addHidden", /Could not find public function for 'entries:addHidden' in the component "ledger"/],
    ["ledger", "entries", "nothing", /Could not find public function for 'entries:nothing' in the component "ledger"/],
    ["ledger", "audit", "append", /Could not find public function for 'audit:append' in the component "ledger"/],
    ["audit", "trail", "append", /There is no component "audit": install it with use\(\) in the app's convex.config.ts/],
  ])("%s.%s.%s cannot be called by the app", async ([component, file, fn, reason]) => {
    await errorOf(client.mutation("notes:call", { component, file, fn, args: { text: "x", what: "x" } }));
    expect(lastFailure()?.message).toMatch(/** @type {RegExp} */ (reason));
  });

  test("a subscription sees what a component's table becomes", async () => {
    const socket = new ConvexClient(convex.url, /** @type {any} */ ({ logger: false, skipConvexDeploymentUrlCheck: true, unsavedChangesWarning: false }));
    /** @type {any[]} */
    let list = [];
    socket.onUpdate(/** @type {any} */ (makeFunctionReference("notes:read")), { which: "spare", fn: "list" }, (value) => (list = value));
    await until(() => list.length > 0, "the subscription has begun");
    await client.mutation("notes:record", { which: "spare", text: "subscribed" });
    await until(() => list.some(({ text }) => text === "subscribed"), "the subscription was told");
    await socket.close();
  });
});

describe("the scheduler", () => {
  test.for([["reference"], ["handle"], ["inside"]])("runs a component's function, by %s", async ([how]) => {
    const text = `scheduled by ${how}`;
    await client.mutation("notes:schedule", { text, how });
    await until(async () => (await entries("ledger", text)).length === 1, "the component's function has run");
    expect(await entries("spare", text)).toEqual([]);
  });

  test("reports what failed as a failure", async () => {
    await client.mutation("notes:schedule", { text: "scheduled to fail", how: "failing" });
    await until(() => convex.logs.some((entry) => entry.function === "ledger/entries:addThenFail" && entry.level === "failure"), "the failure is logged");
    expect(lastFailure()?.message).toMatch(/^\[Request ID: [0-9a-f]{16}\] Uncaught ConvexError/);
    expect(await entries("ledger", "scheduled to fail")).toEqual([]);
  });
});

describe("cron jobs", () => {
  test("run by themselves, at the start and then at each interval", async () => {
    await until(async () => (await notes("a second")).length >= 3, "the job has run three times");
    const times = (await notes("a second")).map(({ _creationTime }) => _creationTime);
    // A run may be late, on a busy machine, and never early.
    for (const [index, time] of times.entries()) expect(time).toBeGreaterThanOrEqual(started + index * 1000);
    expect(convex.logs.filter((entry) => entry.function === "ledger/entries:tidy")).toEqual([expect.objectContaining({ message: "tidying" })]);
  });

  test("run when they are told to, in the component they are of", async () => {
    for (const which of ["ledger", "spare"]) await client.mutation("notes:record", { which, text: "untidy" });
    await convex.runCron("ledger", "tidy");
    expect([await entries("ledger", "untidy"), await entries("spare", "untidy")]).toEqual([[], [expect.objectContaining({ text: "untidy" })]]);
  });

  test("that fail are rolled back, logged, and reported to who ran them", async () => {
    await expect(convex.runCron("spare", "fail once a day")).rejects.toThrow('The cron job "fail once a day" in "spare" failed: Uncaught Error: a cron that cannot work');
    expect(lastFailure()).toMatchObject({ function: "spare/entries:tidyThenFail", message: expect.stringContaining("a cron that cannot work") });
    await expect(convex.runCron("", "fail once a month")).rejects.toThrow("out of luck");
    expect(lastFailure()).toMatchObject({ function: "notes:writeThenFail" });
    expect([await entries("spare", "never seen"), await notes("never seen")]).toEqual([[], []]);
  });

  test("that do not exist are named, with those that do", async () => {
    await expect(convex.runCron("ledger", "nothing")).rejects.toThrow('There is no cron job "nothing" in "ledger". There are: "note the second" in "", "fail once a month" in "", "tidy" in "ledger",');
  });
});

test("reading a table that cannot be there is an error, not an empty list", async () => {
  await expect(convex.readTable("nowhere", "entries")).rejects.toThrow('There is no component "nowhere". There are: "", "ledger", "ledger/audit", "spare", "spare/audit".');
  await expect(convex.readTable("ledger", "entrys")).rejects.toThrow('There is no table "entrys" in the component "ledger". There are: entries, totals.');
  expect(await convex.readTable("ledger", "_scheduled_functions")).toEqual(expect.arrayContaining([expect.objectContaining({ name: "entries:addHidden" })]));
});

describe("at the start", () => {
  /** @type {string} */
  let folder;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "components-test-"));
    await mkdir(path.join(folder, "node_modules"));
    await symlink(fileURLToPath(new URL("../../../node_modules/convex", import.meta.url)), path.join(folder, "node_modules/convex"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** @param {string} name @param {Record<string, string>} files */
  async function project(name, files) {
    for (const [file, text] of Object.entries(files)) {
      const target = path.join(folder, name, file);
      await mkdir(path.dirname(target), { recursive: true });
      await writeFile(target, text);
    }
    return path.join(folder, name, "convex");
  }

  const define = (/** @type {string} */ name) => `import { defineComponent } from "convex/server";\nexport default defineComponent("${name}");\n`;
  const app = (/** @type {string} */ uses, from = "../a/convex.config") => `import { defineApp } from "convex/server";\nimport a from "${from}";\nconst app = defineApp();\n${uses}\nexport default app;\n`;

  test("a component of an npm package is found by its exports", async () => {
    const files = {
      "node_modules/tally/package.json": JSON.stringify({ name: "tally", type: "module", exports: { "./convex.config": "./dist/component/convex.config.js" } }),
      "node_modules/tally/dist/component/convex.config.js": define("tally"),
      "node_modules/tally/dist/component/rows.js": 'import { mutationGeneric } from "convex/server";\nexport const add = mutationGeneric({ args: {}, handler: async (ctx) => { await ctx.db.insert("rows", {}); } });\n',
      "convex/convex.config.ts": app("app.use(a);", "tally/convex.config"),
      "convex/a.ts": 'import { componentsGeneric, mutationGeneric } from "convex/server";\nexport const add = mutationGeneric({ handler: (ctx) => ctx.runMutation(componentsGeneric().tally.rows.add, {}) });\n',
    };
    const other = await startConvex({ functionsDir: await project("npm", files) });
    await httpClient(other.url).mutation(/** @type {any} */ ("a:add"), {});
    expect(await other.readTable("tally", "rows")).toHaveLength(1);
    await other.close();
  });

  test.for(
    /** @type {[string, Record<string, string>, RegExp][]} */ ([
      ["two of one name", { "convex/convex.config.ts": app("app.use(a);\napp.use(a);") }, /Two components in the app are called "a": give one another name/],
      ["a name that is none", { "convex/convex.config.ts": app('app.use(a, { name: "a/b" });') }, /"a\/b", in the app, cannot be a component's name/],
      ["http actions", { "convex/convex.config.ts": app('app.use(a, { httpPrefix: "/a" });') }, /does not support http actions of components \(httpPrefix in the app\)/],
      ["no definition", { "convex/convex.config.ts": "export default {};\n" }, /neither defineApp\(\) nor defineComponent\(\)/],
      ["a component that is not there", { "convex/convex.config.ts": app("app.use(a);", "../b/convex.config") }, /refused the functions: esbuild failed/],
      ["Node in a component", { "convex/convex.config.ts": app("app.use(a);"), "a/n.ts": '"use node";\nexport const x = 1;\n' }, /"use node" directive is not supported in components/],
      ["a circle", { "convex/convex.config.ts": app("app.use(a);"), "a/convex.config.ts": `import b from "../b/convex.config";\n${define("a").replace("export default ", "const a = ")}a.use(b);\nexport default a;\n`, "b/convex.config.ts": `import a from "../a/convex.config";\n${define("b").replace("export default ", "const b = ")}b.use(a);\nexport default b;\n` }, /Components use each other in a circle/],
      ["crons that are none", { "convex/crons.ts": "export default {};\n" }, /The default export of crons.ts is not what cronJobs\(\) returns/],
      ["a cron of a missing function", { "convex/convex.config.ts": app("app.use(a);"), "a/crons.ts": 'import { cronJobs } from "convex/server";\nconst c = cronJobs();\nc.interval("x", { hours: 1 }, "no:where" as any);\nexport default c;\n' }, /The cron job "x" in crons.ts of the component "a" cannot run: there is no function no:where/],
    ]),
  )("%s is refused, with the reason", async ([name, files, reason]) => {
    const dir = await project(name.replaceAll(" ", "-"), { "a/convex.config.ts": define("a"), ...files });
    await expect(startConvex({ functionsDir: dir })).rejects.toThrow(reason);
  });
});
