// Bytes: of the lean module, and of what a guard adds to a bundle. `npm test` holds both to their limits (tests/packaging).

import { statSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../../pkg-template/build/process.mjs";
import { bundle } from "../../packaging/bundle.mjs";
import { thisNode } from "./nodes.mjs";

/** @returns {Promise<import("./parts.mjs").Measured>} */
export async function measureSizes() {
  const { bytes } = await bundle('import { countersign } from "countersign/convex"; export { countersign };');
  return {
    "lean.wasm": { [thisNode.version]: { value: statSync(join(root, "node_modules/countersign/wasm/lean.wasm")).size } },
    "bundle of a guard": { [thisNode.version]: { value: bytes.length } },
  };
}
