// Public Convex functions, and whether they look at who calls.

import type { Function as AnyFunction, Node } from "@babel/types";
import type { Callers } from "./callers.js";
import { once } from "./follow.js";
import { isSecretIdentifier, isSignatureIdentifier, wordsOf } from "./names.js";
import type { Source } from "./parse.js";
import { isFunction, nameOfKey } from "./scopes.js";
import type { Tracer } from "./trace.js";
import { calleeOf, dotted, propertyOf, unwrap } from "./trace.js";
import { within } from "./walk.js";

/** A function, and those it hands its `ctx` to, which may do the checking. */
export interface Guarding {
  guarded: boolean;
  /** Those of its file. They may lead back to it. */
  calls: Guarding[];
  /** Those of others: the file that imports it, and what from where. */
  delegates: { from: string; module: string; name: string }[];
}

export interface PublicFunction {
  guarding: Guarding;
  name: string;
  type: string;
  line: number;
  column: number;
}

/** The public functions that a file of convex/ exports. */
export function publicFunctions(source: Source, tracer: Tracer, callers: Callers): PublicFunction[] {
  const exported = exportedNames(source);
  return callers.functions.flatMap((fn) => {
    if (!fn.isPublic) return [];
    const user = source.parents.get(fn.call);
    const local = user?.type === "VariableDeclarator" && user.id.type === "Identifier" ? user.id.name : undefined;
    const name = user?.type === "ExportDefaultDeclaration" ? "default" : local === undefined ? undefined : exported.get(local);
    const { line = 0, column = 0 } = (user?.type === "VariableDeclarator" ? user.id.loc?.start : fn.call.loc?.start) ?? {};
    if (name === undefined) return [];
    const guarding = fn.handler === undefined ? ofUnseen(tracer, fn.call) : guardingOf(tracer, fn.handler);
    const asksForSecret = fn.args?.type === "ObjectExpression" && fn.args.properties.some((each) => {
      const key = each.type === "ObjectProperty" ? (nameOfKey(each.key) ?? "") : "";
      return isSecretIdentifier(key) || isSignatureIdentifier(key);
    });
    return [{ name, type: fn.type, line, column: column + 1, guarding: asksForSecret ? { guarded: true, calls: [], delegates: [] } : guarding }];
  });
}

/** The functions that a file exports, for those that hand their `ctx` to them. */
export function helpers(source: Source, tracer: Tracer): Map<string, Guarding> {
  const found = new Map<string, Guarding>();
  const exported = exportedNames(source);
  for (const statement of source.program.body) {
    const declaration = statement.type === "ExportNamedDeclaration" || statement.type === "ExportDefaultDeclaration" ? statement.declaration : statement;
    if (!declaration) continue;
    if (isFunction(declaration)) {
      const local = declaration.type === "FunctionDeclaration" ? declaration.id?.name : undefined;
      const name = statement.type === "ExportDefaultDeclaration" ? "default" : local && exported.get(local);
      if (name !== undefined) found.set(name, guardingOf(tracer, declaration));
    } else if (declaration.type === "VariableDeclaration") {
      for (const { id, init } of declaration.declarations) {
        const fn = init ? tracer.functionOf(init) : undefined;
        const name = id.type === "Identifier" ? exported.get(id.name) : undefined;
        if (fn !== undefined && name !== undefined) found.set(name, guardingOf(tracer, fn));
      }
    }
  }
  return found;
}

function exportedNames({ program }: Source): Map<string, string> {
  const names = new Map<string, string>();
  for (const statement of program.body) {
    if (statement.type !== "ExportNamedDeclaration" || statement.source) continue;
    const { declaration } = statement;
    if (declaration?.type === "VariableDeclaration") for (const { id } of declaration.declarations) (id.type === "Identifier" && names.set(id.name, id.name));
    if (declaration?.type === "FunctionDeclaration" && declaration.id) names.set(declaration.id.name, declaration.id.name);
    for (const each of statement.specifiers) if (each.type === "ExportSpecifier") names.set(each.local.name, nameOfKey(each.exported) ?? "");
  }
  return names;
}

/** A handler that is written in another file. */
function ofUnseen(tracer: Tracer, call: Node & { type: "CallExpression" }): Guarding {
  const [first] = call.arguments;
  const config = first && tracer.valueOf(first);
  const handler = config?.type === "ObjectExpression" ? config.properties.find((each) => each.type === "ObjectProperty" && nameOfKey(each.key) === "handler") : undefined;
  const value = handler?.type === "ObjectProperty" ? unwrap(handler.value) : config;
  const from = value?.type === "Identifier" ? tracer.binding(value)?.from : undefined;
  // What cannot be seen is not accused.
  return { guarded: from === undefined, calls: [], delegates: from === undefined ? [] : [{ from: tracer.source.path, ...from }] };
}

/** What a function and those it calls do. Made once for each function of a file. */
const guardingOf: (tracer: Tracer, fn: AnyFunction) => Guarding = (() => {
  const known = once((_tracer: Tracer) => new Map<AnyFunction, Guarding>());
  return (tracer, fn) => {
    const all = known(tracer);
    const waiting: AnyFunction[] = [];
    const of = (each: AnyFunction): Guarding => {
      let found = all.get(each);
      if (found === undefined) {
        all.set(each, (found = { guarded: false, calls: [], delegates: [] }));
        waiting.push(each);
      }
      return found;
    };
    const result = of(fn);
    for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) look(tracer, each, of);
    return result;
  };
})();

/** Looks at one function, and at those of the file that it hands its `ctx` to only by name. */
function look(tracer: Tracer, fn: AnyFunction, of: (fn: AnyFunction) => Guarding): void {
  const [first] = fn.params;
  const ctx = first?.type === "Identifier" ? first.name : undefined;
  const guarding = of(fn);
  for (const node of within(fn)) {
    if (looksAround(tracer, node)) {
      guarding.guarded = true;
      return;
    }
    if (node.type !== "CallExpression" && node.type !== "OptionalCallExpression" && node.type !== "NewExpression") continue;
    if (!node.arguments.some((each) => each.type === "Identifier" && (each.name === ctx || each.name === "ctx"))) continue;
    const callee = unwrap(node.callee);
    const local = callee.type === "Identifier" ? tracer.functionOf(callee) : undefined;
    if (local !== undefined) {
      guarding.calls.push(of(local));
      continue;
    }
    const imported = callee.type === "Identifier" ? tracer.binding(callee)?.from : callee.type === "MemberExpression" && callee.object.type === "Identifier" ? tracer.binding(callee.object)?.from : undefined;
    if (imported !== undefined) guarding.delegates.push({ from: tracer.source.path, module: imported.module, name: imported.name === "*" ? (propertyOf(callee) ?? "*") : imported.name });
  }
}

/** Whether something asks who is there: `ctx.auth`, a variable of the environment, a call that is named like a guard. */
function looksAround(tracer: Tracer, node: Node): boolean {
  if (node.type === "MemberExpression" || node.type === "OptionalMemberExpression") return propertyOf(node) === "auth" || tracer.environment(node) !== undefined;
  if (node.type === "ObjectProperty") return nameOfKey(node.key) === "auth" && source(tracer, node)?.type === "ObjectPattern";
  return (node.type === "CallExpression" || node.type === "OptionalCallExpression") && looksLikeGuard(node);
}

function source(tracer: Tracer, node: Node): Node | undefined {
  return tracer.source.parents.get(node);
}

const guardWords = new Set(["auth", "authenticate", "authenticated", "authorize", "authorized", "authz", "identity", "permission", "permissions", "role", "roles", "guard", "verify", "require", "assert", "ensure", "protect", "signed", "session", "viewer", "can", "allow", "allowed", "owner", "access", "login", "admin", "secret", "token", "signature", "invariant"]);

/** Whether a call, by its name, looks at who is there. Better a guard too many than a finding too many. */
function looksLikeGuard(node: Node): boolean {
  const name = calleeOf(node);
  const words = wordsOf(name);
  if (words.some((word) => guardWords.has(word))) return true;
  if (/(?:get|current|load|fetch|my)\w*User|whoami|getMe$/i.test(name)) return true;
  // ctx.runQuery(internal.users.current)
  if (!/\.run(?:Query|Mutation|Action)$/.test(name) || (node.type !== "CallExpression" && node.type !== "OptionalCallExpression")) return false;
  const reference = node.arguments[0] === undefined ? "" : dotted(node.arguments[0]);
  return wordsOf(reference).some((word) => guardWords.has(word)) || /\.(?:current|viewer|me)$|(?:get|current)\w*User/i.test(reference);
}

/** Whether a name says that only servers call it: in the words of the finding, or nothing. */
export function serverName(file: string, { name, type }: { name: string; type: string }): string | undefined {
  const words = wordsOf(name);
  const parts = file.replace(/\.[cm]?[jt]sx?$/, "").split("/");
  const fileWords = parts.flatMap((part) => wordsOf(part));
  const has = (word: string) => words.includes(word) || fileWords.includes(word);
  for (const word of ["webhook", "webhooks", "admin"]) if (has(word)) return word;
  if (words[0] === "internal" || parts.some((part) => part.toLowerCase() === "internal")) return "internal";
  if (type === "query") return undefined;
  for (const word of ["cron", "crons", "cronjob"]) if (has(word)) return word;
  const starts = ["backfill", "migrate", "migration", "migrations", "seed", "purge", "ingest", "sync", "server"];
  for (const word of starts) if (words[0] === word || words.at(-1) === word && word === "server" || parts.some((part) => part.toLowerCase() === word)) return word;
  return /^(?:mark|record|process|handle)\w*(?:Processed|Paid|Fulfilled|Delivered|Event)$/.test(name) ? name : undefined;
}
