// Where a value comes from: the environment, a caller, or the code itself.

import type { Expression, Function as AnyFunction, Identifier, Node } from "@babel/types";
import { Follow } from "./follow.js";
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

/** A value, or a name with all that it was ever set to: a name that is used in many places is looked at once. */
type Key = Node | Binding;

export class Tracer {
  readonly source: Source;
  readonly #named: readonly string[];
  readonly #fromEnvironment = new Follow<Key, FromEnvironment>((key, ask) => (isBinding(key) ? this.#ofBinding(key, ask) : this.#ofValue(key, ask)));
  readonly #environmentObjects = new Follow<Node, "process" | "validated">((node, ask) => this.#ofObject(node, ask));
  readonly #processObjects = new Follow<Node, true>((node, ask) => this.#isProcess(node, ask));
  readonly #texts = new Follow<Node, { text: string }>((node, ask) => this.#ofText(node, ask));
  readonly #values = new Map<Node, Node>();

  constructor(source: Source, named: readonly string[]) {
    this.source = source;
    this.#named = named;
  }

  /** The secret of the environment that this value is, or is made of. */
  secret(node: Node | null | undefined): FromEnvironment | undefined {
    const found = this.environment(node);
    return found !== undefined && isSecretVariable(found.variable, this.#named) ? found : undefined;
  }

  /** The variable of the environment that this value is, or is made of; whether a secret or not. */
  environment(node: Node | null | undefined): FromEnvironment | undefined {
    return node ? this.#fromEnvironment.get(unwrap(node)) : undefined;
  }

  #ofValue(node: Node, ask: (key: Key) => FromEnvironment | undefined): FromEnvironment | undefined {
    const again = (next: Node | null | undefined) => (next ? ask(unwrap(next)) : undefined);
    switch (node.type) {
      case "MemberExpression":
      case "OptionalMemberExpression": {
        const name = propertyOf(node);
        if (name !== undefined && isVariableName(name)) {
          const of = this.#environmentObject(node.object);
          if (of !== undefined) return { variable: name, inText: false, validated: of === "validated" };
        }
        // An element of a list that was made of it.
        return node.computed ? again(this.#listOf(node.object)) : undefined;
      }
      case "Identifier": {
        const binding = this.source.scopes.resolve(node);
        return binding && ask(binding);
      }
      case "LogicalExpression": {
        if (node.operator === "&&") return again(node.right);
        const left = again(node.left);
        const fallback = this.text(node.right);
        if (left !== undefined) return fallback === undefined ? left : { ...left, fallback };
        return again(node.right);
      }
      case "ConditionalExpression": {
        const [yes, no, test] = [again(node.consequent), again(node.alternate), again(node.test)];
        const fallback = this.text(yes === undefined ? node.consequent : node.alternate);
        const found = yes ?? no;
        return found !== undefined && fallback !== undefined && test?.variable === found.variable ? { ...found, fallback } : found;
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
        return firstOf(node.elements, again);
      case "CallExpression":
      case "OptionalCallExpression":
        return this.#ofCall(node, again);
      case "NewExpression":
        return /^(?:String|Uint8Array|Set)$/.test(calleeOf(node)) ? again(node.arguments[0]) : undefined;
      case "BlockStatement":
        // Of a function that is called: what it returns.
        return firstOf(returnsOf(node), again);
      default:
        return undefined;
    }
  }

  #ofBinding(binding: Binding, ask: (key: Key) => FromEnvironment | undefined): FromEnvironment | undefined {
    if (binding.kind === "import") {
      const { module, name } = binding.from ?? { module: "", name: "" };
      return isEnvironmentModule(module) && isVariableName(name) ? { variable: name, inText: false, validated: true } : undefined;
    }
    if (binding.kind === "parameter" && binding.path.length === 0) return undefined;
    const withFallback = (found: FromEnvironment | undefined) => {
      const fallback = this.text(binding.fallback);
      return found && (fallback === undefined ? found : { ...found, fallback });
    };
    // A list that is taken apart later, or a plain alias.
    if (binding.path.length === 0) return withFallback(firstOf([binding.init, ...binding.assigned], (each) => each && ask(unwrap(each))));
    const name = binding.path.at(-1) ?? "";
    const whole = binding.init && this.#environmentObject(binding.init, binding.path.slice(0, -1));
    if (whole !== undefined && isVariableName(name)) return withFallback({ variable: name, inText: false, validated: whole === "validated" });
    return binding.path.length === 1 && name === "*" && binding.init ? ask(unwrap(binding.init)) : undefined;
  }

  #ofCall(node: Node & { type: "CallExpression" | "OptionalCallExpression" }, again: (next: Node | null | undefined) => FromEnvironment | undefined): FromEnvironment | undefined {
    const callee = unwrap(node.callee as Node);
    const name = calleeOf(node);
    const [first] = node.arguments;
    if (wrappers.has(name)) return again(first);
    // requireEnv("X"), getEnv("X"), Deno.env.get("X"), env("X")
    const asked = first === undefined ? undefined : this.text(first);
    if (asked !== undefined && isVariableName(asked) && /env/i.test(name)) return { variable: asked, inText: false, validated: !/\.get$/.test(name) };
    if (callee.type === "MemberExpression" || callee.type === "OptionalMemberExpression") {
      const method = propertyOf(callee) ?? "";
      if (method === "encode" && /encoder/i.test(dotted(callee.object))) return again(first);
      return sameText.has(method) ? again(callee.object) : undefined;
    }
    return again(callee.type === "Identifier" ? this.functionOf(callee)?.body : undefined);
  }

  /** Whether this is `process.env` or what is used like it; or has it at `path`. */
  #environmentObject(node: Node, path: readonly string[] = []): "process" | "validated" | undefined {
    if (path.length === 0) return this.#environmentObjects.get(unwrap(node));
    return path.length === 1 && path[0] === "env" && this.#processObjects.get(unwrap(node)) ? "process" : undefined;
  }

  #ofObject(node: Node, ask: (next: Node) => "process" | "validated" | undefined): "process" | "validated" | undefined {
    if (node.type === "Identifier") {
      const binding = this.source.scopes.resolve(node);
      if (binding === undefined || binding.kind === "parameter") return node.name === "env" ? "process" : undefined;
      if (binding.kind === "import") {
        const { module = "", name = "" } = binding.from ?? {};
        if (isProcessModule(module)) return name === "env" ? "process" : undefined;
        return /^env$|^(?:server|client)env$|^config$/i.test(node.name) && name !== "*" ? "validated" : undefined;
      }
      if (!binding.init) return undefined;
      const found = binding.path.length === 0 ? ask(unwrap(binding.init)) : this.#environmentObject(binding.init, binding.path);
      return found ?? (/^env$/i.test(node.name) ? "validated" : undefined);
    }
    if (node.type === "MemberExpression" || node.type === "OptionalMemberExpression") {
      if (propertyOf(node) !== "env") return undefined;
      return node.object.type === "MetaProperty" ? "process" : this.#environmentObject(node.object, ["env"]);
    }
    return node.type === "LogicalExpression" ? ask(unwrap(node.left)) : undefined;
  }

  #isProcess(node: Node, ask: (next: Node) => true | undefined): true | undefined {
    if (node.type === "LogicalExpression") return ask(unwrap(node.left));
    if (node.type !== "Identifier") return undefined;
    const binding = this.source.scopes.resolve(node);
    if (binding === undefined) return node.name === "process" || undefined;
    if (binding.kind === "import") return (isProcessModule(binding.from?.module ?? "") && binding.from?.name !== "env") || undefined;
    return binding.kind !== "parameter" && binding.init && binding.path.length === 0 ? ask(unwrap(binding.init)) : undefined;
  }

  /** The literal text that this value is, if the code says it. */
  text(node: Node | null | undefined): string | undefined {
    return node ? this.#texts.get(unwrap(node))?.text : undefined;
  }

  #ofText(node: Node, ask: (next: Node) => { text: string } | undefined): { text: string } | undefined {
    if (node.type === "StringLiteral") return { text: node.value };
    if (node.type === "TemplateLiteral" && node.expressions.length === 0) {
      const text = node.quasis[0]?.value.cooked;
      return typeof text === "string" ? { text } : undefined;
    }
    if (node.type !== "Identifier") return undefined;
    const binding = this.source.scopes.resolve(node);
    return binding?.kind === "variable" && binding.path.length === 0 && binding.assigned.length === 0 && binding.init ? ask(unwrap(binding.init)) : undefined;
  }

  /** What a name was declared to be, if it is a variable with a value of its own. */
  valueOf(wrapped: Node): Node {
    let node = unwrap(wrapped);
    if (node.type !== "Identifier") return node;
    const way = new Set<Node>();
    while (node.type === "Identifier" && !way.has(node)) {
      const known = this.#values.get(node);
      if (known !== undefined) {
        node = known;
        break;
      }
      way.add(node);
      const binding = this.source.scopes.resolve(node);
      if (binding?.kind !== "variable" || binding.path.length > 0 || !binding.init) break;
      node = unwrap(binding.init);
    }
    for (const each of way) this.#values.set(each, node);
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

  #listOf(node: Node): Node | undefined {
    const value = this.valueOf(node);
    return value.type === "ArrayExpression" || value.type === "CallExpression" ? value : undefined;
  }
}

/** Whether it is a name's declaration, and not a node. */
export function isBinding(key: Node | Binding): key is Binding {
  return "assigned" in key;
}

/** The first that leads to something. All are asked, so that all are known at once. */
export function firstOf<From, To>(all: readonly From[], ask: (each: From) => To | undefined): To | undefined {
  let found: To | undefined;
  for (const each of all) {
    const one = ask(each);
    found ??= one;
  }
  return found;
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
export function calleeOf(node: Node, steps = longestName): string {
  if (node.type !== "CallExpression" && node.type !== "OptionalCallExpression" && node.type !== "NewExpression") return "";
  return dotted(node.callee, steps);
}

// `a.b().c()...` goes on for thousands of steps in generated code, and each step is asked for its name. Its end is what counts.
const longestName = 32;

/** `a.b.c`, as far as it is written like that; what is not a name is left out, and of a very long one the beginning is `*`. */
export function dotted(wrapped: Node, steps = longestName): string {
  if (steps === 0) return "*";
  const node = unwrap(wrapped);
  if (node.type === "Identifier") return node.name;
  if (node.type === "ThisExpression") return "this";
  if (node.type === "CallExpression" || node.type === "OptionalCallExpression") return `${calleeOf(node, steps - 1)}()`;
  if (node.type === "NewExpression") return `${calleeOf(node, steps - 1)}()`;
  if (node.type !== "MemberExpression" && node.type !== "OptionalMemberExpression") return "";
  return `${dotted(node.object, steps - 1)}.${propertyOf(node) ?? "*"}`;
}

/** What a function itself returns, given its body; not what those inside it do. */
export function returnsOf(body: AnyFunction["body"]): Node[] {
  if (body.type !== "BlockStatement") return [body];
  const found: Node[] = [];
  for (const node of within(body, (each) => !isFunction(each))) if (node.type === "ReturnStatement" && node.argument) found.push(node.argument);
  return found;
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

function isProcessModule(module: string): boolean {
  return /^(?:node:)?process$/.test(module);
}

function isEnvironmentModule(module: string): boolean {
  return /(?:^\$env\/|(?:^|[/@~])(?:env|environment|config)(?:\/server|\.server)?(?:\.[cm]?[jt]s)?$)/.test(module);
}
