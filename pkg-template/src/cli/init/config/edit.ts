import { envEdits, envLiteral, variables } from "./env.js";
import type { Insertion } from "./insertion.js";
import { Unclear, apply, freeName, importLine, lineAfter } from "./insertion.js";
import { ourStyle, styleOf } from "./style.js";
import type { Call, Expression } from "./syntax.js";
import { Module, bare, propertyValue } from "./syntax.js";

/** What becomes of `convex.config.ts`. */
export type ConfigEdit =
  | { state: "done"; component: string }
  | { state: "edit"; text: string; component: string }
  /** `add` is what a person has to put in, for a paste. */
  | { state: "unclear"; why: string; add: string; component: string };

const OURS = /^countersign\/convex\.config(\.js)?$/;
const SERVER = /^convex\/server$/;

/**
 * Puts the component, and the variables it needs, into an app's definition. Nothing else in the text changes.
 *
 * @param text - The file's content; `undefined` if there is none.
 * @param options - `typescript`: what the file holds. `env`: whether the project's version of Convex knows declared variables.
 */
export function editConfig(text: string | undefined, options: { typescript: boolean; env: boolean }): ConfigEdit {
  if (text === undefined || text.trim() === "") return { state: "edit", text: newConfig(options.env), component: "countersign" };
  let component = "countersign";
  try {
    const module = new Module(text, options.typescript);
    const app = findApp(module);
    const installed = findUse(module, app.name);
    if (installed !== undefined) component = installed.component;
    const edits = [...(installed === undefined ? installation(module, app) : []), ...(options.env ? envEdits(module, app.call) : [])];
    if (edits.length === 0) return { state: "done", component };
    const edited = apply(text, edits);
    // What was written is read as the user's file was: it must now say what it should.
    const again = new Module(edited, options.typescript);
    const check = findApp(again);
    if (findUse(again, check.name) === undefined || (options.env && envEdits(again, check.call).length > 0)) throw new Unclear("the edit did not come out right");
    return { state: "edit", text: edited, component };
  } catch (error) {
    return { state: "unclear", why: reason(error), add: whatToAdd(options.env), component };
  }
}

function reason(error: unknown): string {
  if (error instanceof Unclear) return error.message;
  if (!(error instanceof SyntaxError)) throw error;
  const line = /\((\d+):\d+\)/.exec(error.message)?.[1];
  return line === undefined ? "it has a syntax error" : `it has a syntax error in line ${line}`;
}

/** The file as it is where there was none. */
function newConfig(env: boolean): string {
  const { indent } = ourStyle;
  return [
    'import { defineApp } from "convex/server";',
    ...(env ? ['import { v } from "convex/values";'] : []),
    'import countersign from "countersign/convex.config";',
    "",
    env ? `const app = defineApp({\n${indent}env: ${envLiteral("v", ourStyle, indent)},\n});` : "const app = defineApp();",
    "app.use(countersign);",
    "",
    "export default app;",
    "",
  ].join("\n");
}

function whatToAdd(env: boolean): string {
  const lines = ['import countersign from "countersign/convex.config";', "app.use(countersign); // `app` is what defineApp() returned"];
  if (!env) return lines.join("\n");
  const declared = variables.map(({ name, optional }) => `    ${name}: ${optional ? "v.optional(v.string())" : "v.string()"},`);
  return ['import { v } from "convex/values";', ...lines, "defineApp({", "  env: { // beside those that are there", ...declared, "  },", "});"].join("\n");
}

interface App {
  /** What the app is called; `undefined` if the definition is exported without a name. */
  name: string | undefined;
  /** `defineApp(...)` */
  call: Call;
  /** The statement that makes it. */
  statement: Module["statements"][number];
}

/** Finds the definition that the file exports. */
function findApp(module: Module): App {
  const exported = module.statements.flatMap((statement) => {
    if (statement.type === "ExportDefaultDeclaration") return [{ statement, value: statement.declaration as Expression }];
    if (statement.type !== "ExportNamedDeclaration" || statement.source != null) return [];
    const specifier = statement.specifiers.find((each) => each.type === "ExportSpecifier" && (each.exported.type === "Identifier" ? each.exported.name : each.exported.value) === "default");
    return specifier?.type === "ExportSpecifier" ? [{ statement, value: specifier.local as Expression }] : [];
  })[0];
  if (exported === undefined) throw new Unclear("it has no default export");
  const value = bare(exported.value);
  if (isDefinition(module, value)) return { name: undefined, call: value, statement: exported.statement };
  if (value.type !== "Identifier") throw new Unclear("what it exports is made in another way than by defineApp()");
  const declared = module.declared(value.name);
  if (declared === undefined || !isDefinition(module, declared.value)) throw new Unclear(`\`${value.name}\`, which it exports, is made in another way than by defineApp()`);
  return { name: value.name, call: declared.value, statement: declared.statement };
}

function isDefinition(module: Module, value: Expression): value is Call {
  if (value.type !== "CallExpression") return false;
  const { callee } = value;
  if (callee.type === "Identifier") return callee.name === module.imported(SERVER, "defineApp");
  return callee.type === "MemberExpression" && callee.object.type === "Identifier" && callee.object.name === module.namespace(SERVER) && callee.property.type === "Identifier" && callee.property.name === "defineApp";
}

/** Every `app.use(...)`. */
function uses(module: Module, app: string | undefined): Call[] {
  return module.calls().filter(({ callee }) => {
    return callee.type === "MemberExpression" && callee.object.type === "Identifier" && callee.object.name === app && callee.property.type === "Identifier" && callee.property.name === "use";
  });
}

/** The call that installs the component, and what the component is called there. */
function findUse(module: Module, app: string | undefined): { component: string } | undefined {
  const local = module.imported(OURS, "default");
  if (local === undefined || app === undefined) return undefined;
  const call = uses(module, app).find(({ arguments: [first] }) => first?.type === "Identifier" && first.name === local);
  if (call === undefined) return undefined;
  const options = call.arguments[1];
  const name = options?.type === "ObjectExpression" ? propertyValue(options, "name") : undefined;
  return { component: name?.type === "StringLiteral" ? name.value : "countersign" };
}

/** The import, if there is none, and `app.use(countersign)`. */
function installation(module: Module, app: App): Insertion[] {
  const style = styleOf(module);
  const edits: Insertion[] = [];
  let local = module.imported(OURS, "default");
  if (local === undefined) {
    local = freeName(module, ["countersign", "countersignComponent", "countersignReplayComponent"]);
    // Some projects write the extension in all their imports.
    const extension = module.imports.some(({ source }) => /\/convex\.config\.js$/.test(source.value)) ? ".js" : "";
    edits.push(importLine(module, `import ${local} from ${style.quote}countersign/convex.config${extension}${style.quote}`, style));
  }
  if (app.name === undefined) {
    const name = freeName(module, ["app", "convexApp", "appDefinition"]);
    const { start, end } = app.statement;
    const exporting = /^export\s+default\s+/.exec(module.text.slice(start!))?.[0];
    if (exporting === undefined) throw new Unclear("its default export is written in a way that is not understood");
    const { newline: n, semicolon: s } = style;
    // `export default defineApp(...)`: the expression stays where it is, its statement gets a name.
    edits.push({ at: start!, end: start! + exporting.length, text: `const ${name} = ` });
    if (module.text[end! - 1] !== ";") edits.push({ at: end!, text: s });
    edits.push(lineAfter(module.text, end!, `${name}.use(${local})${s}${n}${n}export default ${name}${s}`, style));
    return edits;
  }
  const used = uses(module, app.name).map((call) => module.statements.find(({ start, end }) => start! <= call.start! && call.end! <= end!));
  const last = used.filter((statement) => statement?.type === "ExpressionStatement" || statement?.type === "VariableDeclaration").at(-1) ?? app.statement;
  edits.push(lineAfter(module.text, last.end!, `${app.name}.use(${local})${style.semicolon}`, style));
  return edits;
}
