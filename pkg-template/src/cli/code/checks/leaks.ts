import type { Node } from "@babel/types";
import { Follow, once } from "../follow.js";
import { isSecretVariable } from "../names.js";
import type { FileContext } from "../report.js";
import { isFunction, nameOfKey } from "../scopes.js";
import type { FromEnvironment, Tracer } from "../trace.js";
import { calleeOf, dotted, firstOf, property, propertyOf, unwrap } from "../trace.js";

/** Secrets that leave the process: as an argument, in a log, an error, a URL, an answer. */
export function findLeaks(context: FileContext): void {
  const { ofType } = context.source;
  for (const node of [...ofType("CallExpression"), ...ofType("OptionalCallExpression")]) {
    sent(context, node);
    logged(context, node);
    inParameters(context, node);
    answered(context, node);
  }
  for (const node of ofType("NewExpression")) {
    inError(context, node);
    if (calleeOf(node) === "URLSearchParams") inSearch(context, node, node.arguments[0]);
    if (/^(?:Next)?Response$/.test(calleeOf(node))) returned(context, node, node.arguments[0]);
  }
  for (const node of ofType("TemplateLiteral")) inAddress(context, node);
  for (const node of ofType("BinaryExpression")) if (node.operator === "+") inAddress(context, node);
  for (const node of ofType("ReturnStatement")) if (node.argument) ofFunction(context, node, node.argument);
  for (const node of ofType("ArrowFunctionExpression")) if (node.body.type !== "BlockStatement") ofFunction(context, node.body, node.body);
}

type Call = Node & { type: "CallExpression" | "OptionalCallExpression" | "NewExpression" };

interface Leak {
  found: FromEnvironment;
  node: Node;
}

/** The first secret in a value: itself, in its fields, in what it is made of. Not in what is only asked about it. */
function secretIn(tracer: Tracer, wrapped: Node | null | undefined): Leak | undefined {
  return wrapped ? leaksOf(tracer).get(wrapped) : undefined;
}

const leaksOf = once((tracer: Tracer) => new Follow<Node, Leak>((wrapped, ask) => {
  const found = tracer.secret(wrapped);
  if (found !== undefined) return { found, node: wrapped };
  const node = tracer.valueOf(wrapped);
  // What a name stands for is looked at once, wherever the name is used.
  if (node !== unwrap(wrapped)) return ask(node);
  const first = (nodes: readonly (Node | null | undefined)[]) => firstOf(nodes, (each) => each && ask(each));
  switch (node.type) {
    case "ObjectExpression":
      return first(node.properties.map((each) => (each.type === "SpreadElement" ? each.argument : each.type === "ObjectProperty" ? each.value : undefined)));
    case "ArrayExpression":
      return first(node.elements);
    case "TemplateLiteral":
      return first(node.expressions);
    case "BinaryExpression":
      return node.operator === "+" ? first([node.left, node.right]) : undefined;
    case "LogicalExpression":
      return first([node.left, node.right]);
    case "ConditionalExpression":
      return first([node.consequent, node.alternate]);
    case "SpreadElement":
      return ask(node.argument);
    case "CallExpression":
      return /^(?:JSON\.stringify|String|util\.inspect|inspect|Object\.assign|Object\.entries|Object\.values)$/.test(calleeOf(node)) ? first(node.arguments) : undefined;
    default:
      return undefined;
  }
}));

/** The second argument of `fetchMutation(api.x, { secret })`, `client.mutation(api.x, { secret })`. */
function sent(context: FileContext, node: Call): void {
  const callee = unwrap(node.callee);
  const name = callee.type === "Identifier" ? (context.tracer.binding(callee)?.from?.name ?? callee.name) : propertyOf(callee);
  const [reference, args] = node.arguments;
  if (name === undefined || !reference || !args) return;
  const isFetch = /^(?:fetch|preload)(?:Query|Mutation|Action)$/.test(name);
  const isClient = /^(?:query|mutation|action|mutate)$/.test(name) && /^(?:api|anyApi|internal)\./.test(dotted(context.tracer.valueOf(reference)));
  if (!isFetch && !isClient) return;
  const leak = secretIn(context.tracer, args);
  if (leak === undefined) return;
  context.report(leak.node.start! >= node.start! && leak.node.end! <= node.end! ? leak.node : args, "code_secret_sent", `${leak.found.variable} is sent to a Convex function as an argument.`, { variable: leak.found.variable });
}

function logged(context: FileContext, node: Call): void {
  if (!/^(?:console|logger|log)\.(?:log|info|warn|error|debug|trace|dir|table)$/.test(calleeOf(node))) return;
  for (const argument of node.arguments) {
    const whole = dotted(context.tracer.valueOf(argument));
    const shown = argument.type === "CallExpression" && /^(?:JSON\.stringify|String|(?:util\.)?inspect|Object\.(?:entries|values))$/.test(calleeOf(argument));
    if (whole === "process.env" || (shown && argument.arguments.some((each) => dotted(each) === "process.env"))) {
      return context.report(argument, "code_secret_logged", "The whole environment, secrets included, is written to the log.", { fix: "Log the names only: `Object.keys(process.env)`. Rotate the secrets: what was logged is known." });
    }
    const leak = secretIn(context.tracer, argument);
    if (leak !== undefined) {
      const { variable } = leak.found;
      return context.report(argument, "code_secret_logged", `${variable} is written to the log.`, { variable });
    }
  }
}

function inError(context: FileContext, node: Call): void {
  if (!/(?:^|\.)\w*Error$/.test(calleeOf(node))) return;
  for (const argument of node.arguments) {
    const leak = secretIn(context.tracer, argument);
    if (leak !== undefined) return context.report(argument, "code_secret_in_error", `${leak.found.variable} is put into an error.`, { variable: leak.found.variable });
  }
}

/** `url.searchParams.set("secret", process.env.X)` */
function inParameters(context: FileContext, node: Call): void {
  const callee = unwrap(node.callee);
  if (callee.type !== "MemberExpression" || !/^(?:set|append)$/.test(propertyOf(callee) ?? "") || !/(?:searchParams|params|query)$/i.test(dotted(callee.object))) return;
  const found = context.tracer.secret(node.arguments[1]);
  if (found === undefined) return;
  const url = unwrap(callee.object);
  if (url.type === "MemberExpression" && isForeign(addressOf(context, url.object))) return;
  context.report(node, "code_secret_in_url", `${found.variable} is put into a URL.`, { variable: found.variable });
}

function inSearch(context: FileContext, node: Call, argument: Node | undefined): void {
  // As the body of a form it is no part of a URL.
  const user = context.source.parents.get(node);
  if (user?.type === "ObjectProperty" && nameOfKey(user.key) === "body") return;
  if (user?.type === "VariableDeclarator" || user === undefined) return;
  const leak = secretIn(context.tracer, argument);
  if (leak === undefined || (user.type === "TemplateLiteral" && isForeign(context.tracer.text(user) ?? user.quasis[0]?.value.cooked ?? ""))) return;
  context.report(node, "code_secret_in_url", `${leak.found.variable} is put into a URL.`, { variable: leak.found.variable });
}

/** `${base}/path?secret=${process.env.X}`, also with `+`. */
function inAddress(context: FileContext, node: Node): void {
  const above = context.source.parents.get(node);
  if (node.type === "BinaryExpression" && above?.type === "BinaryExpression" && above.operator === "+") return;
  // The address begins with the one, and the other is right before the value.
  let [start, before] = ["", ""];
  for (const part of partsOf(node)) {
    if (typeof part === "string") {
      if (start.length < 300) start += part;
      before = (before + part).slice(-100);
      continue;
    }
    const found = context.tracer.secret(part);
    if (found !== undefined && /[?&][\w.[\]-]+=$/.test(before) && !isForeign(start)) {
      return context.report(part, "code_secret_in_url", `${found.variable} is put into a URL.`, { variable: found.variable });
    }
    if (start.length < 300) start += "\u0000";
    before = "";
  }
}

function partsOf(root: Node): (string | Node)[] {
  const parts: (string | Node)[] = [];
  const waiting: (string | Node)[] = [root];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const node = typeof next === "string" ? next : unwrap(next);
    if (typeof node === "string") {
      parts.push(node);
    } else if (node.type === "StringLiteral") {
      parts.push(node.value);
    } else if (node.type === "BinaryExpression" && node.operator === "+") {
      waiting.push(node.right, node.left);
    } else if (node.type === "TemplateLiteral") {
      const { expressions } = node;
      parts.push(...node.quasis.flatMap((quasi, index) => [quasi.value.cooked ?? "", ...(expressions[index] ? [expressions[index]] : [])]));
    } else {
      parts.push(node);
    }
  }
  return parts;
}

/** A service of others, that wants its key in the URL: nothing here can change that. */
function isForeign(address: string): boolean {
  const host = /^(?:https?|wss?):\/\/([^/?\u0000]+)/.exec(address)?.[1];
  return host !== undefined && !/^(?:localhost|127\.|\[::1\])|\.convex\.(?:site|cloud)$|\.vercel\.app$/.test(host);
}

function addressOf(context: FileContext, node: Node): string {
  const value = context.tracer.valueOf(node);
  const [first] = value.type === "NewExpression" ? value.arguments : [];
  const parts = first ? partsOf(first) : [];
  const [start] = parts;
  return typeof start === "string" && start !== "" ? start + (parts.length > 1 ? "\u0000" : "") : "";
}

/** `Response.json({ secret: process.env.X })`, `res.json(...)`, `return NextResponse.json(...)`. */
function answered(context: FileContext, node: Call): void {
  if (!/^(?:(?:Next)?Response\.json|res\.(?:json|send|end)|res\.status\(\)\.(?:json|send|end)|c\.(?:json|text))$/.test(calleeOf(node))) return;
  returned(context, node, node.arguments[0]);
}

function returned(context: FileContext, node: Node, value: Node | undefined): void {
  const leak = secretIn(context.tracer, value);
  if (leak !== undefined) context.report(leak.node === value ? node : leak.node, "code_secret_returned", `${leak.found.variable} is returned to the caller.`, { variable: leak.found.variable });
}

/** What a Convex function that others can call, a page's server function or a route returns. */
function ofFunction(context: FileContext, at: Node, value: Node): void {
  let fn = context.source.parents.get(at);
  while (fn !== undefined && !isFunction(fn)) fn = context.source.parents.get(fn);
  if (fn === undefined) return;
  const name = fn.type === "FunctionDeclaration" ? fn.id?.name : undefined;
  const isPublic = context.callers.functionOf(fn)?.isPublic === true;
  const isPage = /^(?:getServerSideProps|getStaticProps)$/.test(name ?? "") && property(unwrap(value), "props") !== undefined;
  const isRoute = /^(?:GET|POST|PUT|PATCH|DELETE)$/.test(name ?? "") && !/Response/.test(calleeOf(unwrap(value)));
  const isAction = name !== undefined && fn.async === true && context.source.program.directives.some((each) => each.value.value === "use server") && context.source.parents.get(fn)?.type === "ExportNamedDeclaration";
  const leak = isPublic || isPage || isRoute || isAction ? secretIn(context.tracer, value) : undefined;
  if (leak === undefined) return;
  context.report(at, "code_secret_returned", `${leak.found.variable} is returned to the caller.`, { variable: leak.found.variable });
}

/** `process.env.X ?? "dev"` as a key or an expected secret. */
export function findFallbacks(context: FileContext): void {
  const keyed = /(?:^|\.)(?:createHmac|timingSafeEqual|verifySecret|importSecret|importKey|createKeyring|hmacSha256|verifyHmacSha256|requireSecret|jwtVerify|constructEvent|constructEventAsync)$|^(?:jwt|jsonwebtoken)\.(?:sign|verify)$/;
  for (const node of [...context.source.ofType("CallExpression"), ...context.source.ofType("NewExpression")]) {
    let values: (Node | undefined)[] = [];
    const name = calleeOf(node);
    if (keyed.test(name)) values = [...node.arguments, ...node.arguments.map((each) => property(each, "secret"))];
    else if (node.type === "CallExpression" && /^(?:countersign|webhookRoute|webhookHttpAction|signedRoute|signedFetch|verifyWebhook)$/.test(name)) values = node.arguments.flatMap((each) => [property(each, "secret"), property(each, "keys")]);
    else if (node.type === "NewExpression" && name === "CountersignClient") values = [property(node.arguments[1], "secret")];
    for (const value of values) {
      const secret = value && context.tracer.secret(isFunction(value) ? bodyOf(value) : value);
      if (!secret?.fallback) continue;
      context.report(value, "code_fails_open_fallback", `Where ${secret.variable} is not set, a text written in the code is the secret.`, { variable: secret.variable, fix: `Remove the default (or let it be \`""\`): the function then says that ${secret.variable} is missing.` });
    }
  }
}

function bodyOf(fn: Node): Node | undefined {
  return fn.type === "ArrowFunctionExpression" && fn.body.type !== "BlockStatement" ? fn.body : undefined;
}

/** next.config's `env`: its values are written into the browser's code. */
export function findInNextConfig(context: FileContext, named: readonly string[]): void {
  if (!/(?:^|\/)next\.config\.[cm]?[jt]s$/.test(context.source.name)) return;
  for (const node of context.source.ofType("ObjectProperty")) {
    if (!/^(?:env|publicRuntimeConfig)$/.test(nameOfKey(node.key) ?? "")) continue;
    const object = context.tracer.valueOf(node.value);
    if (object.type !== "ObjectExpression") continue;
    for (const each of object.properties) {
      if (each.type !== "ObjectProperty") continue;
      const key = nameOfKey(each.key) ?? "";
      const variable = context.tracer.secret(each.value)?.variable ?? (isSecretVariable(key, named) ? key : undefined);
      if (variable !== undefined) context.report(each, "code_secret_in_next_config", `next.config puts ${variable} into the browser's code.`, { variable });
    }
  }
}

/** `csk_` texts, anywhere in the file: comments, too, and files that cannot be parsed. */
export function secretTexts(text: string): { line: number; column: number }[] {
  const found: { line: number; column: number }[] = [];
  if (!text.includes("csk_")) return found;
  let [line, lineStart, seen] = [1, 0, 0];
  for (const match of text.matchAll(/(?<![\w-])csk_[\w-]{43,80}/g)) {
    // "csk_xxxxx", "csk_your-secret-here": an example has few different characters.
    if (new Set(match[0].slice(4)).size < 20) continue;
    for (const end of text.slice(seen, match.index).matchAll(/\r\n|[\n\r\u2028\u2029]/g)) {
      line += 1;
      lineStart = seen + end.index + end[0].length;
    }
    seen = match.index;
    found.push({ line, column: seen - lineStart + 1 });
  }
  return found;
}
