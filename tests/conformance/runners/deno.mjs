// Deno, from root node_modules, with no permission but to read files.
import { bin, file, root, runChild, versionOf } from "../lib.mjs";

export default {
  name: "deno",
  version: versionOf("deno"),
  run: () => runChild(bin("deno"), ["run", "--quiet", "--node-modules-dir=manual", "--no-remote", "--no-config", `--allow-read=${root}`, file("main.mjs")], { env: { DENO_NO_UPDATE_CHECK: "1" } }),
};
