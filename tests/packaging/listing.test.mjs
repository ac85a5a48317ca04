// What is in the tarball, and that what tests import is exactly that.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { root } from "../../pkg-template/build/process.mjs";
import { machinePath, wasmModules, wasmPath } from "../../pkg-template/build/wasm.mjs";
import { listingDifference, tarball } from "../../pkg-template/build/pack.mjs";

const unpacked = mkdtempSync(join(tmpdir(), "countersign-tarball-"));
const packed = join(unpacked, "package");
before(() => execFileSync("tar", ["-xzf", tarball, "-C", unpacked]));
after(() => rmSync(unpacked, { recursive: true, force: true }));

/** @param {string} folder */
function files(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1).replaceAll("\\", "/")).sort();
}

test("the tarball holds exactly the files of listing.txt", () => {
  assert.deepEqual(listingDifference(files(packed)), [], "if they are meant: node pkg-template/build/pack.mjs --accept");
});

test("node_modules/countersign is the tarball's content", () => {
  const installed = join(root, "node_modules/countersign");
  assert.deepEqual(files(installed), files(packed));
  for (const file of files(packed)) assert.ok(readFileSync(join(installed, file)).equals(readFileSync(join(packed, file))), file);
});

test("every file that the manifest names is there", () => {
  const { exports, imports } = JSON.parse(readFileSync(join(packed, "package.json"), "utf8"));
  const named = [...JSON.stringify([exports, imports]).matchAll(/:"\.\/([^"]+\.(?:js|d\.ts|json))"/g)].map((match) => match[1] ?? "");
  assert.ok(named.length > 30, `only ${named.length} names found`);
  const there = files(packed);
  for (const name of named) assert.ok(there.includes(name), name);
});

test("no file names a folder of the machine that built it", () => {
  for (const file of files(packed)) assert.equal(machinePath(readFileSync(join(packed, file))), null, file);
});

test("the check for folders of this machine finds one", () => {
  assert.equal(machinePath(Buffer.from(`panicked at ${root}/src/lib.rs`)), root);
});

for (const { name, maxBytes, imports, isFile } of wasmModules) {
  const bytes = () => readFileSync(isFile ? join(packed, "wasm", `${name}.wasm`) : wasmPath(name));

  test(`${name}.wasm has at most ${maxBytes} bytes`, () => {
    assert.ok(bytes().length <= maxBytes, `it has ${bytes().length}`);
  });

  test(`${name}.wasm imports what it should and is the module inside the JavaScript`, async () => {
    const names = WebAssembly.Module.imports(new WebAssembly.Module(bytes())).map((entry) => `${entry.module}.${entry.name}`);
    if (imports !== null) assert.deepEqual(names, imports);
    else assert.ok(names.length > 0 && names.every((entry) => entry.startsWith(`./${name}_bg.js.`)), names.join());
    for (const format of ["esm", "cjs"]) {
      const { wasmSource } = await import(join(packed, format, `core/wasm/${name}.inline.js`));
      assert.ok(Buffer.from(wasmSource()).equals(bytes()), format);
    }
  });
}
