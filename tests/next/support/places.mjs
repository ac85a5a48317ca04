// The five places of the app where the suite runs, and how each is made to run it.
import { chromium } from "playwright-core";
import { chromiumArgs, chromiumPath } from "../../support/chromium.mjs";

/**
 * @typedef {object} Report what a place answers: app/lib/report.ts
 * @property {string} runtime
 * @property {string[]} answers
 * @property {number} passed
 * @property {{ name: string, message: string }[]} failures
 *
 * @typedef {object} Place
 * @property {string} name
 * @property {"node" | "edge" | "browser"} runtime where it must have run
 * @property {(server: string) => Promise<string>} visit its report, as text
 */

const limitMs = 180_000;
/** @type {Promise<import("playwright-core").Browser> | undefined} */
let browser;

export async function closeBrowser() {
  const open = browser;
  browser = undefined;
  await (await open)?.close();
}

/** @param {string} url */
async function get(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(limitMs) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text.slice(0, 2000)}`);
  return text;
}

/** The report in a page that the server has rendered. @param {string} html */
function fromHtml(html) {
  const found = /<pre id="report">(.*?)<\/pre>/s.exec(html);
  if (found === null) throw new Error(`The page holds no report: ${html.slice(0, 2000)}`);
  /** @type {Record<string, string>} */
  const entities = { "&quot;": '"', "&#x27;": "'", "&lt;": "<", "&gt;": ">", "&amp;": "&" };
  return /** @type {string} */ (found[1]).replace(/&(?:quot|#x27|lt|gt|amp);/g, (entity) => /** @type {string} */ (entities[entity]));
}

/** The report in a page once its scripts have run. @param {string} url @param {boolean} click whether a button starts it */
async function fromPage(url, click) {
  browser ??= chromiumPath().then((executablePath) => chromium.launch({ executablePath, args: chromiumArgs }));
  const page = await (await browser).newPage();
  /** @type {string[]} */
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  try {
    await page.goto(url, { timeout: limitMs });
    if (click) await clickUntil(page, "button:enabled", "#report");
    const text = await page.locator("#report").textContent({ timeout: limitMs });
    if (errors.length > 0) throw new Error(`The page reported errors: ${errors.join("; ")}`);
    return text ?? "";
  } catch (error) {
    throw new Error(`${url}: ${error instanceof Error ? error.message : error}\n${errors.join("\n")}`);
  } finally {
    await page.close();
  }
}

/**
 * Clicks until something shows: `next dev` may load a page again after it has compiled what the page asked for.
 * @param {import("playwright-core").Page} page @param {string} button @param {string} wanted
 */
async function clickUntil(page, button, wanted) {
  for (let tries = 1; tries <= 15; tries++) {
    await page.click(button, { timeout: limitMs });
    const shown = await page.locator(wanted).waitFor({ timeout: 10_000 }).then(() => true, (error) => {
      if (error.name === "TimeoutError") return false;
      throw error;
    });
    if (shown) return;
  }
}

/** @type {Place[]} */
export const places = [
  { name: "node route", runtime: "node", visit: (server) => get(`${server}/node`) },
  { name: "edge route", runtime: "edge", visit: (server) => get(`${server}/edge`) },
  { name: "server component", runtime: "node", visit: async (server) => fromHtml(await get(`${server}/server-component`)) },
  { name: "server action", runtime: "node", visit: (server) => fromPage(`${server}/server-action`, true) },
  { name: "client component", runtime: "browser", visit: (server) => fromPage(`${server}/client-component`, false) },
];

const signedCalls = ["next: web 4611686018427387904", "client: web 4611686018427387904", "keyed: web, 0 more", "gateway: web, 0 more, then another", "refused: unauthorized"];

/**
 * Checks where a report comes from and that its signed calls were answered.
 * @param {string} text @param {Place["runtime"]} runtime @returns {Report}
 */
export function readReport(text, runtime) {
  /** @type {Report} */
  const report = JSON.parse(text);
  if (report.runtime !== runtime) throw new Error(`It ran in ${report.runtime}, not in ${runtime}.`);
  const expected = runtime === "browser" ? [] : signedCalls;
  if (JSON.stringify(report.answers) !== JSON.stringify(expected)) throw new Error(`The signed calls gave ${JSON.stringify(report.answers)}.`);
  return report;
}
