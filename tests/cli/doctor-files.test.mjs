// Faults in the env files, one planted in each project. Nothing but files is looked at.

import assert from "node:assert/strict";
import { chmodSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { parse } from "dotenv";
import { clean, doctor, findsNothing, findsOnly, other, paste, secret } from "./support/doctor.mjs";

const OFFLINE = ["--offline", "--no-code"];
const url = "NEXT_PUBLIC_CONVEX_URL=https://quick-otter-123.convex.cloud\n";
/** @param {string} text */
const withSecret = (text) => clean({ dotenv: `${url}${text}\n` });
const valueOf = (/** @type {import("./support/project.mjs").Project} */ project) => parse(project.read(".env.local"))["COUNTERSIGN_SECRET"];

test("variable_unset: not on the Next.js side", async () => {
  const project = clean({ dotenv: url });
  const { fix, fixable } = await findsOnly(project, "variable_unset", "Next.js", OFFLINE);
  assert.equal(fix, "npx countersign init");
  assert.equal(fixable, false);
});

test("variable_unset: there, and empty", async () => {
  await findsOnly(withSecret("COUNTERSIGN_SECRET=  "), "variable_unset", ".env.local:2", OFFLINE);
});

test("variable_unset: another variable; its fix makes it", async () => {
  const project = clean();
  const args = [...OFFLINE, "--var", "INTERNAL_API_SECRET"];
  const { fix, variable } = await findsOnly(project, "variable_unset", "Next.js", args);
  assert.equal(variable, "INTERNAL_API_SECRET");
  await paste(fix, project);
  await findsNothing(project, args);
});

test("secret_padded: mended by its fix, and the rest of the file stays", async () => {
  const project = withSecret(`# mine\r\nCOUNTERSIGN_SECRET="${secret} "\r\nA='b c'`);
  const { fix, fixable } = await findsOnly(project, "secret_padded", ".env.local:3", OFFLINE);
  assert.equal(fixable, true);
  assert.equal(fix, "npx countersign doctor --fix --offline --no-code");
  await paste(fix, project);
  assert.equal(valueOf(project), secret);
  assert.match(project.read(".env.local"), /^NEXT_PUBLIC_CONVEX_URL=.*\n# mine\r\nCOUNTERSIGN_SECRET=.*\r\nA='b c'\n$/);
  await findsNothing(project, OFFLINE);
});

test("secret_quoted: mended by --fix", async () => {
  const project = withSecret(`COUNTERSIGN_SECRET='"${secret}"'`);
  await findsOnly(project, "secret_quoted", ".env.local:2", OFFLINE);
  const { report, status } = await doctor(project, [...OFFLINE, "--fix"]);
  assert.deepEqual([status, report.findings, report.repaired.length], [0, [], 1]);
  assert.equal(valueOf(project), secret);
});

test("secret_carriage_return: in the environment of the process", async () => {
  const { fix } = await findsOnly(clean(), "secret_carriage_return", "the environment", OFFLINE, { env: { COUNTERSIGN_SECRET: `${secret}\r\n` } });
  assert.match(fix, /where the server is started/);
});

for (const [code, what, value] of [
  ["secret_truncated", "a generated one without its end", secret.slice(0, -1)],
  ["secret_truncated", "a generated one with another letter", secret.replace(/.(?=.{8}$)/, (letter) => (letter === "A" ? "B" : "A"))],
  ["secret_weak", "short", "x7Kq2mP9"],
  ["secret_weak", "of few characters", "abab".repeat(10)],
  ["secret_placeholder", "an example's", "changeme"],
  ["secret_placeholder", "a long example's", "your-secret-goes-here-0123456789abcdef"],
]) {
  test(`${code}: ${what}`, async () => {
    const project = withSecret(`COUNTERSIGN_SECRET=${value}`);
    const { fix, fixable } = await findsOnly(project, /** @type {string} */ (code), ".env.local:2", OFFLINE);
    assert.equal(fixable, false);
    assert.match(fix, /^Take COUNTERSIGN_SECRET out of \.env\.local:2, then: npx countersign keygen/);
    const { report } = await doctor(project, [...OFFLINE, "--fix"]);
    assert.equal(report.repaired, undefined, "--fix throws no secret away");
    // The part of the fix that makes one.
    project.write(".env.local", url);
    await paste(/** @type {string} */ (/then: (.*?) && /.exec(fix)?.[1]), project);
    await findsNothing(project, OFFLINE);
  });
}

test("secret_too_long", async () => {
  await findsOnly(withSecret(`COUNTERSIGN_SECRET=${"aB3dE5gH7jK9".repeat(1400)}`), "secret_too_long", ".env.local:2", OFFLINE);
});

test("value_expanded: a $ that Next.js takes for a variable", async () => {
  const value = "q7$HOME-Vd92kLs0-mZp4Xw8-Rt6Yb1Nc3-Je5Gf";
  const project = withSecret(`COUNTERSIGN_SECRET=${value}`);
  const { fix } = await findsOnly(project, "value_expanded", ".env.local:2", OFFLINE);
  assert.match(fix, /backslash/);
  project.write(".env.local", `${url}COUNTERSIGN_SECRET=${value.replace("$", "\\$")}\n`);
  await findsNothing(project, OFFLINE);
});

test("variable_twice: in one file", async () => {
  const project = withSecret(`COUNTERSIGN_SECRET=${other}\n\nCOUNTERSIGN_SECRET=${secret}`);
  const { fix, message } = await findsOnly(project, "variable_twice", ".env.local:2", OFFLINE);
  assert.match(message, /line 4 counts/);
  assert.equal(fix, "Take line 2 out of .env.local.");
  const lines = project.read(".env.local").split("\n");
  project.write(".env.local", lines.toSpliced(1, 1).join("\n"));
  await findsNothing(project, OFFLINE);
});

test("variable_shadowed: by a file that comes first", async () => {
  const project = clean({ files: { ".env.development.local": `COUNTERSIGN_SECRET=${other}\n` } });
  chmodSync(project.path(".env.development.local"), 0o600);
  const { fix } = await findsOnly(project, "variable_shadowed", ".env.local:4", OFFLINE);
  assert.match(fix, /^Take COUNTERSIGN_SECRET out of \.env\.development\.local:1/);
  project.write(".env.development.local", "");
  await findsNothing(project, OFFLINE);
});

test("variable_shadowed: by the environment; nothing where both are the same", async () => {
  const project = clean();
  const { fix } = await findsOnly(project, "variable_shadowed", ".env.local:4", OFFLINE, { env: { COUNTERSIGN_SECRET: other } });
  assert.equal(fix, "unset COUNTERSIGN_SECRET");
  await findsNothing(project, OFFLINE, { env: { COUNTERSIGN_SECRET: secret } });
});

test("env_file_bom: mended by its fix", async () => {
  const project = clean({ dotenv: `\uFEFFCOUNTERSIGN_SECRET=${secret}\n${url}` });
  const { fix } = await findsOnly(project, "env_file_bom", ".env.local:1", OFFLINE);
  await paste(fix, project);
  assert.equal(project.read(".env.local"), `COUNTERSIGN_SECRET=${secret}\n${url}`);
  await findsNothing(project, OFFLINE);
});

test("env_file_encoding: UTF-16, as PowerShell writes it; mended by its fix", async () => {
  const project = clean();
  const text = project.read(".env.local");
  writeFileSync(project.path(".env.local"), Buffer.from(`\uFEFF${text}`, "utf16le"));
  const { findings } = await doctor(project, OFFLINE);
  // Next.js finds no variable in it, and that is said as well.
  assert.deepEqual(findings.map(({ code }) => code), ["variable_unset", "env_file_encoding", "convex_url_unset"]);
  const found = findings.find(({ code }) => code === "env_file_encoding");
  assert.equal(found?.where, ".env.local");
  await paste(/** @type {string} */ (found?.fix), project);
  assert.equal(project.read(".env.local"), text);
  await findsNothing(project, OFFLINE);
});

test("secret_public_name", async () => {
  const { fix } = await findsOnly(clean({ env: `NEXT_PUBLIC_COUNTERSIGN_SECRET=${other}\n` }), "secret_public_name", ".env.local:5", OFFLINE);
  assert.match(fix, /npx countersign rotate$/);
});

test("secret_public_copy: another NEXT_PUBLIC_ variable with the same value", async () => {
  const { variable } = await findsOnly(clean({ env: `NEXT_PUBLIC_API_TOKEN=${secret}\n` }), "secret_public_copy", ".env.local:5", OFFLINE);
  assert.equal(variable, "NEXT_PUBLIC_API_TOKEN");
});

test("next.config gives it to everybody: found in the code, and not with --no-code", async () => {
  const config = "export default { env: { TOKEN: process.env.COUNTERSIGN_SECRET } };\n";
  const project = clean({ files: { "next.config.ts": undefined, "next.config.mjs": config } });
  await findsOnly(project, "code_secret_in_next_config", "next.config.mjs:1:25", ["--offline"]);
  await findsNothing(project, OFFLINE);
});

test("env_file_mode: mended by its fix, and by --fix", { skip: process.platform === "win32" }, async () => {
  for (const how of ["paste", "--fix"]) {
    const project = clean({ mode: 0o644 });
    const { fix } = await findsOnly(project, "env_file_mode", ".env.local", OFFLINE);
    assert.equal(fix, "chmod 600 .env.local");
    if (how === "paste") await paste(fix, project);
    else await doctor(project, [...OFFLINE, "--fix"]);
    assert.equal(statSync(project.path(".env.local")).mode & 0o777, 0o600);
    await findsNothing(project, OFFLINE);
  }
});
