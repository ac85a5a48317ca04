// What is kept of a file once it has been read: its own findings, and what only makes sense beside the others.

import type { Node } from "@babel/types";
import { Callers } from "./callers.js";
import { findComparisons } from "./checks/comparisons.js";
import { findFallbacks, findInNextConfig, findLeaks, secretTexts } from "./checks/leaks.js";
import { findOptions } from "./checks/options.js";
import { findSignatures } from "./checks/signatures.js";
import type { Guarding, PublicFunction } from "./guards.js";
import { helpers, publicFunctions } from "./guards.js";
import { isPublishedSecret } from "./names.js";
import type { Source } from "./parse.js";
import type { Draft, FileContext } from "./report.js";
import { readIgnores } from "./report.js";
import { nameOfKey } from "./scopes.js";
import { Tracer, dotted, propertyOf } from "./trace.js";

export interface Summary {
  name: string;
  path: string;
  inConvex: boolean;
  isTest: boolean;
  drafts: Draft[];
  silenced: ReadonlySet<number>;
  /** `"use client"` or `"use server"` at its top. */
  directive: "client" | "server" | undefined;
  imports: string[];
  /** Findings that count if the file is a part of the browser's code. */
  ifClient: Draft[];
  /** Convex functions that it mentions: `orders:create`. */
  references: string[];
  /** Whether it calls Convex as browsers do. */
  usesHooks: boolean;
  /** Whether it is a route that looks at who calls it. */
  verifyingRoute: boolean;
  functions: PublicFunction[];
  helpers: Map<string, Guarding>;
}

const testFile = /(?:^|\/)(?:__tests__|__mocks__|tests?|e2e|fixtures|cypress|playwright)\/|\.(?:test|spec|stories|e2e)\.[cm]?[jt]sx?$/;
const routeFile = /(?:^|\/)(?:app\/(?:.*\/)?route|pages\/api\/.*)\.[cm]?[jt]sx?$/;
const verifiers = /^(?:countersign\/webhooks|stripe|svix|standardwebhooks|@octokit\/webhooks.*|@polar-sh\/.*|@clerk\/.*\/webhooks|@upstash\/qstash.*)$/;
const notForBrowsers = /^countersign\/(?:next|client|http|webhooks)$/;

/** All that a file says by itself. */
export function summarize(source: Source, named: readonly string[]): Summary {
  const tracer = new Tracer(source, named);
  const callers = new Callers(tracer);
  const isTest = testFile.test(source.name);
  const { silenced, drafts } = readIgnores(source);
  const seen = new Set<string>();
  const into = (list: Draft[]): FileContext["report"] => (node, code, message, more = {}) => {
    const { line = 1, column = 0 } = node.loc?.start ?? {};
    const key = `${code} ${line}:${column}`;
    if (seen.has(key)) return;
    seen.add(key);
    list.push({ code, line, column: column + 1, message, ...more });
  };
  const context: FileContext = { source, tracer, callers, report: into(drafts) };
  for (const place of secretTexts(source.text)) drafts.push({ code: "code_secret_in_source", ...place, message: "A secret that begins with `csk_` is written in this file." });
  if (!isTest) {
    for (const find of [findComparisons, findSignatures, findLeaks, findFallbacks, findOptions]) find(context);
    findInNextConfig(context, named);
    findPublished(context, named);
  }
  const ifClient: Draft[] = [];
  const imports = valueImports(source);
  findInClient({ ...context, report: into(ifClient) }, imports);
  return {
    name: source.name,
    path: source.path,
    inConvex: source.inConvex,
    isTest,
    drafts,
    silenced,
    directive: directiveOf(source),
    imports: imports.map(({ module }) => module),
    ifClient,
    references: references(source),
    usesHooks: imports.some(({ module }) => /^(?:convex\/react|@convex-dev\/react-query|convex-helpers\/react)/.test(module)),
    verifyingRoute: isVerifyingRoute(source, tracer, callers, imports),
    functions: source.inConvex && !isTest ? publicFunctions(source, tracer, callers) : [],
    helpers: helpers(source, tracer),
  };
}

function directiveOf({ program }: Source): Summary["directive"] {
  const values = program.directives.map((each) => each.value.value);
  return values.includes("use client") ? "client" : values.includes("use server") ? "server" : undefined;
}

interface Import {
  module: string;
  node: Node;
}

/** Imports that are there at run time, with the nodes that say so. */
function valueImports({ ofType }: Source): Import[] {
  const nodes = [...ofType("ImportDeclaration"), ...ofType("ExportNamedDeclaration"), ...ofType("ExportAllDeclaration"), ...ofType("CallExpression")];
  return nodes.flatMap((node) => {
    if (node.type === "ImportDeclaration") {
      const onlyTypes = node.importKind === "type" || (node.specifiers.length > 0 && node.specifiers.every((each) => each.type === "ImportSpecifier" && each.importKind === "type"));
      return onlyTypes ? [] : [{ module: node.source.value, node }];
    }
    if ((node.type === "ExportNamedDeclaration" || node.type === "ExportAllDeclaration") && node.source && node.exportKind !== "type") return [{ module: node.source.value, node }];
    const isCall = node.type === "CallExpression" && (node.callee.type === "Import" || (node.callee.type === "Identifier" && node.callee.name === "require"));
    const [first] = isCall ? node.arguments : [];
    return first?.type === "StringLiteral" ? [{ module: first.value, node }] : [];
  });
}

function findInClient({ source, tracer, report }: FileContext, imports: readonly Import[]): void {
  for (const { module, node } of imports) {
    if (notForBrowsers.test(module)) report(node, "code_server_import_in_client", `${module} is imported by code that runs in browsers.`);
  }
  // A validated environment names the server's variables, and hands out none of them in a browser.
  if (imports.some(({ module }) => /^@t3-oss\/env/.test(module) || module === "server-only")) return;
  for (const node of source.ofType("ObjectPattern")) {
    const declarator = source.parents.get(node);
    if (declarator?.type !== "VariableDeclarator" || !declarator.init || dotted(declarator.init) !== "process.env") continue;
    for (const each of node.properties) {
      const local = each.type === "ObjectProperty" ? (each.value.type === "AssignmentPattern" ? each.value.left : each.value) : undefined;
      const found = local && tracer.secret(local);
      if (found) report(each, "code_secret_in_client", `${found.variable} is read by code that runs in browsers.`, { variable: found.variable });
    }
  }
  for (const node of reads(source)) {
    const found = tracer.secret(node);
    if (found !== undefined && !found.validated && propertyOf(node) === found.variable) report(node, "code_secret_in_client", `${found.variable} is read by code that runs in browsers.`, { variable: found.variable });
  }
}

function findPublished({ source, report, tracer }: FileContext, named: readonly string[]): void {
  const found = (node: Node, variable: string | undefined) => {
    if (variable === undefined || !isPublishedSecret(variable, named)) return;
    report(node, "code_secret_named_public", `${variable} is a secret by its name, and public by its name.`, { variable });
  };
  for (const node of reads(source)) {
    const name = propertyOf(node);
    if (name?.startsWith("NEXT_PUBLIC_") === true && tracer.environment(node)?.variable === name) found(node, name);
  }
  for (const node of source.ofType("ObjectPattern")) {
    for (const each of node.properties) if (each.type === "ObjectProperty") found(each, nameOfKey(each.key));
  }
}

/** What reads a field of something. */
function reads({ ofType }: Source): readonly Node[] {
  return [...ofType("MemberExpression"), ...ofType("OptionalMemberExpression")];
}

/** `api.orders.create` -> `orders:create`. */
function references({ ofType, parents, scopes }: Source): string[] {
  const found = new Set<string>();
  for (const node of ofType("MemberExpression")) {
    const above = parents.get(node);
    if (above?.type === "MemberExpression" && above.object === node) continue;
    const words = dotted(node).split(".");
    let root: Node = node;
    while (root.type === "MemberExpression") root = root.object;
    if (root.type !== "Identifier" || words.length < 2) continue;
    const from = scopes.resolve(root)?.from;
    const isApi = from === undefined ? root.name === "api" : from.name === "api" || from.name === "anyApi";
    if (!isApi || words.includes("*")) continue;
    found.add(`${words.slice(1, -1).join("/")}:${words.at(-1)}`);
  }
  return [...found];
}

function isVerifyingRoute(source: Source, tracer: Tracer, callers: Callers, imports: readonly Import[]): boolean {
  if (!routeFile.test(source.name)) return false;
  if (/(?:^|[/.-])(?:webhooks?|crons?|internal|admin)(?:[/.-]|$)/i.test(source.name)) return true;
  if (imports.some(({ module }) => verifiers.test(module))) return true;
  // Whatever is made of a secret begins with one of these.
  const starts = [...reads(source), ...source.ofType("Identifier"), ...source.ofType("CallExpression")];
  return starts.some((node) => tracer.secret(node) !== undefined) || source.ofType("CallExpression").some((node) => /signature/i.test(callers.from(node)?.name ?? ""));
}
