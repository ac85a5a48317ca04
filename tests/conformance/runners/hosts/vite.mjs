// Serves the suite with Vite, as a production build ("build") or from its development server ("dev"), and opens it in Chromium.
import { chromium } from "playwright-core";
import * as vite from "vite";
import { chromiumArgs, chromiumPath } from "../../../support/chromium.mjs";
import { file, write } from "../../lib.mjs";

/** @param {string} url @returns {Promise<import("../../lib.mjs").Outcome>} */
async function visit(url) {
  const browser = await chromium.launch({ executablePath: await chromiumPath(), args: chromiumArgs });
  try {
    const page = await browser.newPage();
    /** @type {string[]} */
    const errors = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(url);
    await page.waitForFunction("globalThis.outcome", undefined, { timeout: 60_000 }).catch((error) => {
      throw new Error(`The page reported nothing: ${errors.join("; ") || error.message}`);
    });
    return await page.evaluate("globalThis.outcome");
  } finally {
    await browser.close();
  }
}

/** @param {string} folder */
function writeApp(folder) {
  write(`${folder}/index.html`, '<!doctype html><title>conformance</title><script type="module" src="./main.mjs"></script>\n');
  write(`${folder}/main.mjs`, 'import { run } from "../entry.page.mjs";\nrun().then((outcome) => { globalThis.outcome = outcome; });\n');
  return { root: file(folder), logLevel: /** @type {const} */ ("error"), configFile: /** @type {const} */ (false), cacheDir: file(`${folder}/.vite`) };
}

async function built() {
  const app = writeApp("vite-build");
  await vite.build(app);
  const server = await vite.preview({ ...app, preview: { port: 0, host: "127.0.0.1" } });
  return visit(/** @type {string} */ (server.resolvedUrls?.local[0])).finally(() => server.close());
}
async function served() {
  const server = await vite.createServer({ ...writeApp("vite-dev"), server: { port: 0, host: "127.0.0.1", fs: { strict: false } } });
  await server.listen();
  return visit(/** @type {string} */ (server.resolvedUrls?.local[0])).finally(() => server.close());
}

console.log(`CONFORMANCE ${JSON.stringify(await (process.argv[2] === "build" ? built() : served()))}`);
