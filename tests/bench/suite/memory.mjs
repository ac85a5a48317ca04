// Memory after a million verifications, in each version of Node.js.

import { runIn } from "./nodes.mjs";

// V8 would make room for young objects larger once, at a time of its own.
const flags = ["--expose-gc", "--min-semi-space-size=4", "--max-semi-space-size=4"];
const TIMES = 1_000_000;
const script = new URL("memory-process.mjs", import.meta.url);

/** @param {import("./parts.mjs").Task} task @returns {Promise<import("./parts.mjs").Measured>} */
export async function measureMemory({ nodes, progress }) {
  /** @type {import("./parts.mjs").Measured} */
  const measured = { "memory, WebAssembly": {}, "memory, process": {} };
  for (const node of nodes) {
    progress(`memory, Node.js ${node.version}`);
    const { modules, pages, rss } = await runIn(node, script, [String(TIMES)], flags);
    if (!(modules >= 2)) throw new Error(`The memory of ${modules} modules was seen, and not that of all.`);
    Object.assign(measured["memory, WebAssembly"] ?? {}, { [node.version]: { value: pages } });
    // Less than before is no growth.
    Object.assign(measured["memory, process"] ?? {}, { [node.version]: { value: Math.max(0, rss / 2 ** 20) } });
  }
  return measured;
}
