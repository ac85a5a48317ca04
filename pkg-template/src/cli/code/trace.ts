// Where a value comes from: the environment, a caller, or the code itself.

import type { Expression, Function as AnyFunction, Identifier, Node } from "@babel/types";
import { isSecretVariable } from "./names.js";
import type { Source } from "./parse.js";
import type { Binding } from "./scopes.js";
import { isFunction, nameOfKey } from "./scopes.js";
import { within } from "./walk.js";

/** A secret of the environment. */
export interface FromEnvironment {
  variable: string;
  /** The text used where it is not set: `process.env.X ?? "dev"`. */
  fallback?: string | undefined;
  /** Part of a longer text: `Bearer ${process.env.X}`. */
  inText: boolean;
  /** Something else saw to it that it is set: a validated environment, `requireEnv("X")`. */
  validated: boolean;
}

const sameText = new Set(["trim", "trimEnd", "trimStart", "toString", "valueOf", "toLowerCase", "toUpperCase", "normalize", "split", "replace", "replaceAll", "concat", "padEnd", "padStart", "at", "filter", "map"]);
const wrappers = new Set(["String", "Buffer.from", "JSON.stringify", "encodeURIComponent", "Object.freeze"]);

export class Tracer {
  readonly source: Source;
  readonly #named: readonly string[];
  readonly #known = new Map<Node, FromEnvironment | undefined>();

  constructor(source: Source, named: readonly string[]) {
    this.source = source;
    this.#named = named;
  }

  /** The secret of the environment that this value is, or is made of. */
  secret(node: Node | null | undefined, depth = 0): FromEnvironment | undefined {
    const found = this.environment(node, depth);
    return found !== undefined && isSecretVariable(found.variable, this.#named) ? found : undefined;
  }

  /** The variable of the environment that this value is, or is made of; whether a secret or not. */
  environment(wrapped: Node | null | undefined, depth = 0): FromEnvironment | undefined {
    if (!wrapped || depth > 12) return undefined;
    const node = unwrap(wrapped);
    // Each node once: names that lead to functions that lead to names would be followed again and again.
    if (this.#known.has(node)) return this.#known.get(node);
    this.#known.set(node, undefined);
    const found = this.#follow(node, depth);
    this.#known.set(node, found);
    return found;
  }

  #follow(node: Node, depth: number): FromEnvironment | undefined {
    const again = (next: Node | null | undefined) => this.environment(next, depth + 1);
    switch (node.type) {
      case "MemberExpression":
      case "OptionalMemberExpression": {
        const name = propertyOf(node);
        if (name !== undefined && isVariableName(name)) {
          const of = this.#environmentObject(node.object, depth);
          if (of !== undefined) return { variable: name, inText: false, validated: of === "validated" };
        }
        // An element of a list that was made of it.
        return node.computed ? again(this.#listOf(node.object)) : undefined;
      }
      case "Identifier":
        return this.#ofName(node, depth);
      case "LogicalExpression": {
        if (node.operator === "&&") return again(node.right);
        const left = again(node.left);
        const fallback = this.text(node.right);
        if (left !== undefined) return fallback === undefined ? left : { ...left, fallback };
        return again(node.right);
      }
      case "ConditionalExpression": {
        const [yes, no] = [again(node.consequent), again(node.alternate)];
        const fallback = this.text(yes === undefined ? node.consequent : node.alternate);
        const found = yes ?? no;
        return found !== undefined && fallback !== undefined && this.environment(node.test, depth + 1)?.variable === found.variable ? { ...found, fallback } : found;
      }
      case "TemplateLiteral": {
        const [first] = node.expressions.map(again).filter((each) => each !== undefined);
        const alone = node.quasis.every((quasi) => (quasi.value.cooked ?? "") === "") && node.expressions.length === 1;
        return first && { ...first, inText: first.inText || !alone };
      }
      case "BinaryExpression": {
        if (node.operator !== "+") return undefined;
        const found = again(node.left) ?? again(node.right);
        return found && { ...found, inText: true };
      }
      case "ArrayExpression":
        return node.elements.map(again).find((each) => each !== undefined);
      case "CallExpression":
      case "OptionalCallExpression":
        return this.#ofCall(node, depth);
      case "NewExpression":
        return /^(?:String|Uint8Array|Set)$/.test(calleeOf(node)) ? again(node.arguments[0]) : undefined;
      default:
        return undefined;
    }
  }

  /** The literal text that this value is, if the code says it. */
  text(wrapped: Node | null | undefined, depth = 0): string | undefined {
    if (!wrapped || depth > 6) return undefined;
    const node = unwrap(wrapped);
    if (node.type === "StringLiteral") return node.value;
    if (node.type === "TemplateLiteral" && node.expressions.length === 0) return node.quasis[0]?.value.cooked ?? undefined;
    if (node.type !== "Identifier") return undefined;
    const binding = this.source.scopes.resolve(node);
    return binding?.kind === "variable" && binding.path.length === 0 && binding.assigned.length === 0 ? this.text(binding.init, depth + 1) : undefined;
  }

  /** What a name was declared to be, if it is a variable with a value of its own. */
  valueOf(wrapped: Node): Node {
    let node = unwrap(wrapped);
    for (let depth = 0; depth < 6 && node.type === "Identifier"; depth += 1) {
      const binding = this.source.scopes.resolve(node);
      if (binding?.kind !== "variable" || binding.path.length > 0 || !binding.init) break;
      node = unwrap(binding.init);
    }
    return node;
  }

  /** The function that a value is, if it is one of this file. */
  functionOf(wrapped: Node | null | undefined): AnyFunction | undefined {
    if (!wrapped) return undefined;
    const node = this.valueOf(wrapped);
    if (isFunction(node)) return node;
    const binding = node.type === "Identifier" ? this.source.scopes.resolve(node) : undefined;
    return binding?.kind === "function" && isFunction(binding.node) ? binding.node : undefined;
  }

  binding(node: Identifier): Binding | undefined {
    return this.source.scopes.resolve(node);
  }

  #ofName(node: Identifier, depth: number): FromEnvironment | undefined {
    const binding = this.source.scopes.resolve(node);
    if (binding === undefined) return undefined;
    if (binding.kind === "import") {
      const { module, name } = binding.from ?? { module: "", name: "" };
      return isEnvironmentModule(module) && isVariableName(name) ? { variable: name, inText: false, validated: true } : undefined;
    }
    if (binding.kind === "parameter" && binding.path.length === 0) return undefined;
    const withFallback = (found: FromEnvironment | undefined) => {
      const fallback = this.text(binding.fallback);
      return found && (fallback === undefined ? found : { ...found, fallback });
    };
    const values = [binding.init, ...binding.assigned].filter((each) => each !== undefined);
    if (binding.path.length === 0) {
      // A list that is taken apart later, or a plain alias.
      const found = values.map((each) => this.environment(each, depth + 1)).find((each) => each !== undefined);
      return withFallback(found);
    }
    const name = binding.path.at(-1) ?? "";
    const whole = binding.init && this.#environmentObject(binding.init, depth, binding.path.slice(0, -1));
    if (whole !== undefined && isVariableName(name)) return withFallback({ variable: name, inText: false, validated: whole === "validated" });
    return binding.path.length === 1 && name === "*" ? this.environment(binding.init, depth + 1) : undefined;
  }

  #ofCall(node: Node & { type: "CallExpression" | "OptionalCallExpression" }, depth: number): FromEnvironment | undefined {
    const callee = unwrap(node.callee as Node);
    const name = calleeOf(node);
    const [first] = node.arguments;
    if (wrappers.has(name)) return this.environment(first, depth + 1);
    // requireEnv("X"), getEnv("X"), Deno.env.get("X"), env("X")
    const asked = first === undefined ? undefined : this.text(first);
    if (asked !== undefined && isVariableName(asked) && /env/i.test(name)) return { variable: asked, inText: false, validated: !/\.get$/.test(name) };
    if (callee.type === "MemberExpression" || callee.type === "OptionalMemberExpression") {
      const method = propertyOf(callee) ?? "";
      if (method === "encode" && /encoder/i.test(textOf(this.source, callee.object))) return this.environment(first, depth + 1);
      return sameText.has(method) ? this.environment(callee.object, depth + 1) : undefined;
    }
    const fn = callee.type === "Identifier" ? this.functionOf(callee) : undefined;
    return fn === undefined ? undefined : returnsOf(fn).map((each) => this.environment(each, depth + 1)).find((each) => each !== undefined);
  }

  /** Whether this is `process.env` or what is used like it. */
  #environmentObject(wrapped: Node, depth: number, path: readonly string[] = []): "process" | "validated" | undefined {
    if (depth > 12) return undefined;
    const node = unwrap(wrapped);
    const at = path.join(".");
    if (node.type === "Identifier") {
      const binding = this.source.scopes.resolve(node);
      if (binding === undefined) return (node.name === "process" && at === "env") || (node.name === "env" && at === "") ? "process" : undefined;
      if (binding.kind === "import") {
        const { module = "", name = "" } = binding.from ?? {};
        if (/^(?:node:)?process$/.test(module)) return (name === "env" && at === "") || (name !== "env" && at === "env") ? "process" : undefined;
        return at === "" && /^env$|^(?:server|client)env$|^config$/i.test(node.name) && name !== "*" ? "validated" : undefined;
      }
      if (binding.kind === "parameter") return node.name === "env" && at === "" ? "process" : undefined;
      const inner = binding.init && this.#environmentObject(binding.init, depth + 1, [...binding.path, ...path]);
      return inner ?? (/^env$/i.test(node.name) && at === "" && binding.init !== undefined ? "validated" : undefined);
    }
    if (node.type === "MemberExpression" || node.type === "OptionalMemberExpression") {
      const name = propertyOf(node);
      if (node.object.type === "MetaProperty" && name === "env" && at === "") return "process";
      return name === undefined ? undefined : this.#environmentObject(node.object, depth + 1, [name, ...path]);
    }
    return node.type === "LogicalExpression" ? this.#environmentObject(node.left, depth + 1, path) : undefined;
  }

  #listOf(node: Node): Node | undefined {
    const value = this.valueOf(node);
    return value.type === "ArrayExpression" || value.type === "CallExpression" ? value : undefined;
  }
}

const wrappings = new Set(["TSNonNullExpression", "TSAsExpression", "TSSatisfiesExpression", "TSTypeAssertion", "TSInstantiationExpression", "ParenthesizedExpression", "AwaitExpression"]);

/** Without what changes only its type: `!`, `as string`, `(...)`, `await`. */
export function unwrap(node: Node): Node {
  let inner = node;
  while (wrappings.has(inner.type)) {
    const next = (inner as { expression?: Expression; argument?: Expression }).expression ?? (inner as { argument?: Expression }).argument;
    if (!next) break;
    inner = next;
  }
  return inner;
}

/** The name of the property that is read, if the code says it. */
export function propertyOf(node: Node): string | undefined {
  if (node.type !== "MemberExpression" && node.type !== "OptionalMemberExpression") return undefined;
  if (!node.computed) return nameOfKey(node.property);
  return node.property.type === "StringLiteral" ? node.property.value : undefined;
}

/** The dotted name of what is called: `Buffer.from`, `ctx.auth.getUserIdentity`. */
export function calleeOf(node: Node): string {
  if (node.type !== "CallExpression" && node.type !== "OptionalCallExpression" && node.type !== "NewExpression") return "";
  return dotted(node.callee);
}

/** `a.b.c`, as far as it is written like that; what is not a name is left out. */
export function dotted(wrapped: Node): string {
  const node = unwrap(wrapped);
  if (node.type === "Identifier") return node.name;
  if (node.type === "ThisExpression") return "this";
  if (node.type === "CallExpression" || node.type === "OptionalCallExpression") return `${calleeOf(node)}()`;
  if (node.type === "NewExpression") return `${calleeOf(node)}()`;
  if (node.type !== "MemberExpression" && node.type !== "OptionalMemberExpression") return "";
  return `${dotted(node.object)}.${propertyOf(node) ?? "*"}`;
}

/** What a function itself returns; not what those inside it do. */
export function returnsOf(fn: AnyFunction): Node[] {
  if (fn.body.type !== "BlockStatement") return [fn.body];
  const found: Node[] = [];
  for (const node of within(fn.body, (each) => !isFunction(each))) if (node.type === "ReturnStatement" && node.argument) found.push(node.argument);
  return found;
}

/** The text of a node as it is in the file. For looking into, never for a message: it may hold a value. */
export function textOf(source: Source, node: Node): string {
  return source.text.slice(node.start ?? 0, node.end ?? 0);
}

/** The value of a property of an object literal. `undefined` if it is not there. */
export function property(node: Node | undefined, name: string): Node | undefined {
  if (node?.type !== "ObjectExpression") return undefined;
  for (const each of node.properties) {
    if (each.type === "SpreadElement" || each.computed || nameOfKey(each.key) !== name) continue;
    return each.type === "ObjectMethod" ? each : each.value;
  }
  return undefined;
}

function isVariableName(name: string): boolean {
  return /^[A-Z][A-Z0-9_]*$/.test(name);
}

function isEnvironmentModule(module: string): boolean {
  return /(?:^\$env\/|(?:^|[/@~])(?:env|environment|config)(?:\/server|\.server)?(?:\.[cm]?[jt]s)?$)/.test(module);
}
