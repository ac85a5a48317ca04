// What the page on the command line says of init.

import assert from "node:assert/strict";
import { test } from "node:test";
import { commandPage, snippet } from "../docs/snippets.mjs";
import { makeInitProject } from "./support/init.mjs";

test("what init shows in a new project", async () => {
  const { status, stdout } = await makeInitProject().init(snippet(commandPage, "look first").trim().split(" ").slice(3));
  assert.equal(status, 0);
  assert.equal(stdout, snippet(commandPage, "what init would do"));
});

test("the options are those of the page", async () => {
  const { stdout } = await makeInitProject().init(["--help"]);
  for (const option of ["--yes", "--example", "--prod", "--dry-run", "--next", "--convex", "--timeout"]) assert.ok(stdout.includes(`${option} `), option);
});
