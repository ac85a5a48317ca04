import type { Insertion } from "./insertion.js";
import { Unclear, freeName, importLine } from "./insertion.js";
import type { Style } from "./style.js";
import { styleOf } from "./style.js";
import type { Call, Expression, Module, ObjectLiteral } from "./syntax.js";
import { propertyName, propertyValue } from "./syntax.js";

/** What a deployment may be given for countersign. Convex refuses to deploy without one that is not optional. */
export const variables = [
  { name: "COUNTERSIGN_SECRET", optional: false },
  { name: "COUNTERSIGN_SECRET_PREVIOUS", optional: true },
  { name: "COUNTERSIGN_SECRET_NEXT", optional: true },
] as const;

const VALUES = /^convex\/values$/;

/** The first version of Convex whose `defineApp` takes `env`. */
export function knowsEnv(version: string | undefined): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)\./.exec(version ?? "") ?? [];
  return Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 39);
}

/** The object of all the variables, at a place that is indented so far. */
export function envLiteral(v: string, { indent, newline }: Style, at: string): string {
  return ["{", ...variables.map((variable) => `${at}${indent}${declaration(v, variable)},`), `${at}}`].join(newline);
}

function declaration(v: string, { name, optional }: { name: string; optional: boolean }): string {
  return `${name}: ${optional ? `${v}.optional(${v}.string())` : `${v}.string()`}`;
}

/** What declares the variables that `defineApp(...)` does not declare yet. */
export function envEdits(module: Module, call: Call): Insertion[] {
  const style = styleOf(module);
  const [options, ...more] = call.arguments;
  if (more.length > 0) throw new Unclear("defineApp() has more than one argument");
  if (options === undefined) {
    const v = validators(module, style);
    const { newline: n, indent } = style;
    const at = module.text.lastIndexOf(")", call.end! - 1);
    return [...v.edits, { at, text: `{${n}${indent}env: ${envLiteral(v.name, style, indent)},${n}}` }];
  }
  const object = literal(module, options as Expression);
  if (object === undefined) throw new Unclear("the options of defineApp() are not written out as an object");
  const env = propertyValue(object, "env");
  if (env === undefined) {
    // What is spread in may hold an `env`, and ours would take its place.
    if (object.properties.some((property) => propertyName(property) === undefined || propertyName(property) === "env")) throw new Unclear("the options of defineApp() are put together from others");
    const v = validators(module, style);
    const at = indentOf(module, object, style);
    return [...v.edits, ...append(module, object, [`env: ${envLiteral(v.name, style, at)}`], style)];
  }
  const declared = literal(module, env);
  if (declared === undefined) throw new Unclear("the `env` of defineApp() is not written out as an object");
  const names = declared.properties.map(propertyName);
  const missing = variables.filter(({ name }) => !names.includes(name));
  if (missing.length === 0) return [];
  // A spread may declare them in its own way.
  if (names.includes(undefined)) throw new Unclear("the `env` of defineApp() is put together from others");
  const v = validators(module, style);
  return [...v.edits, ...append(module, declared, missing.map((variable) => declaration(v.name, variable)), style)];
}

/** An object that stands there, or under a name at the top level. */
function literal(module: Module, expression: Expression): ObjectLiteral | undefined {
  if (expression.type === "ObjectExpression") return expression;
  const declared = expression.type === "Identifier" ? module.declared(expression.name)?.value : undefined;
  return declared?.type === "ObjectExpression" ? declared : undefined;
}

/** `v` of convex/values, under the name that it has here. */
function validators(module: Module, style: Style): { name: string; edits: Insertion[] } {
  const known = module.imported(VALUES, "v");
  if (known !== undefined) return { name: known, edits: [] };
  const name = freeName(module, ["v", "values", "validators"]);
  const specifier = name === "v" ? "v" : `v as ${name}`;
  const existing = module.imports.find(({ source, importKind, specifiers }) => VALUES.test(source.value) && importKind !== "type" && specifiers[0]?.type === "ImportSpecifier");
  if (existing !== undefined) return { name, edits: [{ at: existing.specifiers[0]!.start!, text: `${specifier}, ` }] };
  return { name, edits: [importLine(module, `import { ${specifier} } from ${style.quote}convex/values${style.quote}`, style)] };
}

/** How far the properties of an object are indented: as they are, or one step further than the line that it starts on. */
function indentOf(module: Module, object: ObjectLiteral, style: Style): string {
  const lineOf = (place: number) => /^[ \t]*/.exec(module.text.slice(module.text.lastIndexOf("\n", place - 1) + 1))?.[0] ?? "";
  const first = object.properties[0];
  const own = lineOf(object.start!);
  return first !== undefined && module.text.slice(object.start!, first.start!).includes("\n") ? lineOf(first.start!) : `${own}${style.indent}`;
}

/** Properties behind the last one of an object, each on its own line. */
function append(module: Module, object: ObjectLiteral, added: readonly string[], style: Style): Insertion[] {
  const { text } = module;
  const { newline: n } = style;
  const at = indentOf(module, object, style);
  const last = object.properties.at(-1);
  const closing = object.end! - 1;
  const lines = added.map((each) => `${n}${at}${each},`).join("");
  if (last === undefined) return [{ at: object.start! + 1, end: closing, text: `${lines}${n}${at.slice(0, at.length - style.indent.length)}` }];
  const between = text.slice(last.end!, closing);
  const comma = /^\s*,/.exec(between)?.[0];
  const behind = last.end! + (comma?.length ?? 0);
  // A comment behind the last property stays behind it; and the brace comes to stand on a line of its own.
  const comment = /^[ \t]*\/\/[^\r\n]*/.exec(text.slice(behind, closing))?.[0] ?? "";
  const place = behind + comment.length;
  const tail = text.slice(place, closing).includes("\n") ? "" : `${n}${at.slice(0, at.length - style.indent.length)}`;
  const edits: Insertion[] = comma === undefined ? [{ at: last.end!, text: "," }] : [];
  return [...edits, tail === "" ? { at: place, text: lines } : { at: place, end: closing, text: `${lines}${tail}` }];
}
