// Finds a Chromium for the tests that need a page, and installs one where that is possible without asking anybody.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { BuildError, attempt, withLock } from "../../pkg-template/build/process.mjs";
import { aptInstall } from "./apt.mjs";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const macPaths = ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium"];

/** What a browser is started with: no sandbox (containers have none), nothing on its own account over the network. */
export const chromiumArgs = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/**
 * The path of a Chromium that starts. Set CHROMIUM_PATH to choose one.
 * @returns {Promise<string>}
 */
export async function chromiumPath() {
  const chosen = process.env["CHROMIUM_PATH"];
  if (chosen !== undefined && chosen !== "") {
    if (await starts(chosen)) return chosen;
    throw new BuildError(`CHROMIUM_PATH is ${chosen}, which does not start.`);
  }
  return (await find()) ?? (await withLock("chromium", async () => (await find()) ?? install()));
}

/** @returns {Promise<string | null>} */
async function find() {
  const { chromium } = await import("playwright-core");
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter(Boolean);
  const candidates = [...folders.flatMap((folder) => names.map((name) => join(folder, name))), ...macPaths, chromium.executablePath()];
  for (const path of candidates) if (existsSync(path) && (await starts(path))) return path;
  return null;
}

/** Ubuntu's `chromium-browser` may be a stub that only names a snap, so a file is not enough. @param {string} path */
async function starts(path) {
  return (await attempt(path, ["--version"], { timeoutMs: 30_000 })).code === 0;
}

/** @returns {Promise<string>} */
async function install() {
  const how = "Install Chromium (Debian: apt-get install chromium; elsewhere: npx playwright-core install chromium), or set CHROMIUM_PATH to one.";
  await aptInstall("chromium", "These tests need a Chromium, and there is none.", how);
  const path = await find();
  if (path === null) throw new BuildError(`apt-get installed a Chromium that does not start. ${how}`);
  return path;
}
