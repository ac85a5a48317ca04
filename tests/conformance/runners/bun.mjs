// Bun, by import and by require.
import { bin, file, runChild, versionOf } from "../lib.mjs";

export default /** @type {const} */ ([["import", "main.mjs"], ["require", "main.cjs"]]).map(([kind, main]) => ({
  name: `bun ${kind}`,
  version: versionOf("bun"),
  run: () => runChild(bin("bun"), ["--no-install", "run", file(main)]),
}));
