import type { Node } from "@babel/types";
import { Follow, once } from "../follow.js";
import { isSignatureIdentifier } from "../names.js";
import type { FileContext } from "../report.js";
import { isFunction } from "../scopes.js";
import type { Tracer } from "../trace.js";
import { calleeOf, dotted, firstOf, propertyOf, returnsOf, unwrap } from "../trace.js";
import { within } from "../walk.js";

/** Signatures verified by hand: compared as texts, or in a way that throws. */
export function findSignatures(context: FileContext): void {
  const { source, tracer } = context;
  const calls = source.ofType("CallExpression");
  const makesMacs = calls.some((node) => isMac(node));
  for (const node of source.ofType("BinaryExpression")) {
    if (/^[!=]==?$/.test(node.operator) && node.left.type !== "PrivateName") compared(context, node, node.left, node.right, makesMacs);
  }
  for (const node of calls) {
    const name = calleeOf(node);
    if (/(?:^|\.)timingSafeEqual$/.test(name) && node.arguments.length === 2) {
      const [one, two] = node.arguments as [Node, Node];
      if (hasKnownLength(tracer, one) && hasKnownLength(tracer, two)) continue;
      if (sameDigest(tracer, one, two) || lengthsCompared(context, node)) continue;
      context.report(node, "code_unequal_lengths", "`timingSafeEqual` throws where the two lengths differ, and nothing here compares them first.");
    } else if (makesMacs) {
      const callee = unwrap(node.callee);
      const [first] = node.arguments;
      if (callee.type === "MemberExpression" && /^(?:equals|localeCompare)$/.test(propertyOf(callee) ?? "") && first) compared(context, node, callee.object, first, makesMacs);
      if (name === "Buffer.compare" && node.arguments.length === 2) compared(context, node, node.arguments[0]!, node.arguments[1]!, makesMacs);
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

const macs = once((tracer: Tracer) => new Follow<Node, true>((node, next) => {
  const ask = (each: Node) => next(tracer.valueOf(each));
  if (node.type === "TemplateLiteral") return firstOf<Node, true>(node.expressions, ask);
  if (node.type === "BinaryExpression" && node.operator === "+") return firstOf<Node, true>([node.left, node.right], ask);
  // Of a function that is called: what it returns.
  if (node.type === "BlockStatement") return firstOf(returnsOf(node), ask);
  if (node.type !== "CallExpression") return undefined;
  if (isMac(node)) return true;
  const callee = unwrap(node.callee);
  if (calleeOf(node) === "Buffer.from" && node.arguments[0]) return ask(node.arguments[0]);
  if (callee.type === "MemberExpression") return /^(?:update|digest|toString|toLowerCase|slice|hex|base64)$/.test(propertyOf(callee) ?? "") ? ask(callee.object) : undefined;
  const fn = callee.type === "Identifier" ? tracer.functionOf(callee) : undefined;
  return fn && ask(fn.body);
}));

/** Whether this value is a MAC: `createHmac(...).update(...).digest("hex")`, or a text made of it. */
function isMacDigest(tracer: Tracer, node: Node): boolean {
  return macs(tracer).get(tracer.valueOf(node)) === true;
}

const knownLengths = once((tracer: Tracer) => new Follow<Node, true>((node, next) => {
  const ask = (each: Node) => next(tracer.valueOf(each));
  if (node.type === "NewExpression" && node.arguments[0]) return ask(node.arguments[0]);
  if (node.type === "BlockStatement") {
    const results = returnsOf(node).map(ask);
    return (results.length > 0 && results.every((each) => each === true)) || undefined;
  }
  if (node.type !== "CallExpression") return undefined;
  const name = calleeOf(node);
  if (/digest\(?\)?$|(?:^|\.)(?:sha\d+|hash|digest|hashed|hmac)$/i.test(name)) return true;
  if (/^(?:Buffer\.from)$/.test(name) && node.arguments[0]) return ask(node.arguments[0]);
  const callee = unwrap(node.callee);
  const fn = callee.type === "Identifier" ? tracer.functionOf(callee) : undefined;
  return fn === undefined ? /hash|sha\d|digest|hmac|pad/i.test(name) || undefined : ask(fn.body);
}));

/** Whether this is a digest, whose length its algorithm fixes. */
function hasKnownLength(tracer: Tracer, node: Node): boolean {
  return knownLengths(tracer).get(tracer.valueOf(node)) === true;
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
  return looksAtLength(around);
}

const looksAtLength = once((around: Node): boolean => {
  for (const each of within(around)) {
    if (each.type !== "BinaryExpression" || !/^(?:[!=]==?|[<>]=?)$/.test(each.operator)) continue;
    if ([each.left, each.right].some((side) => side.type !== "PrivateName" && /^(?:length|byteLength)$/.test(lastName(side)))) return true;
  }
  return false;
});
