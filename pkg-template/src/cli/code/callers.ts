// What a caller can choose: the arguments of Convex functions, and the parts of a request.

import type { Function as AnyFunction, Node } from "@babel/types";
import { Follow } from "./follow.js";
import type { Binding } from "./scopes.js";
import { isFunction, nameOfKey } from "./scopes.js";
import type { Tracer } from "./trace.js";
import { calleeOf, dotted, firstOf, isBinding, property, propertyOf, unwrap } from "./trace.js";

/** What may stand in for a value that the caller left out: `undefined`, `null`, or nothing (it is always there). */
export interface FromCaller {
  name: string;
  missing: "undefined" | "null" | "never";
  /** Which way it came in. `parameter`: of a function that others call with it, which may leave it out. */
  via: "argument" | "request" | "parameter";
}

export interface ConvexFunction {
  /** `query`, `mutation`, `action`, as Convex calls it. */
  type: string;
  call: Node & { type: "CallExpression" };
  handler: AnyFunction | undefined;
  args: Node | undefined;
  isPublic: boolean;
}

const builderName = /^(?:(?<internal>internal)(?<inner>Query|Mutation|Action)|(?<type>query|mutation|action))(?:Generic)?$/;

/** The call that makes a Convex function, if this is one: also with a builder of another name, or one that guards. */
export function convexFunction(tracer: Tracer, node: Node): ConvexFunction | undefined {
  if (node.type !== "CallExpression") return undefined;
  const callee = unwrap(node.callee);
  if (callee.type !== "Identifier" && callee.type !== "MemberExpression") return undefined;
  const custom = customInput(tracer, node);
  if (custom !== undefined) return custom;
  const builder = builderOf(tracer, callee);
  const [first] = node.arguments;
  if (first === undefined) return undefined;
  const config = tracer.valueOf(first);
  const handler = tracer.functionOf(config.type === "ObjectExpression" ? property(config, "handler") : first);
  if (builder === undefined) {
    // A builder made from another, as signedMutation or customQuery are: its handler has arguments as well, but it guards itself.
    const name = callee.type === "Identifier" ? callee.name : "";
    const type = /(query|mutation|action)$/i.exec(name)?.[1]?.toLowerCase();
    if (type === undefined || config.type !== "ObjectExpression" || handler === undefined || /^use|^fetch/.test(name)) return undefined;
    return { type, call: node, handler, args: property(config, "args"), isPublic: false };
  }
  const args = config.type === "ObjectExpression" ? property(config, "args") : undefined;
  return { type: builder.type, call: node, handler, args: args && tracer.valueOf(args), isPublic: builder.isPublic };
}

/** `{ args, input }` of convex-helpers' customMutation or customCtxAndArgs: what it takes from the caller before the function runs. */
function customInput(tracer: Tracer, node: Node & { type: "CallExpression" }): ConvexFunction | undefined {
  if (!/^(?:customCtxAndArgs|custom(?:Query|Mutation|Action))$/.test(calleeOf(node).split(".").at(-1) ?? "")) return undefined;
  const last = node.arguments.at(-1);
  const config = last && tracer.valueOf(last);
  const handler = config && tracer.functionOf(property(config, "input"));
  const args = config && property(config, "args");
  return handler && { type: "custom", call: node, handler, args: args && tracer.valueOf(args), isPublic: false };
}

function builderOf(tracer: Tracer, callee: Node): { type: string; isPublic: boolean } | undefined {
  let imported: string | undefined;
  const target = tracer.valueOf(callee);
  if (target.type === "Identifier") {
    const from = tracer.binding(target)?.from;
    if (from !== undefined && isConvexServer(from.module)) imported = from.name;
  } else if (target.type === "MemberExpression" && target.object.type === "Identifier") {
    const from = tracer.binding(target.object)?.from;
    if (from?.name === "*" && isConvexServer(from.module)) imported = propertyOf(target);
  }
  const groups = imported === undefined ? undefined : builderName.exec(imported)?.groups;
  if (!groups) return undefined;
  const { internal, inner, type } = groups;
  return { type: (inner ?? type ?? "").toLowerCase(), isPublic: internal === undefined };
}

function isConvexServer(module: string): boolean {
  return /(?:^|\/)_generated\/server(?:\.js|\.ts)?$/.test(module) || module === "convex/server";
}

/** Finds what the caller chose. Made once a file. */
export class Callers {
  readonly tracer: Tracer;
  readonly functions: readonly ConvexFunction[];
  readonly #byHandler: ReadonlyMap<AnyFunction, ConvexFunction>;
  readonly #found = new Follow<Node | Binding, FromCaller>((key, ask) => (isBinding(key) ? this.#ofBinding(key, ask) : this.#ofValue(key, ask)));
  readonly #requestParts = new Follow<Node, true>((node, ask) => this.#partOfRequest(node, ask));

  constructor(tracer: Tracer) {
    this.tracer = tracer;
    this.functions = tracer.source.ofType("CallExpression").flatMap((node) => convexFunction(tracer, node) ?? []);
    this.#byHandler = new Map(this.functions.flatMap((each) => (each.handler === undefined ? [] : [[each.handler, each] as const])));
  }

  /** The Convex function around this node. */
  functionAround(node: Node): ConvexFunction | undefined {
    for (let each: Node | undefined = node; each !== undefined; each = this.tracer.source.parents.get(each)) {
      const found = isFunction(each) ? this.#byHandler.get(each) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The Convex function that this is the handler of. */
  functionOf(handler: AnyFunction): ConvexFunction | undefined {
    return this.#byHandler.get(handler);
  }

  /** What of the caller's this value is. */
  from(node: Node): FromCaller | undefined {
    const found = this.#found.get(unwrap(node));
    return found?.via === "parameter" ? undefined : found;
  }

  /** The same; or what of a function's own parameters that may be left out. */
  orParameter(node: Node): FromCaller | undefined {
    return this.#found.get(unwrap(node));
  }

  #ofValue(node: Node, ask: (key: Node | Binding) => FromCaller | undefined): FromCaller | undefined {
    const again = (next: Node) => ask(unwrap(next));
    switch (node.type) {
      case "Identifier": {
        const binding = this.tracer.binding(node);
        return binding && ask(binding);
      }
      case "MemberExpression":
      case "OptionalMemberExpression": {
        const name = propertyOf(node) ?? "*";
        const object = unwrap(node.object);
        const fn = object.type === "Identifier" ? this.#argumentsOf(this.tracer.binding(object), []) : undefined;
        if (fn !== undefined) return { name, missing: missingBy(fn, name), via: "argument" };
        if (this.#isRequestPart(object)) return { name, missing: "undefined", via: "request" };
        const of = object.type === "Identifier" ? this.tracer.binding(object) : undefined;
        return of && leftOut(of, [...of.path, name]);
      }
      case "CallExpression":
      case "OptionalCallExpression":
        return this.#ofCall(node, again);
      case "LogicalExpression": {
        const left = again(node.left);
        return left && (this.tracer.text(node.right) === undefined ? left : { ...left, missing: "never" });
      }
      case "TemplateLiteral":
      case "BinaryExpression": {
        const parts = node.type === "TemplateLiteral" ? node.expressions : node.operator === "+" ? [node.left, node.right] : [];
        const found = firstOf<Node, FromCaller>(parts, again);
        return found && { ...found, missing: "never" };
      }
      default:
        return undefined;
    }
  }

  #ofCall(node: Node & { type: "CallExpression" | "OptionalCallExpression" }, again: (next: Node) => FromCaller | undefined): FromCaller | undefined {
    const callee = unwrap(node.callee);
    if (callee.type !== "MemberExpression" && callee.type !== "OptionalMemberExpression") {
      return /^(?:String|Buffer\.from)$/.test(calleeOf(node)) && node.arguments[0] ? again(node.arguments[0]) : undefined;
    }
    const method = propertyOf(callee);
    const [first] = node.arguments;
    if (method === "get" && /(?:headers|headers\(\)|searchParams|formData|formData\(\)|form|cookies|cookies\(\)|params|query)$/i.test(this.#wordsOf(callee.object))) {
      return { name: (first && this.tracer.text(first)) ?? "*", missing: "null", via: "request" };
    }
    if (method === "header" && /^(?:c\.)?req(?:uest)?$/.test(dotted(callee.object))) return { name: (first && this.tracer.text(first)) ?? "*", missing: "undefined", via: "request" };
    if (calleeOf(node) === "Buffer.from" && first) return again(first);
    if (/^(?:trim|replace|slice|split|substring|toLowerCase|toString|at|pop)$/.test(method ?? "")) {
      const found = again(callee.object);
      // `header?.replace(...)` is `undefined` where there is no header; without the question mark it throws.
      return found && { ...found, missing: node.type === "OptionalCallExpression" ? "undefined" : "never" };
    }
    return undefined;
  }

  #wordsOf(node: Node): string {
    const value = this.tracer.valueOf(node);
    return `${dotted(node)} ${dotted(value)}`.trim();
  }

  #ofBinding(binding: Binding, ask: (key: Node | Binding) => FromCaller | undefined): FromCaller | undefined {
    const fallback = binding.fallback !== undefined;
    const fn = this.#argumentsOf(binding, binding.path.slice(0, -1));
    const name = binding.path.at(-1) ?? "*";
    if (fn !== undefined && binding.path.length > 0) return { name, missing: fallback ? "never" : missingBy(fn, name), via: "argument" };
    if (!fallback) {
      const left = leftOut(binding, binding.path);
      if (left !== undefined) return left;
    }
    if (binding.kind !== "variable" || !binding.init) return undefined;
    const init = unwrap(binding.init);
    if (binding.path.length === 0) return ask(init);
    if (init.type === "Identifier" && binding.path.length === 1) {
      const above = this.#argumentsOf(this.tracer.binding(init), []);
      if (above !== undefined) return { name, missing: fallback ? "never" : missingBy(above, name), via: "argument" };
    }
    return this.#isRequestPart(init) ? { name, missing: fallback ? "never" : "undefined", via: "request" } : undefined;
  }

  /** The Convex function whose arguments this is, taken apart so far. */
  #argumentsOf(binding: Binding | undefined, path: readonly string[]): ConvexFunction | undefined {
    if (binding?.kind !== "parameter" || binding.of?.index !== 1 || path.length > 0) return undefined;
    return this.#byHandler.get(binding.of.fn);
  }

  /** The body, headers, query or cookies of a request. */
  #isRequestPart(node: Node): boolean {
    return this.#requestParts.get(this.tracer.valueOf(node)) === true;
  }

  #partOfRequest(value: Node, ask: (next: Node) => true | undefined): true | undefined {
    const name = dotted(value);
    if (/^(?:req|request|event|ctx\.req|c\.req)\.(?:body|headers|query|cookies|queryStringParameters)$/.test(name)) return true;
    if (value.type === "CallExpression" && /(?:^|\.)(?:req|request)\.json$/.test(calleeOf(value))) return true;
    return value.type === "MemberExpression" || value.type === "OptionalMemberExpression" ? ask(this.tracer.valueOf(value.object)) : undefined;
  }
}

/** A function's parameter, or a field of one, that its type lets be left out: `secret?: string`, `{ secret }: { secret?: string }`. */
function leftOut(binding: Binding, path: readonly string[]): FromCaller | undefined {
  const parameter = binding.kind === "parameter" ? binding.of?.fn.params[binding.of.index] : undefined;
  if (parameter?.type !== "Identifier" && parameter?.type !== "ObjectPattern") return undefined;
  const type = parameter.typeAnnotation?.type === "TSTypeAnnotation" ? parameter.typeAnnotation.typeAnnotation : undefined;
  const found = (name: string): FromCaller => ({ name, missing: "undefined", via: "parameter" });
  const [field] = path;
  if (field === undefined) return parameter.type === "Identifier" && (parameter.optional === true || allowsUndefined(type)) ? found(parameter.name) : undefined;
  if (path.length > 1 || type?.type !== "TSTypeLiteral") return undefined;
  const member = type.members.find((each) => each.type === "TSPropertySignature" && nameOfKey(each.key) === field);
  return member?.type === "TSPropertySignature" && (member.optional === true || allowsUndefined(member.typeAnnotation?.typeAnnotation)) ? found(field) : undefined;
}

function allowsUndefined(type: Node | undefined): boolean {
  return type?.type === "TSUndefinedKeyword" || (type?.type === "TSUnionType" && type.types.some(allowsUndefined));
}

/** What a field of the arguments is where the caller leaves it out, by its validator. */
function missingBy({ args }: ConvexFunction, name: string): FromCaller["missing"] {
  // Without validators, or with ones that are made elsewhere, anything may come; only the first is sure.
  if (args === undefined) return "undefined";
  if (args.type !== "ObjectExpression") return "never";
  const validator = property(args, name);
  if (validator === undefined) return "never";
  return allows(validator);
}

function allows(wrapped: Node): FromCaller["missing"] {
  const node = unwrap(wrapped);
  if (node.type !== "CallExpression") return "never";
  const kind = calleeOf(node).split(".").at(-1);
  if (kind === "optional" || kind === "any") return "undefined";
  if (kind === "null") return "null";
  if (kind !== "union") return "never";
  const inner = node.arguments.map(allows);
  return inner.includes("undefined") ? "undefined" : inner.includes("null") ? "null" : "never";
}
