// The names of the tests in a file, read from its source. A name that is put together at run time has "…" in the place of each part that is.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "@babel/parser";
import { root } from "./snippets.mjs";

/** What declares a test: test(name, ...); in the Next.js tests report(name, ...), in the interpreter's step(name, ...). */
const declaring = ["test", "report", "step"];

/** @param {string} file @returns {string[]} */
export function testNames(file) {
  const source = readFileSync(join(root, file), "utf8");
  if (file.endsWith(".rs")) return [...source.matchAll(/#\[test\]\s+(?:#\[[^\]]*\]\s+)*fn (\w+)\(/g)].map(([, name = ""]) => name);
  /** @type {string[]} */
  const names = [];
  visit(parse(source, { sourceType: "module", plugins: file.endsWith(".ts") ? ["typescript"] : [] }).program, names);
  return names;
}

/** @param {any} node of the syntax tree @param {string[]} names */
function visit(node, names) {
  if (typeof node !== "object" || node === null) return;
  // Not test.skip and the like, which declare a test that does not run.
  if (node.type === "CallExpression" && node.callee.type === "Identifier" && declaring.includes(node.callee.name)) {
    const [name] = node.arguments;
    if (name?.type === "StringLiteral") names.push(name.value);
    if (name?.type === "TemplateLiteral") names.push(name.quasis.map((/** @type {any} */ { value }) => value.cooked).join("…"));
  }
  for (const child of Object.values(node)) {
    if (Array.isArray(child)) for (const one of child) visit(one, names);
    else visit(child, names);
  }
}
