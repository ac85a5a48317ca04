// What the guards add to a Convex function's bundle. Convex evaluates it again for every call, so each kilobyte is paid for each time.

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { bundle } from "./bundle.mjs";

const maxBytes = 26_640;

test(`the guards add at most ${maxBytes} bytes`, async () => {
  const { bytes, inputs } = await bundle('import { countersign } from "countersign/convex"; export { countersign };');
  const parts = inputs.sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput).map(([path, { bytesInOutput }]) => `${bytesInOutput}  ${path}`);
  const summary = `${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} with gzip:\n${parts.join("\n")}`;
  assert.ok(bytes.length <= maxBytes, summary);
});

test("the guards' bundle holds the lean module once and nothing of the others; http actions load the messages module when they run", async () => {
  const { inputs, later } = await bundle('import { countersign, requireSecret } from "countersign/convex"; export { countersign, requireSecret };');
  const generated = inputs.map(([path]) => path).filter((path) => path.includes("/generated/"));
  assert.deepEqual(generated.map((path) => path.split("/").at(-1)), ["lean.packed.js"]);
  assert.deepEqual(inputs.filter(([path]) => path.includes("/http/")), []);
  assert.deepEqual(later.map(([path]) => path.split("/").at(-1)).filter((name) => /^(messages\.|rich\.|signed-http)/.test(name ?? "")).sort(), ["messages.base64.js", "messages.inline.js", "signed-http-action.js"]);
});

test("an entry whose exports are not used adds nothing", async () => {
  const entries = ["", "/inspect", "/convex", "/client"].map((path) => `import "countersign${path}";`);
  const { bytes } = await bundle(entries.join("\n"));
  assert.equal(new TextDecoder().decode(bytes).trim(), "");
});
