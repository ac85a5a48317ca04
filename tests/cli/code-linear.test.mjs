// What is followed in code branches, runs in circles and goes far: it ends soon all the same, and nothing is missed at the end of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { findAside } from "./support/code-aside.mjs";
import { places } from "./support/code.mjs";

/** @param {number} count @param {(index: number) => string} line */
const lines = (count, line) => Array.from({ length: count }, (_, index) => line(index)).join("\n");
/** Each refers to the two before it: followed without a memory, that is 2 to the power of `count`. @param {number} count @param {(one: string, two: string) => string} value @param {string} start */
const pairs = (count, value, start, name = "v") => `const ${name}0 = ${start};\nconst ${name}1 = ${start};\n${lines(count, (index) => `const ${name}${index + 2} = ${value(`${name}${index + 1}`, `${name}${index}`)};`)}\n`;
const no = `throw new Error("no")`;
const compare = (/** @type {string} */ name) => `export const same = (text) => text === ${name};`;
const route = (/** @type {string} */ before, /** @type {string} */ condition) => `${before}\nexport async function POST(request) {\n  if (${condition}) ${no};\n}`;
const mac = `createHmac("sha256", key).update(body).digest("hex")`;
const helper = (/** @type {number} */ index, /** @type {string} */ body) => `async function h${index}(ctx) { ${body} }`;
const hook = (/** @type {string} */ helpers) => `import { mutation } from "./_generated/server";\nexport const webhook = mutation({ args: {}, handler: async (ctx) => { await h0(ctx); } });\n${helpers}`;

/** A file, and what is found in it. @type {Record<string, { file?: string, text: string, found: string[] }>} */
const files = {
  "aliases that lead to two others each": { text: pairs(300, (one, two) => `${one} ?? ${two}`, "process.env.API_SECRET") + compare("v301"), found: ["code_secret_compared"] },
  "the same, to nothing": { text: pairs(300, (one, two) => `${one} ?? ${two}`, "other()") + compare("v301"), found: [] },
  "conditions in conditions": { text: pairs(300, (one, two) => `${one} ? ${two} : ${one}`, "process.env.API_SECRET") + compare("v301"), found: ["code_secret_compared"] },
  "texts of texts": { text: `${pairs(300, (one, two) => `\`\${${one}}-\${${two}}\``, "process.env.API_SECRET")}export const same = (text) => console.log(v301);`, found: ["code_secret_logged"] },
  "texts of texts, of nothing": { text: `${pairs(300, (one, two) => `\`\${${one}}-\${${two}}\``, "other()")}export const same = (text) => console.log(v301);`, found: [] },
  "objects of objects": { text: `${pairs(300, (one, two) => `{ ...${one}, b: ${two} }`, "{ key: process.env.API_SECRET }")}console.log(v301);`, found: ["code_secret_logged"] },
  "objects of objects, of nothing": { text: `${pairs(300, (one, two) => `{ ...${one}, b: ${two} }`, "{ key: 1 }")}console.log(v301);`, found: [] },
  "functions that call two others": { text: `function f0() { return process.env.API_SECRET; }\nfunction f1() { return other(); }\n${lines(300, (index) => `function f${index + 2}() { if (f${index}) return f${index + 1}(); return f${index}(); }`)}\n${compare("f301()")}`, found: ["code_secret_compared"] },
  "functions that call each other": { text: `${lines(60, (index) => `function f${index}() { if (x) return f${(index + 1) % 60}(); return f${(index + 31) % 60}(); }`)}\n${compare("f0()")}`, found: [] },
  "a circle with the secret at its far side": { text: `${lines(60, (index) => `function f${index}() { if (x) return f${(index + 1) % 60}(); return ${index === 59 ? "process.env.API_SECRET" : `f${(index + 31) % 60}()`}; }`)}\n${compare("f0()")}`, found: ["code_secret_compared"] },
  "names that mean each other": { text: `let a = b, b = c, c = a, d = process.env.API_SECRET;\na = d;\n${compare("b")}`, found: ["code_secret_compared"] },
  "a circle entered where nothing is found yet": { text: `const f = () => [g(), process.env.API_SECRET];\nconst g = () => f();\nconst h = () => g();\n${compare("f()[0]")}\n${compare("h()[0]").replace("same", "two")}`, found: ["code_secret_compared", "code_secret_compared"] },
  "a way of a thousand names": { text: `const v0 = process.env.API_SECRET;\n${lines(1000, (index) => `const v${index + 1} = v${index};`)}\n${compare("v1000")}`, found: ["code_secret_compared"] },
  "the same name first reached from far away": { text: `const v0 = process.env.API_SECRET;\n${lines(30, (index) => `const v${index + 1} = v${index};`)}\nconst far = v30;\nif (far) use();\n${compare("v3")}`, found: ["code_secret_compared"] },
  "a way of ten thousand names": { text: `const v0 = process.env.API_SECRET;\n${lines(10_000, (index) => `const v${index + 1} = v${index};`)}\n${compare("v10000")}`, found: ["code_secret_compared"] },
  "one name in many places, set many times": { text: `let v;\n${lines(2000, (index) => `v = a${index} ?? v; use(v);`)}\nv = process.env.API_SECRET;\n${compare("v")}`, found: ["code_secret_compared"] },
  "process.env behind many names": { text: `const e0 = process.env;\n${lines(300, (index) => `const e${index + 1} = e${index} || e${Math.max(0, index - 1)};`)}\n${compare("e300.API_SECRET")}`, found: ["code_secret_compared"] },
  "a text behind many names": { file: "convex/a.ts", text: `import { mutation } from "./_generated/server";\nconst SECRET0 = "open-sesame-1";\n${lines(300, (index) => `const SECRET${index + 1} = SECRET${index};`)}\nexport const pay = mutation({ handler: async (ctx, args) => { if (args.secret !== SECRET300) ${no}; } });`, found: ["code_secret_in_source"] },
  "what the caller sent, by way of two others each": { text: route("", `v301 !== process.env.API_SECRET`).replace("  if", `${pairs(300, (one, two) => `\`\${${one}}\${${two}}\``, "request.headers.get('x')")}  if`), found: ["code_secret_compared"] },
  "what the caller sent, from far": { text: route("", `v100 != process.env.API_SECRET`).replace("  if", `const v0 = request.headers.get('x');\n${lines(100, (index) => `const v${index + 1} = v${index};`)}\n  if`), found: ["code_fails_open_unset"] },
  "a part of the request, far down": { text: `export default function handler(req) {\n  if (req.body${".a".repeat(2000)} !== process.env.API_SECRET) ${no};\n}`, found: ["code_fails_open_unset"] },
  "MACs of MACs": { text: `${pairs(300, (one, two) => `${one} + ${two}`, mac)}if (v301 !== sent) ${no};`, found: ["code_signature_compared"] },
  "MACs by way of functions": { text: `function f0() { return ${mac}; }\nfunction f1() { return other(); }\n${lines(300, (index) => `function f${index + 2}() { if (x) return f${index + 1}(); return f${index}(); }`)}\nif (f301() !== sent) ${no};`, found: ["code_signature_compared"] },
  "a MAC of an arrow function": { text: `const sign = (body) => ${mac};\nif (sign(b) !== sent) ${no};`, found: ["code_signature_compared"] },
  "lengths by way of functions": { text: `function f0() { return sha256(x); }\nfunction f1() { return sha256(y); }\n${lines(300, (index) => `function f${index + 2}() { if (x) return f${index + 1}(); return f${index}(); }`)}\nexport const same = () => timingSafeEqual(f301(), f300());`, found: [] },
  "lengths that nobody knows": { text: `function f0() { return x; }\nfunction f1() { return sha256(y); }\n${lines(300, (index) => `function f${index + 2}() { if (x) return f${index + 1}(); return f${index}(); }`)}\nexport const same = () => timingSafeEqual(f301(), f300());`, found: ["code_unequal_lengths"] },
  "many comparisons in one function": { text: `export function same(a, b) {\n${lines(1500, (index) => `if (timingSafeEqual(a[${index}], b[${index}])) use(${index});`)}\n}`, found: Array.from({ length: 1500 }, () => "code_unequal_lengths") },
  "helpers that call two others": { file: "convex/a.ts", text: hook(lines(300, (index) => helper(index, `await h${index + 1}(ctx); await h${index + 2}(ctx);`)) + helper(300, "") + helper(301, "")), found: ["code_unguarded_function"] },
  "helpers that call each other": { file: "convex/a.ts", text: hook(lines(60, (index) => helper(index, `await h${(index + 1) % 60}(ctx); await h${(index + 31) % 60}(ctx);`))), found: ["code_unguarded_function"] },
  "a guard behind many helpers": { file: "convex/a.ts", text: hook(lines(60, (index) => helper(index, `await h${(index + 1) % 60}(ctx); await h${(index + 31) % 60}(ctx);${index === 59 ? " await ctx.auth.getUserIdentity();" : ""}`))), found: [] },
  "a call of thousands of steps": { text: `export const x = z${".number().min(1)".repeat(4000)};\n${compare("process.env.API_SECRET")}`, found: ["code_secret_compared"] },
  "a sum of a thousand parts": { text: `export const url = "https://x.convex.site/?a=" + ${lines(1000, (index) => `a${index} + `)}"&key=" + process.env.API_SECRET;`, found: ["code_secret_in_url"] },
  "a condition of a thousand comparisons": { text: route("", lines(1000, (index) => `request.headers.get("x${index}") !== process.env.API_SECRET ||`) + " false"), found: Array.from({ length: 1000 }, () => "code_secret_compared") },
  "many checks before many comparisons": { text: route("", "true").replace("  if", `${lines(1000, (index) => `if (!process.env.S${index}_SECRET) ${no};\nif (request.headers.get("x") !== process.env.S${index}_SECRET) use();`)}\nif`), found: Array.from({ length: 1000 }, () => "code_secret_compared") },
  "ten thousand silent comments": { text: `${lines(10_000, (index) => `// countersign-ignore: number ${index}`)}\n${compare("process.env.API_SECRET")}`, found: [] },
};

for (const [what, { file = "lib/a.ts", text, found }] of Object.entries(files)) {
  test(`ends soon: ${what}`, async () => {
    // The time on the wall is for what never ends; the processor's is what counts.
    const { report, seconds } = await findAside({ [file]: text }, 60_000);
    assert.deepEqual(report.skipped, []);
    assert.deepEqual(places(report).map((each) => each.split(" ")[0]), found);
    assert.ok(seconds < 2, `${seconds} s`);
  });
}
