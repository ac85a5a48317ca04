import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL(".", import.meta.url));

// The guards run where convex-test is used: in its own recommended environment, and in plain Node.
const shared = { root, server: { deps: { inline: ["convex-test"] } }, testTimeout: 15_000 };

export default defineConfig({
  root,
  cacheDir: "../../.cache/vitest-convex",
  test: {
    projects: [
      // What contention.test.ts runs knows no environment: once is enough.
      { test: { ...shared, name: "edge-runtime", environment: "edge-runtime", include: ["guards/*.test.ts", "component/*.test.ts"], exclude: ["component/contention.test.ts"] } },
      { test: { ...shared, name: "node", environment: "node", include: ["guards/*.test.ts", "client/*.test.ts", "component/*.test.ts"] } },
    ],
  },
});
