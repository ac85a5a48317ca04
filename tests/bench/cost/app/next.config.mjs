import { resolve } from "node:path";

// The app runs from a copy, three folders below the repository's root as it is here; packages come from the root's
// node_modules, so that "countersign" is the unpacked tarball.
const root = resolve(import.meta.dirname, "../../..");

/** @type {import("next").NextConfig} */
const config = { turbopack: { root }, outputFileTracingRoot: root };

export default config;
