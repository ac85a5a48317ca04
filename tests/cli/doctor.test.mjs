// `countersign doctor` itself: what it prints, its status, and what it does where it cannot look.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createKeyring } from "countersign";
import { putConvexCli } from "./support/deployments.mjs";
import { clean, doctor, findsNothing, other, secret } from "./support/doctor.mjs";
import { run, temporaryFolder } from "./support/run.mjs";

const [keyId = ""] = createKeyring(secret).keyIds;

test("a usable secret: its fingerprint, where it comes from, and status 0", async () => {
  const project = clean({ git: true });
  const { status, output } = await run(["doctor", "--offline"], { cwd: project.root });
  assert.equal(status, 0, output);
  assert.match(output, /^variable +Next\.js +from +Convex \(dev\)\nCOUNTERSIGN_SECRET +[0-9a-f]{16} +\.env\.local:4 +not looked at\n· key [0-9a-f]{16}: COUNTERSIGN_SECRET \(Next\.js\)\n\n✔ Nothing is wrong\.\n$/);
  assert.ok(output.includes(`· key ${keyId}:`), "as the log of Convex names it");
});

test("a finding: what, why and how to mend it; the environment comes before .env.local, and that before .env", async () => {
  const project = clean({ files: { ".env": "COUNTERSIGN_SECRET=changeme\n" } });
  const own = await run(["doctor", "--offline", "--no-code"], { cwd: project.root });
  assert.match(own.output, /^COUNTERSIGN_SECRET +[0-9a-f]{16} +\.env\.local:4/m);
  const { status, output } = await run(["doctor", "--offline", "--no-code"], { cwd: project.root, env: { COUNTERSIGN_SECRET: "changeme" } });
  assert.equal(status, 1);
  assert.match(output, /^COUNTERSIGN_SECRET +~[0-9a-f]{8} +the environment/m);
  assert.match(output, /✖ the environment: COUNTERSIGN_SECRET is a placeholder from an example\. \(secret_placeholder\)\n  Everybody knows .*\n  Fix: Set COUNTERSIGN_SECRET again where the server is started/);
  assert.ok(!output.includes("changeme") && !output.includes(secret.slice(4, 40)), "prints a secret");
});

test("--json is for programs, and has no value either", async () => {
  const { status, report, stdout } = await doctor(clean({ env: `NEXT_PUBLIC_KEY=${other}\nCOUNTERSIGN_SECRET_NEXT=${other}\n` }), ["--offline", "--no-code"]);
  assert.equal(status, 1);
  assert.deepEqual(Object.keys(report), ["ok", "variables", "findings", "unchecked", "notes"]);
  assert.deepEqual([report.ok, report.variables.length], [false, 2]);
  for (const finding of report.findings) assert.deepEqual(Object.keys(finding).sort(), ["code", "fix", "fixable", "message", "severity", "variable", "where", "why"]);
  assert.ok(!stdout.includes(other.slice(4, 40)));
});

/** What it says of the side that it could not look at, for each way in which that happens. */
for (const [which, expected] of /** @type {[Parameters<typeof putConvexCli>[1], RegExp][]} */ ([
  ["missing", /not installed.*pnpm add convex/s],
  ["not logged in", /not logged in, or no deployment is chosen.*convex dev/s],
  ["no deployment", /no deployment is chosen/],
  ["refused key", /refused the key/],
  ["offline", /could not reach Convex/],
  ["slow", /took longer than 2 seconds/],
  ["failing", /failed/],
])) {
  test(`the convex CLI is ${typeof which === "string" ? which : "another"}: said, the rest is looked at, and status 2`, async () => {
    const project = clean({ layout: "pnpm" });
    putConvexCli(project, which);
    const args = ["--no-code", "--timeout", "2"];
    const { status, report } = await doctor(project, args, { env: { CONVEX_PROVISION_HOST: undefined } });
    assert.deepEqual([status, report.ok, report.findings], [2, false, []]);
    const side = report.unchecked.find((/** @type {{ what: string }} */ { what }) => what.startsWith("Convex"));
    assert.match(`${side.because} ${side.fix}`, expected);
    if (which !== "missing") return;
    project.write("apps/web/.env.local", `${project.read("apps/web/.env.local")}NEXT_PUBLIC_COUNTERSIGN_SECRET=${other}\n`);
    const faulty = await run(["doctor", ...args], { cwd: project.root });
    assert.equal(faulty.status, 1);
    assert.match(faulty.stdout, /secret_public_name/);
    assert.match(faulty.stdout, /! Could not be checked: Convex\. The convex CLI is not installed here\./);
  });
}

test("--fix says what it did and looks again; where nothing can be mended it says nothing", async () => {
  const project = clean({ mode: 0o644, git: true });
  const args = ["--offline", "--no-code", "--fix"];
  const { status, stdout } = await run(["doctor", ...args], { cwd: project.root });
  assert.equal(status, 0, stdout);
  assert.match(stdout, /! 1 warning\. --fix mends all of them\.\n\n✔ \.env\.local can be read by its owner only \(mode 0600\)\.\n\nChecked again:\n\nvariable[\s\S]*✔ Nothing is wrong\.\n$/);
  assert.ok(!(await run(["doctor", ...args], { cwd: project.root })).stdout.includes("Checked again"));
});

test("a server without Next.js, and several apps in one workspace", async () => {
  const url = "NEXT_PUBLIC_CONVEX_URL=https://quick-otter-123.convex.cloud\n";
  const worker = clean({ files: { "next.config.ts": undefined, "app/page.tsx": undefined, "app/layout.tsx": undefined, "package.json": '{ "name": "worker", "private": true, "dependencies": { "convex": "*", "countersign": "*" } }' } });
  const { variables } = await findsNothing(worker, ["--offline", "--no-code"]);
  assert.equal(variables[0].next.from, ".env.local:4");
  const several = clean({ layout: "monorepo", files: { "apps/admin/package.json": '{ "name": "admin", "dependencies": { "next": "*" } }', "apps/admin/next.config.mjs": "export default {};\n", "apps/admin/app/page.tsx": "", "apps/admin/.env.local": url } });
  const { status, output } = await run(["doctor", "--offline"], { cwd: several.root });
  assert.equal(status, 2);
  assert.match(output, /--next <folder>/);
  await findsNothing(several, ["--offline", "--no-code", "--next", "apps/web"]);
});

test("wrong usage is status 2 and shows the right one; --help is status 0 and has an example", async () => {
  const { root } = clean();
  for (const [args, expected] of /** @type {[string[], RegExp][]} */ ([
    [["docter"], /unknown command/],
    [["doctor", "--value"], /unknown option/],
    [["doctor", "--var", "csk_abc"], /looks like a secret/],
    [["doctor", "--offline", "--prod"], /Leave one of them out/],
  ])) {
    const { status, output } = await run(args, { cwd: root });
    assert.equal(status, 2, output);
    assert.match(output, expected);
  }
  const { status, output } = await run(["doctor", "--help"]);
  assert.equal(status, 0);
  for (const option of ["--var", "--prod", "--prod-env-file", "--fix", "--no-code", "--offline", "--json", "--next", "--convex", "--timeout", "Example: countersign doctor"]) assert.ok(output.includes(option), option);
  const nowhere = await run(["doctor"], { cwd: temporaryFolder("nowhere") });
  assert.equal(nowhere.status, 2);
  assert.match(nowhere.output, /no package\.json/);
});
