// The package's entries, read off the package itself.

import { readFileSync } from "node:fs";

/** @type {{ exports: Record<string, string | Record<string, unknown>> }} */
const { exports } = JSON.parse(readFileSync(new URL("../../node_modules/countersign/package.json", import.meta.url), "utf8"));

/** Every entry but package.json: ".", "./inspect", ... */
export const entries = Object.keys(exports).filter((entry) => entry !== "./package.json");

/**
 * The Convex component and what registers it in tests. They hold no secret, no WebAssembly and nothing that reads the environment: tests/packaging/component.test.mjs
 * sees to that, and so what walks all functions for such things leaves these out.
 */
export const componentEntries = entries.filter((entry) => /"\.\/esm\/(?:component|testing)\//.test(JSON.stringify(exports[entry])));
