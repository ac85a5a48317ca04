// countersign in Next.js: the conformance suite and signed calls in each place of an app (../next/app), with both bundlers,
// as built and as in development; the edge function with WebAssembly from bytes refused; what gets into the browser.
//   node tests/next/run.mjs [--only <part of a name>]... [--list] [--package <folder>]
import { parseArgs } from "node:util";
import { generateSecret } from "countersign";
import { BuildError, runMain, seconds } from "../../pkg-template/build/process.mjs";
import { copyApp, nextBuild, nextServe } from "./support/app.mjs";
import { startDeployment } from "./support/deployment.mjs";
import { checkClientBundles, checkRefusal, runEdgeBundle } from "./support/output.mjs";
import { closeBrowser, places, readReport } from "./support/places.mjs";
import { SITE, callSignedRoutes } from "./support/signed.mjs";

/**
 * @typedef {import("./support/app.mjs").Bundler} Bundler
 * @typedef {import("../conformance/suite.mjs").Outcome} Outcome
 * @typedef {{ name: string, run: () => Outcome | Promise<Outcome> }} Check
 *
 * @typedef {object} Stage checks that share a build or a server
 * @property {string} name
 * @property {string[]} checks their names
 * @property {(report: (check: string, run: Check["run"]) => Promise<void>) => Promise<void>} run
 */

const secret = generateSecret();
const placeNames = places.map(({ name }) => name);
const runtimes = /** @type {const} */ (["node", "edge"]);
/** @param {string} runtime */
const signedRoutes = (runtime) => `signed routes, ${runtime}`;

/** @param {Bundler} bundler @param {string} url the deployment's @param {string} [packageFolder] @returns {Stage[]} */
function stages(bundler, url, packageFolder) {
  const env = { COUNTERSIGN_SECRET: secret, NEXT_PUBLIC_CONVEX_URL: url, SITE_URL: SITE };
  /** @type {Promise<string> | undefined} */
  let copied;
  const folder = () => (copied ??= copyApp("app", bundler, packageFolder));

  /** @param {"start" | "dev"} command @param {string[]} names @param {(check: string, run: Check["run"]) => Promise<void>} report */
  async function visit(command, names, report) {
    const server = await nextServe(await folder(), command, bundler, env);
    try {
      for (const { name, runtime, visit } of places.filter((place) => names.includes(place.name))) {
        await report(name, async () => {
          const text = await visit(server.url).catch((error) => {
            throw new Error(`${error.message}\n${server.log().slice(-3000)}`);
          });
          if (text.includes(secret)) throw new Error("The answer holds the secret.");
          return readReport(text, runtime);
        });
      }
      for (const runtime of runtimes) await report(signedRoutes(runtime), () => callSignedRoutes(server.url, secret, runtime, server.log));
    } finally {
      await server.close();
    }
  }

  return [
    {
      name: `${bundler} start`,
      checks: ["build", "client bundles", "edge function, no wasm from bytes", ...placeNames, ...runtimes.map(signedRoutes)],
      run: async (report) => {
        let built = false;
        await report("build", async () => {
          const { code, stdout, stderr } = await nextBuild(await folder(), bundler, env);
          if (code !== 0) throw new Error(`next build ended with ${code}\n${stdout}${stderr}`);
          built = true;
          return { passed: 1, failures: [] };
        });
        if (!built) return;
        await report("client bundles", async () => checkClientBundles(await folder(), secret));
        await report("edge function, no wasm from bytes", async () => runEdgeBundle(await folder(), env));
        await visit("start", placeNames, report);
      },
    },
    { name: `${bundler} dev`, checks: [...placeNames, ...runtimes.map(signedRoutes)], run: (report) => visit("dev", placeNames, report) },
    {
      name: `${bundler} build`,
      checks: ["a client component that signs is refused"],
      run: (report) => report("a client component that signs is refused", async () => checkRefusal(await nextBuild(await copyApp("refused", bundler, packageFolder), bundler, {}))),
    },
  ];
}

async function main() {
  const { values: options } = parseArgs({
    options: { only: { type: "string", multiple: true, default: [] }, list: { type: "boolean", default: false }, package: { type: "string" } },
  });
  const deployment = await startDeployment(secret);
  const isChosen = (/** @type {string} */ name) => options.only.length === 0 || options.only.some((part) => name.includes(part));
  try {
    const all = (/** @type {const} */ (["turbopack", "webpack"])).flatMap((bundler) => stages(bundler, deployment.url, options.package));
    const names = all.flatMap((stage) => stage.checks.map((check) => `${stage.name}: ${check}`));
    const chosen = names.filter(isChosen);
    if (chosen.length === 0) throw new BuildError(`Nothing is called that. There are:\n${names.join("\n")}`);
    if (options.list) return console.log(chosen.join("\n"));
    const started = performance.now();
    const width = Math.max(...chosen.map((name) => name.length));
    /** @type {Set<string>} */
    const left = new Set(chosen);
    for (const stage of all) {
      if (!stage.checks.some((check) => left.has(`${stage.name}: ${check}`))) continue;
      await stage.run(async (check, run) => {
        const name = `${stage.name}: ${check}`;
        // A build that is only a step on the way to what was asked for.
        if (check !== "build" && !left.has(name)) return;
        if (await reportOutcome(name.padEnd(width), run)) left.delete(name);
      }).catch((error) => console.log(`FAIL  ${stage.name}: ${error.message}`));
    }
    for (const name of left) console.log(`not passed: ${name}`);
    console.log(`${chosen.length - left.size} of ${chosen.length} passed, ${seconds(started)}`);
    process.exitCode = left.size === 0 ? 0 : 1;
  } finally {
    await closeBrowser();
    await deployment.close();
  }
}

/** Runs one check and prints its line. @param {string} label @param {Check["run"]} run @returns {Promise<boolean>} whether it passed */
async function reportOutcome(label, run) {
  const started = performance.now();
  try {
    const { passed, failures } = await run();
    const isGood = passed > 0 && failures.length === 0;
    console.log(`${isGood ? "ok  " : "FAIL"}  ${label}  ${String(passed).padStart(4)} passed  ${failures.length} failed  ${seconds(started)}`);
    for (const { name, message } of failures.slice(0, 10)) console.log(`        ${name}: ${message}`);
    if (passed === 0 && failures.length === 0) console.log("        no case ran");
    return isGood;
  } catch (error) {
    console.log(`FAIL  ${label}  did not run  ${seconds(started)}\n        ${(error instanceof Error ? error.message : String(error)).replaceAll("\n", "\n        ")}`);
    return false;
  }
}

await runMain(import.meta.url, main);
