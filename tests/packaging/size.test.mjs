// What the guards add to a Convex function's bundle. Convex evaluates it again for every call, so each kilobyte is paid for each time.

import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { bundle } from "./bundle.mjs";

const maxBytes = 25_600;

test(`the guards add at most ${maxBytes} bytes`, async () => {
  const { bytes, inputs } = await bundle('import { countersign } from "countersign/convex"; export { countersign };');
  const parts = inputs.sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput).map(([path, { bytesInOutput }]) => `${bytesInOutput}  ${path}`);
  const summary = `${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} with gzip:\n${parts.join("\n")}`;
  assert.ok(bytes.length <= maxBytes, summary);
});

/** The modules that a bundle holds, once each. @type {readonly (readonly [string, string, string[]])[]} */
const held = [
  ["guards alone", 'import { countersign } from "countersign/convex"; export { countersign };', ["guard.packed.js"]],
  ["guards and requireSecret", 'import { countersign, requireSecret } from "countersign/convex"; export { countersign, requireSecret };', ["guard.packed.js", "lean.packed.js"]],
  ["guards and signCall", 'import { countersign } from "countersign/convex"; import { createKeyring, signCall } from "countersign"; export { countersign, createKeyring, signCall };', ["guard.packed.js", "lean.packed.js"]],
  ["requireSecret alone", 'import { requireSecret } from "countersign/convex"; export { requireSecret };', ["lean.packed.js"]],
];
for (const [what, contents, modules] of held) {
  test(`a bundle of ${what} holds ${modules.join(" and ")}, each once`, async () => {
    const { inputs } = await bundle(contents);
    const generated = inputs.map(([path]) => path).filter((path) => path.includes("/generated/"));
    assert.deepEqual(generated.map((path) => path.split("/").at(-1)).sort(), [...modules, "unpacker.base64.js"]);
  });
}

test("the guards' bundle holds nothing of the messages and the rich module; http actions load the messages module when they run", async () => {
  const { inputs, later } = await bundle('import { countersign, requireSecret } from "countersign/convex"; export { countersign, requireSecret };');
  assert.deepEqual(inputs.filter(([path]) => path.includes("/http/")), []);
  assert.deepEqual(later.map(([path]) => path.split("/").at(-1)).filter((name) => /^(messages\.|rich\.|signed-http)/.test(name ?? "")).sort(), ["messages.base64.js", "messages.inline.js", "signed-http-action.js"]);
});

test("an entry whose exports are not used adds nothing", async () => {
  const entries = ["", "/inspect", "/convex", "/client"].map((path) => `import "countersign${path}";`);
  const { bytes } = await bundle(entries.join("\n"));
  assert.equal(new TextDecoder().decode(bytes).trim(), "");
});
