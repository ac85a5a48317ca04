// What a caller can choose: the arguments of Convex functions, and the parts of a request.

import type { Function as AnyFunction, Node } from "@babel/types";
import type { Binding } from "./scopes.js";
import { isFunction } from "./scopes.js";
import type { Tracer } from "./trace.js";
import { calleeOf, dotted, property, propertyOf, unwrap } from "./trace.js";

/** What may stand in for a value that the caller left out: `undefined`, `null`, or nothing (it is always there). */
export interface FromCaller {
  name: string;
  missing: "undefined" | "null" | "never";
  /** Which side of the house it came in by. */
  via: "argument" | "request";
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

  constructor(tracer: Tracer) {
    this.tracer = tracer;
    this.functions = tracer.source.nodes.flatMap((node) => convexFunction(tracer, node) ?? []);
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

  /** What of the caller's this value is. */
  from(wrapped: Node, depth = 0): FromCaller | undefined {
    if (depth > 8) return undefined;
    const node = unwrap(wrapped);
    switch (node.type) {
      case "Identifier": {
        const binding = this.tracer.binding(node);
        return binding && this.#ofBinding(binding, node.name, depth);
      }
      case "MemberExpression":
      case "OptionalMemberExpression": {
        const name = propertyOf(node) ?? "*";
        const object = unwrap(node.object);
        const fn = object.type === "Identifier" ? this.#argumentsOf(this.tracer.binding(object), []) : undefined;
        if (fn !== undefined) return { name, missing: missingBy(fn, name), via: "argument" };
        return this.#isRequestPart(object, depth) ? { name, missing: "undefined", via: "request" } : undefined;
      }
      case "CallExpression":
      case "OptionalCallExpression":
        return this.#ofCall(node, depth);
      case "LogicalExpression": {
        const left = this.from(node.left, depth + 1);
        return left && (this.tracer.text(node.right) === undefined ? left : { ...left, missing: "never" });
      }
      case "TemplateLiteral":
      case "BinaryExpression": {
        const parts = node.type === "TemplateLiteral" ? node.expressions : node.operator === "+" ? [node.left, node.right] : [];
        const found = parts.map((each) => this.from(each, depth + 1)).find((each) => each !== undefined);
        return found && { ...found, missing: "never" };
      }
      default:
        return undefined;
    }
  }

  #ofCall(node: Node & { type: "CallExpression" | "OptionalCallExpression" }, depth: number): FromCaller | undefined {
    const callee = unwrap(node.callee);
    if (callee.type !== "MemberExpression" && callee.type !== "OptionalMemberExpression") {
      return /^(?:String|Buffer\.from)$/.test(calleeOf(node)) && node.arguments[0] ? this.from(node.arguments[0], depth + 1) : undefined;
    }
    const method = propertyOf(callee);
    const [first] = node.arguments;
    if (method === "get" && /(?:headers|headers\(\)|searchParams|formData|formData\(\)|form|cookies|cookies\(\)|params|query)$/i.test(this.#wordsOf(callee.object))) {
      return { name: (first && this.tracer.text(first)) ?? "*", missing: "null", via: "request" };
    }
    if (method === "header" && /^(?:c\.)?req(?:uest)?$/.test(dotted(callee.object))) return { name: (first && this.tracer.text(first)) ?? "*", missing: "undefined", via: "request" };
    if (calleeOf(node) === "Buffer.from" && first) return this.from(first, depth + 1);
    if (/^(?:trim|replace|slice|split|substring|toLowerCase|toString|at|pop)$/.test(method ?? "")) {
      const found = this.from(callee.object, depth + 1);
      // `header?.replace(...)` is `undefined` where there is no header; without the question mark it throws.
      return found && { ...found, missing: node.type === "OptionalCallExpression" ? "undefined" : "never" };
    }
    return undefined;
  }

  #wordsOf(node: Node): string {
    const value = this.tracer.valueOf(node);
    return `${dotted(node)} ${dotted(value)}`.trim();
  }

  #ofBinding(binding: Binding, local: string, depth: number): FromCaller | undefined {
    const fallback = binding.fallback !== undefined;
    const fn = this.#argumentsOf(binding, binding.path.slice(0, -1));
    const name = binding.path.at(-1) ?? local;
    if (fn !== undefined && binding.path.length > 0) return { name, missing: fallback ? "never" : missingBy(fn, name), via: "argument" };
    if (binding.kind !== "variable" || !binding.init) return undefined;
    if (binding.path.length === 0) return this.from(binding.init, depth + 1);
    const init = unwrap(binding.init);
    if (init.type === "Identifier" && binding.path.length === 1) {
      const above = this.#argumentsOf(this.tracer.binding(init), []);
      if (above !== undefined) return { name, missing: fallback ? "never" : missingBy(above, name), via: "argument" };
    }
    return this.#isRequestPart(init, depth) ? { name, missing: fallback ? "never" : "undefined", via: "request" } : undefined;
  }

  /** The Convex function whose arguments this is, taken apart so far. */
  #argumentsOf(binding: Binding | undefined, path: readonly string[]): ConvexFunction | undefined {
    if (binding?.kind !== "parameter" || binding.of?.index !== 1 || path.length > 0) return undefined;
    return this.#byHandler.get(binding.of.fn);
  }

  /** The body, headers, query or cookies of a request. */
  #isRequestPart(node: Node, depth: number): boolean {
    if (depth > 8) return false;
    const value = this.tracer.valueOf(node);
    const name = dotted(value);
    if (/^(?:req|request|event|ctx\.req|c\.req)\.(?:body|headers|query|cookies|queryStringParameters)$/.test(name)) return true;
    if (value.type === "CallExpression" && /(?:^|\.)(?:req|request)\.json$/.test(calleeOf(value))) return true;
    return (value.type === "MemberExpression" || value.type === "OptionalMemberExpression") && this.#isRequestPart(value.object, depth + 1);
  }
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
