import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  cacheDir: "../../../.cache/vitest-support",
  test: { include: ["*.test.mjs"], testTimeout: 60_000, hookTimeout: 60_000 },
});
