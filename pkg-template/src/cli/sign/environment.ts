import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "../command.js";
import { expand, parse } from "../vendor/dotenv.js";

/** A variable's value, and where it stands. */
export interface Variable {
  value: string;
  source: string;
}

const FILES = [".env.development.local", ".env.local", ".env.development", ".env"];

/** The variables that Next.js would have here. */
export function nextEnvironment(context: Context): ReadonlyMap<string, Variable> {
  const found = new Map<string, Variable>();
  for (const [name, value] of Object.entries(context.environment)) if (value !== undefined) found.set(name, { value, source: "environment" });
  const all: Record<string, string> = Object.fromEntries([...found].map(([name, { value }]) => [name, value]));
  for (const file of FILES) {
    let text: string;
    try {
      text = readFileSync(join(context.folder, file), "utf8");
    } catch {
      continue;
    }
    const parsed = expand({ parsed: parse(text), ignoreProcessEnv: true }).parsed ?? {};
    for (const [name, value] of Object.entries(parsed)) {
      if (found.has(name)) continue;
      found.set(name, { value, source: file });
      all[name] = value;
    }
  }
  return found;
}

/** What a command finds around it: the variables, and the folders in which the project's packages may be. */
export interface Surroundings {
  environment: ReadonlyMap<string, Variable>;
  folders: readonly string[];
}

export function surroundings(context: Context): Surroundings {
  return { environment: nextEnvironment(context), folders: [context.folder] };
}
