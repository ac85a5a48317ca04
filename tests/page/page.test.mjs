// The demo's page in a real Chromium, against the production build and the embedded Convex.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { www } from "../../www/demo/paths.mjs";
import { setUp } from "../../www/demo/setup.mjs";
import { openBrowser, send } from "./browser.mjs";
import { lowContrast } from "./contrast.mjs";

let demo;
let browser;

before(async () => {
  await setUp();
  const { startDemo } = await import("../../www/demo/serve.mjs");
  demo = await startDemo({ port: 0, convexPort: 0, sitePort: 0 });
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await demo?.close();
});

/** Opens the page, runs the test with it and wants it to have complained about nothing. */
async function withPage(run, options) {
  const opened = await browser.open(demo.url, options);
  await run(opened.page);
  assert.deepEqual(opened.complaints, []);
  await opened.context.close();
}

const listed = (page, id) => page.locator(`[data-event="${id}"]`);
const eventIdIn = async (outcome) => /evt_[0-9a-f]{12}/.exec(await outcome.locator(".verdict").innerText())[0];
const postDelivery = (route, delivery) =>
  fetch(`${demo.url}${route}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(delivery) });

describe("the list of events", () => {
  for (const route of ["/api/webhooks", "/api/webhooks-edge"]) {
    test(`shows a delivery to ${route} without a reload`, () =>
      withPage(async (page) => {
        await page.evaluate(() => {
          window.sameDocument = true;
        });
        const delivery = demo.lab.newDelivery({ amount: 1234 });
        assert.equal(await listed(page, delivery.id).count(), 0);
        const response = await postDelivery(route, delivery);
        assert.equal(response.status, 200);
        await listed(page, delivery.id).waitFor();
        const text = await listed(page, delivery.id).innerText();
        assert.match(text, /€12\.34/);
        assert.match(text, route.endsWith("edge") ? /Edge route/ : /Node route/);
        assert.ok(text.includes(demo.lab.keyId), "the event names the key that signed it");
        assert.equal(await page.evaluate(() => window.sameDocument), true, "the page was not loaded again");
      }));
  }

  test("follows in every open page", () =>
    withPage((first) =>
      withPage(async (second) => {
        const delivery = demo.lab.newDelivery();
        await postDelivery("/api/webhooks", delivery);
        await Promise.all([listed(first, delivery.id).waitFor(), listed(second, delivery.id).waitFor()]);
      }),
    ));
});

describe("the webhook routes", () => {
  for (const route of ["/api/webhooks", "/api/webhooks-edge"]) {
    for (const [what, body, status] of [
      ["what is no JSON", "{", 400],
      ["what is no delivery", '{"id":"evt_1","provider":"polar","type":"order.paid"}', 400],
      ["a negative amount", '{"id":"evt_1","provider":"polar","type":"order.paid","amount":-1}', 400],
      ["an id of odd characters", '{"id":"evt 1\\n","provider":"polar","type":"order.paid","amount":1}', 400],
      ["nothing at all", "", 400],
      ["a body past the limit", JSON.stringify({ id: "x".repeat(20_000) }), 413],
    ]) {
      test(`${route} refuses ${what}`, async () => {
        const response = await fetch(`${demo.url}${route}`, { method: "POST", body });
        assert.equal(response.status, status);
        assert.equal(response.headers.get("content-type"), "application/problem+json");
        assert.equal((await response.json()).status, status);
      });
    }
  }
});

describe("the form", () => {
  let visit;
  before(async () => {
    visit = await browser.open(demo.url);
  });
  after(() => visit?.context.close());

  test("sends a delivery and shows that it was accepted", () =>
    withPage(async (page) => {
      await page.getByLabel("Event", { exact: true }).selectOption("subscription.active");
      await page.getByLabel("Amount in euros").fill("7.05");
      await page.getByRole("radio", { name: "Edge", exact: true }).check();
      const outcome = await send(page, "Nothing");
      const id = await eventIdIn(outcome);
      assert.match(await outcome.locator(".verdict").innerText(), /^Accepted/);
      assert.match(await outcome.innerText(), /The route \/api\/webhooks-edge signed it/);
      assert.ok((await outcome.innerText()).includes(demo.lab.keyId), "the token is shown with its key id");
      await listed(page, id).waitFor();
      const text = await listed(page, id).innerText();
      assert.match(text, /subscription\.active/);
      assert.match(text, /€7\.05/);
      assert.match(text, /Edge route/);
      assert.equal(await demo.lab.storedEvents(id), 1);
    }));

  for (const [choice, code] of [
    ["The amount is changed", "signature_invalid"],
    ["Signed with another secret", "key_unknown"],
    ["Signed for another function", "signature_invalid"],
    ["Signed for another deployment", "signature_invalid"],
    ["Ten minutes old", "expired"],
    ["Not signed at all", "signature_missing"],
  ]) {
    test(`shows the refusal: ${choice}`, async () => {
      const { page, complaints } = visit;
      const outcome = await send(page, choice);
      const id = await eventIdIn(outcome);
      const text = await outcome.innerText();
      assert.match(text, /Refused/);
      assert.ok(text.includes(`code=${code}`), `the log shows ${code}: ${text}`);
      assert.match(text, /What was stored\s+Nothing\./);
      if (choice === "The amount is changed") {
        assert.equal(await outcome.locator("del").innerText(), "4900");
        assert.equal(await outcome.locator("ins").innerText(), "490000");
        assert.match(text, /502/);
      } else {
        assert.match(text, /\{"code":"unauthorized"\}/);
      }
      if (code === "key_unknown") assert.ok(text.includes(demo.lab.keyId) && text.includes(demo.lab.strangersKeyId), "both key ids are shown");
      assert.equal(await demo.lab.storedEvents(id), 0);
      // A delivery that is accepted afterwards shows that the list is up to date, and the refused one not in it.
      const later = demo.lab.newDelivery();
      await postDelivery("/api/webhooks", later);
      await listed(page, later.id).waitFor();
      assert.equal(await listed(page, id).count(), 0);
      assert.deepEqual(complaints, []);
    });
  }

  for (const { choice, verdict, code, answer, stored, journey } of [
    { choice: "Captured and sent again", verdict: "The second is refused", code: "replayed", answer: '{"code":"unauthorized"}', stored: 1, journey: /Proxy sends it twice\s+Convex refuses the second/ },
    { choice: "The same event twice", verdict: "Stored once", code: null, answer: "200", stored: 1, journey: /signs both calls\s+Convex stores it once/ },
    { choice: "Then with another amount", verdict: "The second is refused", code: "idempotency_conflict", answer: "409", stored: 1, journey: /Convex refuses the second/ },
    { choice: "A worker, through the gateway", verdict: "Accepted", code: null, answer: '"', stored: 1, journey: /Gateway checks, and finds it listed\s+Function stores/ },
    { choice: "A function that is not listed", verdict: "Refused", code: "function_forbidden", answer: '{"code":"unauthorized"}', stored: 1, journey: /Gateway refuses/ },
    { choice: "A function for workers only", verdict: "Accepted", code: null, answer: '"', stored: 1, journey: /Convex checks, then stores/ },
    { choice: "The same, by the web server", verdict: "Refused", code: "caller_forbidden", answer: '{"code":"unauthorized"}', stored: 0, journey: /Web server signs what it may not call\s+Convex refuses/ },
  ]) {
    test(`shows what came of: ${choice}`, () =>
      withPage(async (page) => {
        const outcome = await send(page, choice);
        const id = await eventIdIn(outcome);
        const text = await outcome.innerText();
        assert.ok((await outcome.locator(".verdict").innerText()).startsWith(verdict), text);
        assert.ok(code === null ? /An accepted call needs no line/.test(text) : text.includes(`code=${code}`), text);
        assert.ok((await outcome.locator("pre").first().innerText()).startsWith(answer), text);
        assert.match((await outcome.locator(".journey").innerText()).replaceAll("\n", " "), journey);
        assert.match(text, stored === 0 ? /What was stored\s+Nothing\./ : /What was stored\s+One event/);
        assert.equal(await demo.lab.storedEvents(id), stored);
        if (stored === 0) return;
        await listed(page, id).waitFor();
        assert.equal(await listed(page, id).count(), 1);
      }));
  }

  test("takes a call apart: the function behind the gateway, and the idempotency key", () =>
    withPage(async (page) => {
      const through = await send(page, "A worker, through the gateway");
      const call = (await through.locator(".call").innerText()).replaceAll("\n", " ");
      assert.match(call, /^gateway:mutation/);
      assert.match(call, /name\s+"orders:record"\s+args\.amount\s+4900\s+args\.eventId\s+"evt_[0-9a-f]{12}"/);
      assert.match(await listed(page, await eventIdIn(through)).innerText(), /Worker, through the gateway/);
      const repeated = await send(page, "The same event twice");
      const id = await eventIdIn(repeated);
      assert.match((await repeated.locator(".call-token").innerText()).replaceAll("\n", " "), new RegExp(`${id}\\s+idempotency key$`));
    }));

  for (const { kind, choice, verdict, seen, journey } of [
    { kind: "Webhook", choice: "Stripe: a checkout", verdict: "Accepted", seen: [/stripe-signature\s+t=\d+,v1=[0-9a-f]{64}/, /One event, by a signed call/], journey: /Stripe posts an event\s+Next\.js verifies it\s+Convex stores it once/ },
    { kind: "Webhook", choice: "GitHub: under another id", verdict: "Stored once", seen: [/x-github-delivery/, /One event/], journey: /Convex stores it once/ },
    { kind: "Webhook", choice: "Stripe: another amount", verdict: "Refused", seen: [/code=signature_invalid/, /What was stored\s+Nothing\./], journey: /Proxy changes it\s+Next\.js refuses/ },
    { kind: "Webhook", choice: "Stripe: the secret itself", verdict: "Refused", seen: [/Bearer \(the secret\)/, /code=signature_missing/], journey: /Attacker sends it\s+Next\.js refuses/ },
    { kind: "Request", choice: "A receipt, please", verdict: "Accepted", seen: [/tag="countersign-response"/, /The receipt is R-[0-9a-f]{12}\./, /One file/], journey: /Convex asks, signed\s+Next\.js verifies, answers\s+Convex verifies the answer/ },
    { kind: "Request", choice: "The path", verdict: "Refused", seen: [/code=signature_invalid/, /path=\/api\/refunds/], journey: /Proxy changes it\s+Next\.js refuses/ },
    { kind: "Request", choice: "The request again", verdict: "The second is refused", seen: [/code=replayed/, /One file, that of the first request/], journey: /Next\.js refuses the second/ },
    { kind: "Request", choice: "Another receipt number", verdict: "The answer is refused", seen: [/No receipt: the answer is signed, but/, /One file: the request itself was right/], journey: /answers, signed\s+Proxy changes it\s+Convex refuses the answer/ },
    { kind: "Request", choice: "A redirect to another site", verdict: "The answer is refused", seen: [/nothing was sent on/, /What was stored\s+Nothing\./], journey: /Proxy answers it\s+Convex refuses the answer/ },
    { kind: "Request", choice: "The same file again", verdict: "The second is refused", seen: [/code=replayed/], journey: /Convex refuses the second/ },
  ]) {
    test(`shows what came of a ${kind.toLowerCase()}: ${choice}`, async () => {
      const { page, complaints } = visit;
      const outcome = await send(page, choice, kind);
      const text = await outcome.innerText();
      assert.ok((await outcome.locator(".verdict").innerText()).startsWith(verdict), text);
      assert.match((await outcome.locator(".journey").innerText()).replaceAll("\n", " "), journey);
      for (const each of seen) assert.match(text, each);
      assert.ok(!text.includes("did not come out as it should"), text);
      if (choice === "Stripe: another amount") assert.deepEqual([await outcome.locator(".message-body del").innerText(), await outcome.locator(".message-body ins").innerText()], ["4900", "1"]);
      assert.deepEqual(complaints, []);
    });
  }

  test("opens what a provider posted, and shows the stored event", () =>
    withPage(async (page) => {
      const outcome = await send(page, "Polar: a paid order", "Webhook");
      await outcome.getByText(/^Body, /).first().click();
      assert.match(await outcome.locator("details pre").first().innerText(), /"type":"order\.paid"/);
      const id = /webhook-id\s+([0-9a-f-]{36})/.exec(await outcome.innerText())[1];
      await listed(page, `polar:${id}`).waitFor();
      assert.match(await listed(page, `polar:${id}`).innerText(), /order\.paid\s+€49\.00[^]*Edge route/);
      assert.equal(await demo.lab.storedEvents(`polar:${id}`), 1);
    }));

  test("works from the keyboard", () =>
    withPage(async (page) => {
      await page.getByRole("radio", { name: "Nothing", exact: true }).focus();
      for (let times = 0; times < 3; times += 1) await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Tab");
      assert.equal(await page.evaluate(() => document.activeElement.textContent), "Send");
      assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), "none", "the focus is visible");
      await page.keyboard.press("Enter");
      await page.locator(".verdict").waitFor();
      assert.match(await page.locator(".outcome").innerText(), /code=key_unknown/);
      assert.equal(await page.evaluate(() => document.activeElement.textContent), "Send", "the focus stays where it was");
    }));

  test("says so when the demo's process is not there", async () => {
    const server = await demo.startNextWith({ DEMO_CONTROL_URL: undefined });
    const { page, context } = await browser.open(server.url);
    await send(page, "Nothing");
    assert.match(await page.getByRole("status").innerText(), /works while `npm run demo` runs/);
    await context.close();
    await server.close();
  });
});

describe("the page", () => {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [320, 390, 1280]) {
      test(`fits ${width} pixels and can be read, ${colorScheme}`, () =>
        withPage(
          async (page) => {
            for (const [choice, kind] of [
              ...["The amount is changed", "Signed with another secret", "Then with another amount", "A worker, through the gateway"].map((call) => [call]),
              ...["Stripe: another amount", "GitHub: written anew"].map((webhook) => [webhook, "Webhook"]),
              ...["A receipt, please", "Another receipt number"].map((request) => [request, "Request"]),
            ]) {
              await send(page, choice, kind);
              const [inside, outside] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
              assert.ok(inside <= outside, `${choice}: the page is ${inside} pixels wide`);
              await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)));
              const { found, looked } = await page.evaluate(lowContrast);
              assert.ok(looked > 60, `only ${looked} texts were looked at`);
              assert.deepEqual(found, []);
            }
            const unnamed = await page.locator("input, select, button").evaluateAll((controls) =>
              controls.filter((control) => control.labels?.length === 0 && control.textContent.trim() === "" && !control.hasAttribute("aria-labelledby")).map((control) => control.outerHTML),
            );
            assert.deepEqual(unnamed, []);
            if (width < 600) assert.ok(await page.locator(".verdict").evaluate((element) => element.getBoundingClientRect().top < window.innerHeight), "the outcome was brought into view");
          },
          { viewport: { width, height: 800 }, colorScheme },
        ));
    }
  }

  test("holds no secret, in the document, its scripts or what it is sent", async () => {
    const { page, context, complaints } = await browser.open("about:blank", {}, { wait: false });
    const texts = [];
    const bodies = [];
    page.on("response", (response) => bodies.push(response.text().then((text) => texts.push(text))));
    page.on("websocket", (socket) => {
      socket.on("framereceived", ({ payload }) => texts.push(String(payload)));
      socket.on("framesent", ({ payload }) => texts.push(String(payload)));
    });
    await page.goto(demo.url);
    await page.getByText("live", { exact: true }).waitFor();
    await send(page, "Nothing");
    await send(page, "Signed with another secret");
    await send(page, "A worker, through the gateway");
    await send(page, "Stripe: the secret itself", "Webhook");
    await send(page, "The secret as a bearer token", "Request");
    await Promise.all(bodies);
    texts.push(await page.content());
    await context.close();
    assert.deepEqual(complaints, []);

    const built = join(www, ".next", "static");
    const scripts = readdirSync(built, { recursive: true }).filter((name) => name.endsWith(".js"));
    const bundles = scripts.map((name) => readFileSync(join(built, name), "utf8"));
    // What must be found shows that these are the right texts.
    for (const known of ["Stored events", demo.lab.keyId, '"type":"Transition"', '"stored":1']) assert.ok(texts.some((text) => text.includes(known)), `${known} was seen`);
    assert.ok(bundles.some((text) => text.includes("Stored events")), "the bundles were read");

    // The random part of each: two of ours, and those of Stripe, Polar (its newer kind and its older) and GitHub.
    const random = demo.secrets().map((secret) => secret.replace(/^(csk_|whsec_|polar_whs_)/, "").replace(/_.{6}$/, ""));
    assert.deepEqual(random.map(({ length }) => length), [43, 43, 32, 44, 40, 40]);
    for (const text of [...texts, ...bundles]) {
      assert.ok(!random.some((each) => text.includes(each)), "the secrets are nowhere");
      assert.ok(!/csk_[\w-]{43}/.test(text), "nor is any other");
    }
    for (const text of bundles) assert.ok(!text.includes("COUNTERSIGN_SECRET"), "no server code in the browser's bundles");
  });
});
