import type { Node } from "@babel/types";
import { isSignatureIdentifier } from "../names.js";
import type { FileContext } from "../report.js";
import { isFunction } from "../scopes.js";
import type { Tracer } from "../trace.js";
import { calleeOf, dotted, propertyOf, unwrap } from "../trace.js";
import { within } from "../walk.js";

/** Signatures verified by hand: compared as texts, or in a way that throws. */
export function findSignatures(context: FileContext): void {
  const { source, tracer } = context;
  const makesMacs = source.nodes.some((node) => isMac(node));
  for (const node of source.nodes) {
    if (node.type === "BinaryExpression" && /^[!=]==?$/.test(node.operator) && node.left.type !== "PrivateName") {
      compared(context, node, node.left, node.right, makesMacs);
    } else if (node.type === "CallExpression" && /(?:^|\.)timingSafeEqual$/.test(calleeOf(node)) && node.arguments.length === 2) {
      const [one, two] = node.arguments as [Node, Node];
      if (hasKnownLength(tracer, one) && hasKnownLength(tracer, two)) continue;
      if (sameDigest(tracer, one, two) || lengthsCompared(context, node)) continue;
      context.report(node, "code_unequal_lengths", "`timingSafeEqual` throws where the two lengths differ, and nothing here compares them first.");
    } else if (node.type === "CallExpression" && makesMacs) {
      const callee = unwrap(node.callee);
      const [first] = node.arguments;
      if (callee.type === "MemberExpression" && /^(?:equals|localeCompare)$/.test(propertyOf(callee) ?? "") && first) compared(context, node, callee.object, first, makesMacs);
      if (calleeOf(node) === "Buffer.compare" && node.arguments.length === 2) compared(context, node, node.arguments[0]!, node.arguments[1]!, makesMacs);
    }
  }
}

function compared(context: FileContext, node: Node, left: Node, right: Node, makesMacs: boolean): void {
  const { tracer } = context;
  if ([left, right].some((side) => /Literal$/.test(unwrap(side).type) && unwrap(side).type !== "TemplateLiteral")) return;
  if ([left, right].some((side) => ["undefined", "NaN"].includes(dotted(side)) || unwrap(side).type === "UnaryExpression")) return;
  // A secret that is compared is a finding of its own.
  if ([left, right].some((side) => tracer.secret(side) !== undefined)) return;
  const digest = [left, right].some((side) => isMacDigest(tracer, side));
  const named = makesMacs && [left, right].every((side) => isValue(side)) && [left, right].some((side) => isSignatureIdentifier(lastName(side)) || /^(?:expected|computed|calculated)(?:Signature|Sig|Mac|Hmac|Hash|Digest)?$/.test(lastName(side)));
  if (!digest && !named) return;
  context.report(node, "code_signature_compared", "A signature is compared in a time that depends on how much of it is right.");
}

function isValue(node: Node): boolean {
  return /^(?:Identifier|MemberExpression|OptionalMemberExpression|CallExpression|OptionalCallExpression|TemplateLiteral)$/.test(unwrap(node).type) && lastName(node) !== "length";
}

function lastName(wrapped: Node): string {
  const node = unwrap(wrapped);
  if (node.type === "Identifier") return node.name;
  return propertyOf(node) ?? "";
}

/** Whether a MAC is made here: `createHmac`, or WebCrypto's HMAC. */
function isMac(node: Node): boolean {
  if (node.type !== "CallExpression") return false;
  const name = calleeOf(node);
  if (/(?:^|\.)createHmac$/.test(name) || /^(?:CryptoJS\.)?Hmac(?:SHA\d+)?$/i.test(name)) return true;
  if (!/subtle\.(?:importKey|sign)$/.test(name)) return false;
  return node.arguments.some((argument) => [...within(argument)].some((each) => each.type === "StringLiteral" && each.value.toUpperCase() === "HMAC"));
}

/** Whether this value is a MAC: `createHmac(...).update(...).digest("hex")`, or a text made of it. */
function isMacDigest(tracer: Tracer, wrapped: Node, depth = 0): boolean {
  if (depth > 8) return false;
  const node = tracer.valueOf(wrapped);
  if (node.type === "TemplateLiteral") return node.expressions.some((each) => isMacDigest(tracer, each, depth + 1));
  if (node.type === "BinaryExpression" && node.operator === "+") return [node.left, node.right].some((each) => isMacDigest(tracer, each, depth + 1));
  if (node.type !== "CallExpression") return false;
  if (isMac(node)) return true;
  const callee = unwrap(node.callee);
  if (calleeOf(node) === "Buffer.from" && node.arguments[0]) return isMacDigest(tracer, node.arguments[0], depth + 1);
  if (callee.type === "MemberExpression") return /^(?:update|digest|toString|toLowerCase|slice|hex|base64)$/.test(propertyOf(callee) ?? "") && isMacDigest(tracer, callee.object, depth + 1);
  const fn = callee.type === "Identifier" ? tracer.functionOf(callee) : undefined;
  return fn !== undefined && [...within(fn.body, (each) => !isFunction(each))].some((each) => each.type === "ReturnStatement" && each.argument != null && isMacDigest(tracer, each.argument, depth + 1));
}

/** Whether this is a digest, whose length its algorithm fixes. */
function hasKnownLength(tracer: Tracer, wrapped: Node, depth = 0): boolean {
  if (depth > 6) return false;
  const node = tracer.valueOf(wrapped);
  if (node.type === "NewExpression" && node.arguments[0]) return hasKnownLength(tracer, node.arguments[0], depth + 1);
  if (node.type !== "CallExpression") return false;
  const name = calleeOf(node);
  if (/digest\(?\)?$|(?:^|\.)(?:sha\d+|hash|digest|hashed|hmac)$/i.test(name)) return true;
  if (/^(?:Buffer\.from)$/.test(name) && node.arguments[0]) return hasKnownLength(tracer, node.arguments[0], depth + 1);
  const callee = unwrap(node.callee);
  const fn = callee.type === "Identifier" ? tracer.functionOf(callee) : undefined;
  if (fn === undefined) return /hash|sha\d|digest|hmac|pad/i.test(name);
  const results = fn.body.type === "BlockStatement" ? [...within(fn.body, (each) => !isFunction(each))].flatMap((each) => (each.type === "ReturnStatement" && each.argument ? [each.argument] : [])) : [fn.body];
  return results.length > 0 && results.every((each) => hasKnownLength(tracer, each, depth + 1));
}

function sameDigest(tracer: Tracer, one: Node, two: Node): boolean {
  const [first, second] = [tracer.valueOf(one), tracer.valueOf(two)];
  return calleeOf(first) !== "" && calleeOf(first) === calleeOf(second) && /hash|sha\d|digest|hmac|pad/i.test(calleeOf(first));
}

/** Whether the function around looks at a length, or catches what is thrown. */
function lengthsCompared({ source }: FileContext, node: Node): boolean {
  let around: Node = source.program;
  for (let parent = source.parents.get(node), child = node; parent !== undefined; child = parent, parent = source.parents.get(parent)) {
    if (parent.type === "TryStatement" && parent.block === child && parent.handler != null) return true;
    if (isFunction(parent)) {
      around = parent;
      break;
    }
  }
  for (const each of within(around)) {
    if (each.type !== "BinaryExpression" || !/^(?:[!=]==?|[<>]=?)$/.test(each.operator)) continue;
    if ([each.left, each.right].some((side) => side.type !== "PrivateName" && /^(?:length|byteLength)$/.test(lastName(side)))) return true;
  }
  return false;
}
