// Every code block of the documents is compiled, run, or held against what runs.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { ConvexHttpClient } from "convex/browser";
import { startApp } from "./app.mjs";
import { commandPage, documents, others, pages, readmeSnippet, root, snippets, testsOf, writeApp } from "./snippets.mjs";

const exec = promisify(execFile);
const packageJson = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** @type {import("./app.mjs").App} */
let app;

before(async () => {
  app = await startApp("readme");
});
after(() => app.convex.close());

for (const document of ["README.md", ...pages.filter((page) => page !== commandPage)]) {
  test(`every TypeScript block of ${document} has a title and compiles`, async () => {
    const blocks = snippets(document).filter(({ language }) => language === "ts");
    assert.ok(blocks.length >= (document === "README.md" ? 6 : 1));
    const titles = blocks.map(({ title }) => title);
    assert.ok(!titles.includes(undefined), "a block without a title is not compiled");
    assert.equal(new Set(titles).size, titles.length, "of two blocks with one title only the last is compiled");
    const folder = document === "README.md" ? app.folder : writeApp("compiled", document);
    await exec(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "--pretty", "false", "-p", folder]);
  });
}

test("other documents bring no code that the README does not have", () => {
  for (const document of others) {
    for (const { language, title, code } of snippets(document)) {
      if (language === "text" && title === undefined) continue; // drawings and formats
      if (language === "sh" && title === undefined) continue; // see the next test
      assert.equal(code, readmeSnippet(title ?? `(no title in ${document})`), `${document}: ${title}`);
    }
  }
});

test("a page's blocks are files of its app, or what its test runs or finds in the log", () => {
  for (const page of pages) {
    const source = testsOf(page).map((file) => readFileSync(join(root, file), "utf8")).join("\n");
    for (const { language, title, code } of snippets(page)) {
      if (title === undefined) assert.equal(code, "npm install countersign\n", `${page}: a block without a title is tried by nothing`);
      else if (language !== "ts" || page === commandPage) assert.ok(source.includes(`"${title}"`), `${page}: its test does not try "${title}"`);
    }
  }
});

test("every command in the documents exists", () => {
  const scripts = Object.keys(packageJson.scripts);
  let seen = 0;
  for (const document of documents) {
    const text = readFileSync(join(root, document), "utf8");
    for (const [command, , script] of text.matchAll(/npm (run ([\w:-]+)|test)\b/g)) {
      assert.ok(scripts.includes(script ?? "test"), `${document}: ${command}`);
      seen++;
    }
    for (const [, path] of text.matchAll(/`((?:src|tests|pkg-template|www)\/[\w/.-]*)`/g)) assert.ok(existsSync(join(root, path ?? "")), `${document} names ${path}`);
  }
  assert.ok(seen > 5);
});

test("every link between the documents leads somewhere", () => {
  assert.deepEqual(documents.flatMap((document) => deadLinks(document, readFileSync(join(root, document), "utf8"))), []);
  for (const page of pages) {
    const [first, name = ""] = [page.replace(/-\w+(?=\.md$)/, ""), page.split("/").at(-1)];
    assert.ok(readFileSync(join(root, "README.md"), "utf8").includes(`](${first})`), `the README leads to ${first}`);
    assert.ok(first === page || readFileSync(join(root, first), "utf8").includes(`](${name})`), `${first} leads to ${page}`);
  }
});

test("a link that leads nowhere is seen", () => {
  const text = "# A title\n\n[a](b.md) [b](docs/replay.md) [c](#a-title) [d](#none) [e](www/docs/errors.md#refusals) [f](www/docs/errors.md#none) [g](https://example.com/x)";
  assert.deepEqual(deadLinks("README.md", text), ["README.md links to b.md", "README.md links to docs/replay.md", "README.md links to #none", "README.md links to www/docs/errors.md#none"]);
});

test("every error code is explained, and no other", () => {
  /** @type {{ number: number, code: string }[] | [number, string][]} */
  const listed = JSON.parse(readFileSync(join(root, "tests/vectors/errors.json"), "utf8"));
  const codes = listed.map((entry) => (Array.isArray(entry) ? entry[1] : entry.code)).sort();
  const codesIn = (/** @type {string} */ text) => [...text.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, cell = ""]) => cell.split(", ").map((code) => code.replaceAll("`", "")));
  const [once = "", again = ""] = readFileSync(join(root, "www/docs/errors.md"), "utf8").split("## Signed HTTP and webhooks");
  const explained = codesIn(once);
  // What a client says of a refusal; it is none of Rust's.
  const more = codesIn(again).filter((code) => code !== "unauthorized");
  assert.ok(more.length > 10 && more.every((code) => codes.includes(code)), String(more));
  assert.deepEqual(explained.sort(), codes);
});

test("the README's command sets one secret on both sides, its route calls its function, and a refusal looks as it says", async () => {
  // The app has the README's files already: what is to do is the secret and the example. tests/cli/story.test.mjs begins without them.
  const said = await app.run(`${readmeSnippet("set up").trim()} --yes`);
  for (const file of ["convex/convex.config.ts has app.use(countersign)", "convex/countersign.ts makes the guards"]) assert.ok(said.includes(`✔ ${file}`), said);
  const secret = /^COUNTERSIGN_SECRET=(csk_\S{50})$/m.exec(readFileSync(join(app.folder, ".env.local"), "utf8"))?.[1];
  assert.ok(secret !== undefined, "the command writes a secret into .env.local");

  process.env["NEXT_PUBLIC_CONVEX_URL"] = app.convex.url;
  process.env["COUNTERSIGN_SECRET"] = secret;
  const { POST } = await app.load("app/api/webhooks/route.ts");
  const deliver = () => POST(new Request("http://localhost/api/webhooks", { method: "POST", body: JSON.stringify({ id: "evt_1" }) }));
  assert.equal((await deliver()).status, 204);
  assert.equal((await app.convex.readTable("countersign", "nonces")).length, 1, "the component remembers the call");

  const { generateSecret } = await import("countersign");
  process.env["COUNTERSIGN_SECRET"] = generateSecret();
  await assert.rejects(deliver(), { name: "CountersignError", code: "unauthorized" });
  assert.ok(app.logged(readmeSnippet("refusal")), `no such line in:\n${app.messages().join("\n")}`);
  assert.ok(!app.messages().some((message) => message.includes(secret)));
});

test("the README's webhook route passes an event on once, and no other's", async () => {
  const { generateSecret } = await import("countersign");
  const { signWebhook } = await import("countersign/webhooks");
  const secret = generateSecret();
  Object.assign(process.env, { NEXT_PUBLIC_CONVEX_URL: app.convex.url, COUNTERSIGN_SECRET: secret, POLAR_WEBHOOK_SECRET: "polar_whs_Q2hhbmdlZFRoaXNJc0FuRXhhbXBsZQ" });
  await app.convex.setEnv("COUNTERSIGN_SECRET", secret);
  const { POST } = await app.load("app/api/webhooks/polar/route.ts");
  const body = '{"type":"order.paid"}';
  /** @param {string} signedWith */
  const deliver = async (signedWith) => {
    const headers = signWebhook("polar", { secret: signedWith, id: "evt_9", body });
    return (await POST(new Request("http://localhost/api/webhooks/polar", { method: "POST", headers, body }))).status;
  };
  const rows = async () => (await app.convex.readTable("", "events")).filter(({ eventId }) => eventId === "evt_9").length;
  assert.deepEqual([await deliver(process.env["POLAR_WEBHOOK_SECRET"] ?? ""), await deliver(process.env["POLAR_WEBHOOK_SECRET"] ?? "")], [200, 200]);
  assert.equal(await rows(), 1);
  assert.equal(await deliver("polar_whs_QW5vdGhlclNlY3JldE9mU29tZWJvZHk"), 401);
  assert.equal(await rows(), 1);
});

test("the README's action calls its signed route", async () => {
  const { generateSecret } = await import("countersign");
  const secret = generateSecret();
  process.env["COUNTERSIGN_SECRET"] = secret;
  await app.convex.setEnv("COUNTERSIGN_SECRET", secret);
  const { POST } = await app.load("app/api/receipts/route.ts");
  const server = createServer(async (incoming, answer) => {
    const { method, url, headers } = incoming;
    const body = Buffer.concat(await incoming.toArray());
    const request = new Request(`http://localhost${url}`, { method: String(method), headers: /** @type {any} */ (headers), body });
    const response = await POST(request);
    answer.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  try {
    process.env["SITE_URL"] = `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}`;
    await app.convex.setEnv("SITE_URL", process.env["SITE_URL"]);
    const admin = /** @type {any} */ (new ConvexHttpClient(app.convex.url, { skipConvexDeploymentUrlCheck: true, logger: false }));
    admin.setAdminAuth(app.convex.adminKey);
    assert.equal(await admin.action("receipts:send", { order: "order 1" }), '{"sent":"order 1","caller":"default"}');
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

/** @param {string} document @param {string} text @returns {string[]} */
function deadLinks(document, text) {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = ""]) => {
    if (/^[a-z]+:/.test(link)) return []; // what is elsewhere may change without us
    const [path = "", heading] = link.split("#");
    const file = path === "" ? document : join(document, "..", path);
    if (path !== "" && !existsSync(join(root, file))) return [`${document} links to ${link}`];
    if (heading === undefined) return [];
    const target = path === "" ? text : readFileSync(join(root, file), "utf8");
    return headings(target).includes(heading) ? [] : [`${document} links to ${link}`];
  });
}

/** @param {string} text @returns {string[]} the anchors that GitHub makes of a document's headings */
function headings(text) {
  const prose = text.replaceAll(/^```[\s\S]*?^```$/gm, "");
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) => title.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-"));
}
