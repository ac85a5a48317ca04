import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { isFile } from "./files.js";

/** The first path of tsconfig.json, or jsconfig.json, that stands for a whole folder: `"@/*": ["./src/*"]`. */
export function aliasOf(folder: string): { prefix: string; folder: string } | undefined {
  const file = ["tsconfig.json", "jsconfig.json"].map((name) => join(folder, name)).find(isFile);
  if (file === undefined) return undefined;
  const options = member(parseWithComments(readFileSync(file, "utf8")), "compilerOptions");
  const base = member(options, "baseUrl");
  for (const [pattern, targets] of Object.entries(member(options, "paths") ?? {})) {
    const target: unknown = Array.isArray(targets) ? targets[0] : undefined;
    if (!pattern.endsWith("/*") || typeof target !== "string" || !target.endsWith("/*")) continue;
    return { prefix: pattern.slice(0, -1), folder: resolve(folder, typeof base === "string" ? base : ".", target.slice(0, -2)) };
  }
  return undefined;
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

/** A tsconfig.json may have comments and commas at the end. One that cannot be read gives no alias: TypeScript itself says what is wrong with it. */
function parseWithComments(text: string): unknown {
  const plain = text
    .replace(/^\uFEFF/, "")
    .replace(/("(?:[^"\\]|\\.)*")|\/\/[^\r\n]*|\/\*[\s\S]*?\*\//g, "$1")
    .replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, "$1");
  try {
    return JSON.parse(plain);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
