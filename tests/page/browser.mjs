import { chromium } from "playwright-core";
import { chromiumArgs, chromiumPath } from "../support/chromium.mjs";

/** A Chromium with a profile of its own; every page it opens keeps what it complains about. */
export async function openBrowser() {
  const browser = await chromium.launch({ executablePath: await chromiumPath(), args: chromiumArgs });
  return {
    close: () => browser.close(),
    /**
     * Opens a page in a fresh context.
     * @param {string} url
     * @param {import("playwright-core").BrowserContextOptions} [options]
     * @param {{ wait?: boolean }} [how] `wait`: until the page's list is live
     */
    async open(url, options = {}, { wait = true } = {}) {
      const context = await browser.newContext(options);
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      /** @type {string[]} */
      const complaints = [];
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`);
      });
      page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
      page.on("requestfailed", (request) => complaints.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
      page.on("response", (response) => {
        if (response.status() >= 400) complaints.push(`status ${response.status()}: ${response.url()}`);
      });
      await page.goto(url);
      if (wait) await page.getByText("live", { exact: true }).waitFor();
      return { page, context, complaints };
    },
  };
}

/** Chooses what is sent and what happens on the way, and sends it, as a visitor would; resolves to the region with the outcome. */
export async function send(page, choice, kind = "Call") {
  await page.getByRole("radio", { name: kind, exact: true }).check();
  await page.getByRole("radio", { name: choice, exact: true }).check();
  const answered = page.waitForResponse((response) => response.url().endsWith("/api/demo"));
  await page.getByRole("button", { name: "Send" }).click();
  await answered;
  await page.locator(".outcome[aria-busy=false]").waitFor();
  return page.getByRole("region", { name: "What became of it" });
}
