// Secrets that git has, or gets with the next commit. Nothing but files is looked at.

import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { test } from "node:test";
import { generateSecret } from "countersign";
import { clean, doctor, findsNothing, findsOnly, paste, secret } from "./support/doctor.mjs";

const OFFLINE = ["--offline", "--no-code"];

test("env_file_tracked: its fix takes the file out, and then the history is the finding", async () => {
  const project = clean({ git: true });
  project.git("add", "-f", ".env.local");
  project.commit();
  const { fix } = await findsOnly(project, "env_file_tracked", ".env.local", OFFLINE);
  await paste(/** @type {string} */ (fix.split(", then: ")[0]), project);
  const commit = project.git("rev-list", "HEAD", "--skip=1", "--max-count=1").slice(0, 10);
  const { fix: next, fixable } = await findsOnly(project, "secret_in_history", `.env.local@${commit}`, OFFLINE);
  assert.equal(next, "npx countersign rotate");
  assert.equal(fixable, false);
  // A secret that took its place is no finding; that there was one is said all the same.
  project.write(".env.local", project.read(".env.local").replace(secret, generateSecret()));
  const { notes } = await findsNothing(project, OFFLINE);
  assert.match(notes.join(), /history of \.env\.local has a value of COUNTERSIGN_SECRET that is not in use/);
});

test("secret_in_history: on another branch, in the app's folder of a monorepo, deleted since", async () => {
  const project = clean({ layout: "monorepo", git: true });
  project.git("switch", "-q", "-c", "aside");
  project.write("apps/web/.env", `COUNTERSIGN_SECRET=${secret}\n`);
  project.commit();
  const commit = project.git("rev-parse", "HEAD").slice(0, 10);
  project.git("switch", "-q", "main");
  await findsOnly(project, "secret_in_history", `apps/web/.env@${commit}`, OFFLINE);
});

test("env_file_not_ignored: mended by its fix", async () => {
  for (const list of [undefined, "node_modules\r\n*.log"]) {
    const project = clean({ git: true, files: { ".gitignore": list ?? "node_modules\n" } });
    if (list === undefined) project.write(".gitignore", "node_modules\n");
    const { fix } = await findsOnly(project, "env_file_not_ignored", ".env.local", OFFLINE);
    await paste(fix, project);
    assert.equal(project.read(".gitignore"), list === undefined ? "node_modules\n.env.local\n" : "node_modules\r\n*.log\r\n.env.local\r\n");
    await findsNothing(project, OFFLINE);
  }
});

test("env_file_not_ignored: where a line of .gitignore takes it out again, --fix puts it at the end", async () => {
  const project = clean({ git: true, files: { ".gitignore": "node_modules\n.env*\n" } });
  project.write(".gitignore", "node_modules\n.env*\n!.env.local\n");
  const { report } = await doctor(project, [...OFFLINE, "--fix"]);
  // An entry at the end comes last, and counts.
  assert.equal(report.repaired[0].problem, undefined);
  assert.deepEqual(report.findings, []);
});

test("secret_in_example: a file that is copied and committed has the real secret", async () => {
  const project = clean({ git: true, files: { ".env.example": `# Copy this.\nCOUNTERSIGN_SECRET=${secret}\n` } });
  const { fix } = await findsOnly(project, "secret_in_example", ".env.example:2", OFFLINE);
  assert.match(fix, /^Take the value out of \.env\.example:2/);
  project.write(".env.example", "COUNTERSIGN_SECRET=\n");
  await findsNothing(project, OFFLINE);
});

test("secret_in_file: in another tracked file; nothing for one that git does not have", async () => {
  const project = clean({ git: true, files: { "docs/setup.md": `# Setup\n\n    COUNTERSIGN_SECRET=${secret}\n` } });
  project.write("notes.txt", secret);
  const { fix } = await findsOnly(project, "secret_in_file", "docs/setup.md:3", OFFLINE);
  assert.match(fix, /^Take it out of docs\/setup\.md:3, then: npx countersign rotate$/);
});

test("without git, and outside of a repository, the rest is looked at", async () => {
  const project = clean({ git: true, mode: 0o644 });
  const { report, status } = await doctor(project, OFFLINE, { env: { PATH: "/nowhere" } });
  assert.deepEqual([report.findings.map((/** @type {{ code: string }} */ { code }) => code), status], [["env_file_mode"], 1]);
  assert.deepEqual(report.unchecked, [{ what: "Whether git has a secret", because: "git is not installed." }]);
  chmodSync(project.path(".env.local"), 0o600);
  const outside = await findsNothing(clean(), OFFLINE);
  assert.deepEqual(outside.unchecked, []);
  assert.match(outside.notes.join(), /no git repository/);
});
