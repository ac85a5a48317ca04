import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { ConvexPart, NextPart } from "../project/index.js";

/** What new modules in convex/ are written in: what is there already, or else what the package is set up for. */
export function convexLanguage(convex: ConvexPart): "ts" | "js" {
  const names = existsSync(convex.functions) ? readdirSync(convex.functions) : [];
  if (names.some((name) => /(?<!\.d)\.tsx?$/.test(name))) return "ts";
  // `npx convex dev` puts a tsconfig.json into every convex/, so that says nothing.
  if (names.some((name) => /\.jsx?$/.test(name))) return "js";
  return existsSync(join(convex.folder, "jsconfig.json")) || !existsSync(join(convex.folder, "tsconfig.json")) && !existsSync(join(convex.functions, "tsconfig.json")) ? "js" : "ts";
}

export function nextLanguage(next: NextPart): "ts" | "js" {
  return existsSync(join(next.folder, "tsconfig.json")) ? "ts" : "js";
}
