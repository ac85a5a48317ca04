// Run in a process of its own: measures the pairs of one part that are asked for, and prints their times.
//   process.mjs <part> <the plan and the names, as JSON>

import { measurePairs } from "./measure.mjs";
import { loadPairs } from "./parts.mjs";

const [part = "", given = ""] = process.argv.slice(2);
/** @type {import("./measure.mjs").Plan & { names: string[] }} */
const { names, ...plan } = JSON.parse(given);
const pairs = await loadPairs(part);
console.log(JSON.stringify(await measurePairs(pairs.filter(({ name }) => names.includes(name)), plan)));
