// Which secret `init` takes, from where to where, and what it never does: write over one.

import assert from "node:assert/strict";
import { chmodSync, lstatSync, mkdirSync, statSync, symlinkSync } from "node:fs";
import { test } from "node:test";
import { fingerprint, generateSecret } from "countersign";
import { inspectSecret } from "countersign/inspect";
import { makeInitProject } from "./support/init.mjs";

const [one, other] = [generateSecret(), generateSecret()];
const line = (/** @type {string} */ value) => `COUNTERSIGN_SECRET=${value}\n`;

test("none anywhere: a new one, on both sides, for its owner only", async () => {
  const project = makeInitProject();
  const { status, output } = await project.init(["--yes"]);
  assert.equal(status, 0, output);
  assert.equal(project.state().dev["COUNTERSIGN_SECRET"], project.secret());
  assert.ok(inspectSecret(project.secret()).ok);
  assert.deepEqual(project.state().prod, {});
  if (process.platform !== "win32") assert.equal(project.mode(), 0o600);
  assert.deepEqual(project.git("status", "--porcelain").includes(".env"), false);
});

test("in .env.local only: it goes to Convex, and the file stays as it is", async () => {
  const text = `# mine\nA=1\nCOUNTERSIGN_SECRET="${one}" # the secret\n`;
  const project = makeInitProject("plain", { files: { ".env.local": text } });
  const { status, output } = await project.init(["--yes"]);
  assert.equal(status, 0, output);
  assert.equal(project.state().dev["COUNTERSIGN_SECRET"], one);
  assert.equal(project.read(".env.local"), text);
  assert.ok(output.includes(fingerprint(one)));
});

test("in another file of Next.js's, or in the process: it goes to Convex, and no file changes", async () => {
  const inFile = makeInitProject("plain", { files: { ".env.development.local": line(one), ".env.local": "A=1\n" } });
  assert.equal((await inFile.init(["--yes"])).status, 0);
  assert.equal(inFile.state().dev["COUNTERSIGN_SECRET"], one);
  assert.equal(inFile.read(".env.local"), "A=1\n");
  const inProcess = makeInitProject();
  const { status, output } = await inProcess.init(["--yes"], { env: { COUNTERSIGN_SECRET: one } });
  assert.equal(status, 0, output);
  assert.ok(!output.includes(one.slice(4, 24)));
  assert.equal(inProcess.state().dev["COUNTERSIGN_SECRET"], one);
  assert.ok(!inProcess.has(".env.local"));
});

test("on Convex only: it goes into .env.local", async () => {
  const project = makeInitProject("plain", { dev: { COUNTERSIGN_SECRET: one, OTHER: "untouched value" } });
  const { status, output } = await project.init(["--yes"]);
  assert.equal(status, 0, output);
  assert.equal(project.secret(), one);
  assert.deepEqual(project.state().dev, { COUNTERSIGN_SECRET: one, OTHER: "untouched value" });
});

test("on both sides, the same: there is nothing to do about it", async () => {
  const project = makeInitProject("plain", { dev: { COUNTERSIGN_SECRET: one }, files: { ".env.local": line(one) } });
  const { status } = await project.init(["--yes"]);
  assert.equal(status, 0);
  assert.equal(project.read(".env.local"), line(one));
  assert.ok(!project.state().calls.some((args) => args.includes("set")));
});

test("on both sides, different: it says which is where, and changes nothing at all", async () => {
  const project = makeInitProject("plain", { dev: { COUNTERSIGN_SECRET: other }, files: { ".env.local": line(one) } });
  const before = project.snapshot();
  const { status, output } = await project.init(["--yes", "--example", "--prod"]);
  assert.equal(status, 1, output);
  for (const text of [fingerprint(one), fingerprint(other), "npx countersign doctor", "npx countersign rotate"]) assert.ok(output.includes(text), text);
  assert.deepEqual(project.snapshot(), before);
  assert.deepEqual([project.state().dev, project.state().prod], [{ COUNTERSIGN_SECRET: other }, {}]);
});

for (const [name, value, why] of /** @type {const} */ ([
  ["a placeholder", "your-secret-value-your-secret-value", /placeholder/i],
  ["too short", "a1b2c3d4e5f6", /short|bytes/i],
  ["with a wrong checksum", `${one.slice(0, -1)}${one.endsWith("A") ? "B" : "A"}`, /checksum/i],
])) {
  test(`one that cannot be used, ${name}: it says why, spreads it nowhere, and writes over it nowhere`, async () => {
    for (const side of ["next", "convex"]) {
      for (const good of [undefined, other]) {
        /** @type {Record<string, string>} */
        const dev = side === "convex" ? { COUNTERSIGN_SECRET: value } : good === undefined ? {} : { COUNTERSIGN_SECRET: good };
        const text = side === "next" ? line(value) : good === undefined ? "A=1\n" : line(good);
        const project = makeInitProject("plain", { dev, files: { ".env.local": text } });
        const before = project.snapshot();
        const { status, output } = await project.init(["--yes"]);
        assert.equal(status, 1, output);
        assert.match(output, why);
        assert.match(output, side === "next" ? /Take COUNTERSIGN_SECRET out of \.env\.local/ : /npx convex env remove COUNTERSIGN_SECRET/);
        assert.deepEqual(project.snapshot(), before);
        assert.deepEqual(project.state().dev, dev);
      }
    }
  });
}

test("an empty one is none; where it counts more than .env.local, it says so", async () => {
  const empty = makeInitProject("plain", { dev: { COUNTERSIGN_SECRET: "" }, files: { ".env.local": "COUNTERSIGN_SECRET=\nB=2\n" } });
  assert.equal((await empty.init(["--yes"])).status, 0);
  assert.equal(empty.read(".env.local"), `COUNTERSIGN_SECRET=${empty.secret()}\nB=2\n`);
  assert.equal(empty.state().dev["COUNTERSIGN_SECRET"], empty.secret());
  const stronger = makeInitProject("plain", { files: { ".env.development.local": "A=1\nCOUNTERSIGN_SECRET=\n" } });
  const { status, output } = await stronger.init(["--yes"]);
  assert.equal(status, 1);
  assert.match(output, /Take line 2 out of \.env\.development\.local/);
  assert.ok(!stronger.has(".env.local"));
  const inProcess = await makeInitProject().init(["--yes"], { env: { COUNTERSIGN_SECRET: "" } });
  assert.equal(inProcess.status, 1);
  assert.match(inProcess.output, /unset COUNTERSIGN_SECRET/);
});

test(".env.local of Windows, without a final line end, with other variables of every kind: only one line is new", async () => {
  const text = "\uFEFF# CONVEX\r\nCONVEX_DEPLOYMENT=dev:x # team\r\nexport A='a # b'\r\nB=\"two\\nlines\"\r\nC=$A";
  const project = makeInitProject("plain", { files: { ".env.local": text } });
  assert.equal((await project.init(["--yes"])).status, 0);
  assert.equal(project.read(".env.local"), `${text}\r\nCOUNTERSIGN_SECRET=${project.secret()}\r\n`);
});

test(".env.local that others may read becomes its owner's", { skip: process.platform === "win32" }, async () => {
  const project = makeInitProject("plain", { files: { ".env.local": "A=1\n" } });
  chmodSync(project.path(".env.local"), 0o644);
  assert.equal((await project.init(["--yes"])).status, 0);
  assert.equal(project.mode(), 0o600);
});

test(".env.local that is a link: the file it leads to gets the secret, and git is asked about that one", { skip: process.platform === "win32" }, async () => {
  const project = makeInitProject("monorepo", { files: { ".env.local": "A=1\n" } });
  symlinkSync("../../.env.local", project.path("apps/web/.env.local"));
  const { status, output } = await project.init(["--yes"]);
  assert.equal(status, 0, output);
  assert.ok(lstatSync(project.path("apps/web/.env.local")).isSymbolicLink(), "the link stays");
  assert.match(project.read(".env.local"), /^A=1\nCOUNTERSIGN_SECRET=csk_/);
  assert.equal(statSync(project.path(".env.local")).mode & 0o777, 0o600);
  assert.match(output, /is a link/);
  const nowhere = makeInitProject();
  symlinkSync("gone", nowhere.path(".env.local"));
  const refused = await nowhere.init(["--yes"]);
  assert.equal(refused.status, 1, refused.output);
  assert.match(refused.output, /leads nowhere/);
  assert.deepEqual(nowhere.state().dev, {});
});

test("a folder in the place of .env.local: nothing on Convex either, and it says what is done and what is not", async () => {
  const project = makeInitProject();
  mkdirSync(project.path(".env.local"));
  const { status, output } = await project.init(["--yes"]);
  assert.equal(status, 2, output);
  assert.deepEqual(project.state().dev, {});
  assert.ok(!project.has("convex/convex.config.ts"));
});

test("git: an entry is added before there is a secret; a committed .env.local gets none", async () => {
  const missing = makeInitProject("plain", { files: { ".gitignore": "node_modules\r\n.next" } });
  const { status, output } = await missing.init(["--yes"]);
  assert.equal(status, 0, output);
  assert.equal(missing.read(".gitignore"), "node_modules\r\n.next\r\n.env.local\r\n");
  assert.doesNotMatch(missing.git("status", "--porcelain"), /\.env/);

  const committed = makeInitProject("plain", { files: { ".gitignore": "node_modules\n", ".env.local": "A=1\n" } });
  const refused = await committed.init(["--yes"]);
  assert.equal(refused.status, 1, refused.output);
  assert.match(refused.output, /git rm --cached \.env\.local/);
  assert.equal(committed.read(".env.local"), "A=1\n");
  assert.deepEqual(committed.state().dev, {}, "Convex would have a secret that the app lacks");

  // A pattern that takes it back: the new entry comes after it.
  const taken = makeInitProject("plain", { files: { ".gitignore": ".env*.local\n!.env.local\n" } });
  const again = await taken.init(["--yes"]);
  assert.equal(again.status, 0, again.output);
  assert.doesNotMatch(taken.git("status", "--porcelain"), /\.env/);

  const none = makeInitProject("plain", { git: false, files: { ".gitignore": undefined } });
  assert.equal((await none.init(["--yes"])).status, 0);
  assert.equal(none.read(".gitignore"), ".env.local\n");
});

test("production gets a secret of its own, and is never given or left that of development unsaid", async () => {
  const fresh = makeInitProject();
  const { status, output } = await fresh.init(["--yes", "--prod"]);
  assert.equal(status, 0, output);
  const { dev, prod } = fresh.state();
  assert.ok(inspectSecret(prod["COUNTERSIGN_SECRET"]).ok);
  assert.notEqual(prod["COUNTERSIGN_SECRET"], dev["COUNTERSIGN_SECRET"]);
  assert.ok(output.includes("npx convex env get COUNTERSIGN_SECRET --prod | tr -d '\\n' | "), output);
  const again = await fresh.init(["--yes", "--prod"]);
  assert.match(again.output, /Nothing was changed/);
  assert.deepEqual(fresh.state().prod, prod);

  const same = makeInitProject("plain", { dev: { COUNTERSIGN_SECRET: one }, prod: { COUNTERSIGN_SECRET: one } });
  const found = await same.init(["--yes", "--prod"]);
  assert.equal(found.status, 1, found.output);
  assert.match(found.output, /that of development/);
  assert.equal(same.state().prod["COUNTERSIGN_SECRET"], one);

  const weak = makeInitProject("plain", { prod: { COUNTERSIGN_SECRET: "changeme" } });
  const refused = await weak.init(["--yes", "--prod"]);
  assert.equal(refused.status, 1, refused.output);
  assert.match(refused.output, /npx convex env remove COUNTERSIGN_SECRET --prod/);
  assert.equal(weak.state().prod["COUNTERSIGN_SECRET"], "changeme");
});

test("a key of production, or production chosen as the deployment: refused, because init would take it for development", async () => {
  for (const [name, value] of [["CONVEX_DEPLOY_KEY", "prod:calm-heron-456|key"], ["CONVEX_DEPLOYMENT", "prod:calm-heron-456"]]) {
    const inProcess = makeInitProject();
    const { status, output } = await inProcess.init(["--yes"], { env: { [String(name)]: value } });
    assert.equal(status, 2, output);
    assert.match(output, new RegExp(String(name)));
    const inFile = makeInitProject("plain", { files: { ".env.local": `${name}=${value}\n` } });
    assert.equal((await inFile.init(["--yes"])).status, 2);
    assert.deepEqual([inFile.state().dev, inProcess.state().dev], [{}, {}]);
  }
});
