import { createRequire } from "node:module";
import { join } from "node:path";
import type * as convexValues from "convex/values";
import { CountersignError, encodeValue } from "../../index.js";
import type { Context } from "../command.js";
import { CliError } from "../errors.js";
import type { Surroundings } from "./environment.js";
import { readData } from "./input.js";

/** The arguments of a call. */
export type Arguments = Record<string, convexValues.Value>;

/** What the project's own convex makes of values. */
export type ConvexValues = Pick<typeof convexValues, "convexToJson" | "jsonToConvex">;

/** The project's own convex. */
export function loadConvexValues({ folders, install }: Surroundings): ConvexValues {
  for (const folder of folders) {
    try {
      return createRequire(join(folder, "package.json"))("convex/values") as ConvexValues;
    } catch (error) {
      if (!["MODULE_NOT_FOUND", "ERR_PACKAGE_PATH_NOT_EXPORTED"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
  }
  throw new CliError("The package convex is not installed here, and reading arguments takes it.", `Run this in your project, after ${install("convex")}.`);
}

export interface ArgumentOptions {
  args?: string;
  argsFile?: string;
}

/** The text of `--args` or `--args-file`; `{}` if there is neither. */
export async function argumentsText(context: Context, options: ArgumentOptions): Promise<string> {
  if (options.args !== undefined && options.argsFile !== undefined) throw new CliError("--args and --args-file both say what the arguments are.", "Give one of them.");
  if (options.argsFile === undefined) return options.args ?? "{}";
  const bytes = await readData(context, options.argsFile, "the arguments");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new CliError("The arguments are not UTF-8.", "Save the file as UTF-8; Windows PowerShell 5 writes another encoding with `>`.");
  }
}

/** Reads arguments in Convex's JSON form, where `{"$integer": ...}` and `{"$bytes": ...}` stand for what JSON does not have. */
export function parseArguments(text: string, values: ConvexValues): Arguments {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // JSON.parse repeats what it could not read, which may be anything.
    throw new CliError("The arguments are not JSON.", `In a shell they stand in single quotes: --args '{"eventId": "evt_1"}'. On Windows give them in a file, with --args-file.`);
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw new CliError("The arguments of a Convex function are an object.", `For example --args '{"eventId": "evt_1"}'.`);
  const problem = problemIn(text);
  if (problem !== undefined) throw new CliError(problem);
  // Convex's conversion would take such a field for a prototype and lose it.
  if (hasProto(json)) throw new CliError("The arguments have a field named __proto__, which Convex does not transport.");
  try {
    const args = values.jsonToConvex(json as convexValues.JSONValue) as Arguments;
    encodeValue(args);
    return args;
  } catch (error) {
    // Convex says which value it is by printing it; ours says where it stands.
    if (error instanceof CountersignError) throw new CliError(`The arguments cannot be signed: ${error.message}`);
    throw new CliError("The arguments are JSON, and hold something that is no Convex value.", `Convex's JSON form has {"$integer": "AQAAAAAAAAA="} for an int64 (8 bytes, the lowest first, in base64), {"$bytes": "..."} and {"$float": "..."}, and no other name with a $ in front.`);
  }
}

/** More than Convex takes, and less than any reader of it can do. */
const MAX_DEPTH = 200;

/** What JSON allows and we do not. @param json - A text that JSON.parse has read. */
function problemIn(json: string): string | undefined {
  const open: (Set<unknown> | undefined)[] = [];
  for (const [token, text, colon] of json.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[{}[\]]/g)) {
    if (open.length > MAX_DEPTH) return "The arguments are nested deeper than Convex takes.";
    if (token === "{" || token === "[") open.push(token === "{" ? new Set() : undefined);
    else if (token === "}" || token === "]") open.pop();
    else if (colon !== undefined) {
      // Two ways to write a name are one name.
      const name: unknown = JSON.parse(text as string);
      if (open.at(-1)?.has(name) === true) return "The arguments have a name twice within one object, and which of the two counts depends on who reads them.";
      open.at(-1)?.add(name);
    }
  }
  return undefined;
}

function hasProto(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.hasOwn(value, "__proto__") || Object.values(value).some(hasProto);
}

const types = ["query", "mutation", "action"] as const;

/** What kind of function is called. */
export type FunctionType = (typeof types)[number];

export function functionType(given: string | undefined): FunctionType {
  const type = types.find((each) => each === given);
  if (type !== undefined) return type;
  throw new CliError("The kind of function is signed too: say which.", "Give --type query, --type mutation or --type action.");
}

/** The name by which Convex knows the function, if this is another way to write one. */
export function canonicalName(name: string): string | undefined {
  const path = name.replace(/^(?:api|internal)\./, "");
  const dotted = path === name ? name : path.replaceAll(".", "/").replace(/\/(\w+)$/, ":$1");
  const canonical = dotted.replace(/\\/g, "/").replace(/^\.?\/?(?:convex\/)?/, "").replace(/\.[cm]?[jt]sx?(?=:|$)/, "");
  const whole = canonical.includes(":") ? canonical : `${canonical}:default`;
  return whole !== name && isName(whole) ? whole : undefined;
}

function isName(name: string): boolean {
  return /^[\w./-]+:\w+$/.test(name);
}

/** A function's name as its guard sees it. Another form of it would be signed, and never accepted. */
export function functionName(given: string): string {
  const canonical = canonicalName(given);
  if (canonical !== undefined) throw new CliError("This is not how Convex names a function.", `Give ${canonical}`);
  if (!isName(given)) throw new CliError("A function is named path/to/module:function, as in the convex folder.", "For example webhooks:markEventProcessed for markEventProcessed in convex/webhooks.ts.");
  return given;
}
