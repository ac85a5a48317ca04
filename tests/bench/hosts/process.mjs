// Run in a process of its own by Node, Deno and Bun: times one bundle from its file to the first verified call.
//   process.mjs <the bundle's URL> <the sample's path>
import { readFileSync } from "node:fs";
// The first dynamic import sets up the loader, which is the process's own start.
await import("../peers/empty.mjs");

const [bundle = "", sampleFile = ""] = process.argv.slice(2);
const { secret, token, expected } = JSON.parse(readFileSync(sampleFile, "utf8"));
const start = performance.now();
const { verify } = await import(bundle);
const isVerified = await verify(secret, token, expected);
const ms = performance.now() - start;
console.log(JSON.stringify({ ms, isVerified }));
