// A browser: Vite's production build and its development server, in Chromium.
import { host, runChild, versionOf } from "../lib.mjs";

export default ["build", "dev"].map((kind) => ({
  name: `browser, vite ${kind}`,
  version: versionOf("vite"),
  run: () => runChild(process.execPath, [host("vite"), kind]),
}));
