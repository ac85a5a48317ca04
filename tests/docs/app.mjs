// A document's app, running: its functions in the embedded Convex, its commands in a shell, its server's files as a bundler loads them.

import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { startConvex } from "../support/convex/index.mjs";
import { root, writeApp } from "./snippets.mjs";

const exec = promisify(execFile);

/** @typedef {Awaited<ReturnType<typeof startApp>>} App */

/**
 * @param {string} place see writeApp
 * @param {string} [page] the page whose files lie over those of the README
 */
export async function startApp(place, page) {
  const folder = writeApp(place, page);
  const convex = await startConvex({ functionsDir: join(folder, "convex") });
  // What `npm install countersign` leaves in an app; and nothing is to be looked for elsewhere.
  const bin = join(folder, "node_modules/.bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "countersign"), `#!/bin/sh\nexec "${process.execPath}" "${join(root, "node_modules/countersign/esm/cli/bin.js")}" "$@"\n`, { mode: 0o755 });
  const cli = { npm_config_offline: "true", CONVEX_SELF_HOSTED_URL: convex.url, CONVEX_SELF_HOSTED_ADMIN_KEY: convex.adminKey };
  const messages = () => convex.logs.map(({ message }) => message);
  return {
    folder,
    convex,

    /** @param {string} script as it stands in the document @returns {Promise<string>} what it prints */
    async run(script) {
      const PATH = `${join(root, "node_modules/.bin")}:${process.env["PATH"]}`;
      const { stdout } = await exec("bash", ["-euo", "pipefail", "-c", script], { cwd: folder, env: { ...process.env, ...cli, PATH } });
      return stdout;
    },

    /** @param {string} file @returns {Promise<any>} a file of the app, as a bundler loads it */
    async load(file) {
      const outfile = join(folder, `${file}.mjs`);
      await build({ entryPoints: [join(folder, file)], outfile, bundle: true, platform: "node", format: "esm", packages: "external", alias: { "@": folder }, logLevel: "silent" });
      return import(pathToFileURL(outfile).href);
    },

    messages,

    /** Whether a line of the log is the one in the document. @param {string} line with "<...>" for each key id or list of them */
    logged(line) {
      const pattern = patternOf(line);
      return messages().some((message) => pattern.test(message));
    },
  };
}

/** @param {string} text @returns {RegExp} that text, with key ids, or lists of them, in the places of "<...>" */
export function patternOf(text) {
  const parts = text.trim().split(/<[^<>]+>/).map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join("[0-9a-f]{16}(?:,[0-9a-f]{16})*")}$`);
}
