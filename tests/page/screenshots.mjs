// Pictures of the running demo's page, to look at: node tests/page/screenshots.mjs http://localhost:3000
// They go to .cache/screenshots.

import { join } from "node:path";
import { root } from "../../www/demo/paths.mjs";
import { openBrowser, send } from "./browser.mjs";

const url = process.argv[2] ?? "http://localhost:3000";
const browser = await openBrowser();
try {
  for (const [size, width, height] of [["desktop", 1280, 900], ["phone", 390, 844]]) {
    for (const colorScheme of ["light", "dark"]) {
      const { page, context } = await browser.open(url, { viewport: { width, height }, colorScheme, deviceScaleFactor: size === "phone" ? 2 : 1 });
      const shoot = (name) => page.screenshot({ path: join(root, ".cache", "screenshots", `${size}-${colorScheme}-${name}.png`), fullPage: true });
      await shoot("before");
      await send(page, "Nothing");
      await shoot("accepted");
      await send(page, "The amount is changed");
      await shoot("changed");
      await send(page, "Signed with another secret");
      await shoot("refused");
      await send(page, "Captured and sent again");
      await shoot("resent");
      await send(page, "Then with another amount");
      await shoot("reused");
      await send(page, "A worker, through the gateway");
      await shoot("gateway");
      await send(page, "The same, by the web server");
      await shoot("caller");
      for (const [name, choice, kind] of [
        ["webhook", "Stripe: a checkout", "Webhook"],
        ["webhook-changed", "Stripe: another amount", "Webhook"],
        ["webhook-rewritten", "GitHub: written anew", "Webhook"],
        ["webhook-bearer", "Stripe: the secret itself", "Webhook"],
        ["request", "A receipt, please", "Request"],
        ["request-changed", "The body and its digest", "Request"],
        ["answer-changed", "Another receipt number", "Request"],
        ["redirect", "A redirect to another site", "Request"],
        ["upload-again", "The same file again", "Request"],
      ]) {
        await send(page, choice, kind);
        await shoot(name);
      }
      await context.close();
    }
  }
} finally {
  await browser.close();
}
