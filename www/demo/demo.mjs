// `npm run demo`: sets everything up, starts it, sends real deliveries, prints what became of each, and serves the page.

import { parseArgs } from "node:util";
import { requireFreePort } from "./ports.mjs";
import { setUp } from "./setup.mjs";
import { bold, dim, DemoError, green, red, stopPrograms } from "./steps.mjs";

const usage = `npm run demo -- [options]

  --exit             end after the table: with status 0 only if every row came out as it should
  --port N           the page and the webhook routes (3000)
  --convex-port N    the embedded Convex (3210)
  --site-port N      its http actions (3211)
  --help             this

With CONVEX_URL set, that deployment is used instead of the embedded one.`;

/** What must be there before a real deployment can be used. */
const deploymentNeeds = (url) =>
  [
    `CONVEX_URL is set, so the demo uses ${url}. That takes, once:`,
    "  cd www && npx convex deploy               the demo's functions, on that deployment",
    "  npx convex env set COUNTERSIGN_SECRET     there; it asks for the value",
    "  export COUNTERSIGN_SECRET=...             here, the same value",
    "For the rows with a worker, the same with another secret, COUNTERSIGN_WORKER_SECRET.",
  ].join("\n");

/** @type {Awaited<ReturnType<typeof import("./serve.mjs").startDemo>> | undefined} */
let demo;
let ending = false;

async function end(status) {
  if (ending) return;
  ending = true;
  stopPrograms();
  await demo?.close();
  process.exit(status);
}

for (const [signal, number] of [["SIGINT", 2], ["SIGTERM", 15], ["SIGHUP", 1]]) {
  process.on(signal, () => {
    if (ending) return;
    console.log("\nStopping.");
    end(128 + number);
  });
}

try {
  await main();
} catch (error) {
  // While the demo is being ended, what it was waiting for fails: that is no news.
  if (!ending) {
    console.error(error instanceof DemoError ? `\n${red("The demo cannot go on.")} ${error.message}` : error);
    await end(1);
  }
}

async function main() {
  const options = readOptions();
  if (options === undefined) return console.log(usage);
  requireNode();
  console.log(bold("countersign demo: one secret between Next.js and Convex, and what happens to calls that were tampered with"));
  const { deployment } = options;
  // Said before minutes of set-up, and tried again when each port is really taken.
  if (options.port !== 0) await requireFreePort(options.port, "the Next.js server", "Stop that program, or choose another with --port.");
  if (deployment === undefined) await requireFreePorts(options);
  else {
    console.log(`\n${deploymentNeeds(deployment)}`);
    if (!process.env.COUNTERSIGN_SECRET) throw new DemoError("COUNTERSIGN_SECRET is not set in this shell.");
  }
  console.log(dim("\nSet-up"));
  await setUp();

  console.log(dim("\nStarting Convex and Next.js"));
  const { startDemo } = await import("./serve.mjs");
  const { COUNTERSIGN_SECRET: deploymentSecret, COUNTERSIGN_WORKER_SECRET: deploymentWorkerSecret } = process.env;
  demo = await startDemo({ ...options, deploymentSecret, deploymentWorkerSecret: deploymentWorkerSecret || undefined });
  if (ending) return demo.close();
  const { runTable } = await import("./table.mjs");
  const results = await runTable(demo);
  const fine = report(results, demo);
  if (options.exit) return end(fine ? 0 : 1);
  await serve(demo);
}

async function requireFreePorts({ convexPort, sitePort }) {
  const advice = "Stop that program, or choose others with --convex-port and --site-port.";
  if (convexPort !== 0) await requireFreePort(convexPort, "the embedded Convex", advice);
  if (sitePort !== 0) await requireFreePort(sitePort, "the embedded Convex's http actions", advice);
}

function readOptions() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        exit: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
        port: { type: "string", default: "3000" },
        "convex-port": { type: "string", default: "3210" },
        "site-port": { type: "string", default: "3211" },
      },
    }));
  } catch (error) {
    throw new DemoError(`${error.message}\n\n${usage}`);
  }
  if (values.help) return undefined;
  const port = (name) => {
    const value = Number(values[name]);
    if (!/^\d{1,5}$/.test(values[name]) || value > 65535) throw new DemoError(`--${name} takes a port number, not "${values[name]}".`);
    return value;
  };
  const deployment = process.env.CONVEX_URL || undefined;
  if (deployment !== undefined && !URL.canParse(deployment)) throw new DemoError("CONVEX_URL is not a URL. Unset it to use the embedded Convex.");
  return { exit: values.exit, port: port("port"), convexPort: port("convex-port"), sitePort: port("site-port"), deployment };
}

function requireNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new DemoError(`This is Node ${process.versions.node}; the demo needs 20.19 or later. See https://nodejs.org.`);
  }
}

/** Says how the table came out, and looks for the secrets where they must not be. */
function report(results, { backend, relay, log, secrets }) {
  const count = (mark) => results.filter((row) => row.mark === mark).length;
  const all = secrets();
  const lines = log();
  const found = all.some((each) => backend.proxy?.search(each) === true || relay.search(each));
  const logged = all.some((each) => lines.some((line) => line.includes(each)));
  if (found) console.log(red("A secret was in a call or a request that travelled."));
  if (logged) console.log(red("A secret was in a log."));
  const clean = !found && !logged;
  const passed = count("passed") === results.length && clean;
  console.log();
  if (passed) console.log(green(`All ${results.length} rows came out as they should.`));
  else console.log(red(`${count("passed")} rows of ${results.length} came out as they should; ${count("failed")} did not, ${count("skipped")} were skipped.`));
  if (backend.real) console.log("Skipped rows do not count as passed: their proof is in the environment or the log of that deployment, or they need the worker's secret.");
  else if (clean) console.log(dim(`None of the ${all.length} secrets was in the ${backend.proxy.callCount()} calls and the requests that travelled, or in a log.`));
  return passed;
}

async function serve({ url, backend, next }) {
  const body = '{"id":"evt_1","provider":"polar","type":"order.paid","amount":4900}';
  console.log(`
${bold(`The page:   ${url}`)}
Convex:     ${backend.url}${backend.real ? "" : " (the man in the middle listens there; Convex is behind it)"}
By hand:    curl ${url}/api/webhooks -H "content-type: application/json" -d '${body}'

Ctrl-C stops everything.`);
  const how = await next.ended;
  if (!ending) throw new DemoError(`The Next.js server ${how}.\n\n${next.log().slice(-15).join("\n")}`);
}
