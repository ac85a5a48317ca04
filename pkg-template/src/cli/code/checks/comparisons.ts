import type { Node } from "@babel/types";
import type { FromCaller } from "../callers.js";
import { isSecretIdentifier } from "../names.js";
import type { FileContext } from "../report.js";
import { isFunction } from "../scopes.js";
import type { FromEnvironment } from "../trace.js";
import { calleeOf, dotted, propertyOf, unwrap } from "../trace.js";
import { isCheckedBefore, skipsWhereMissing } from "./conditions.js";
import { safeText } from "./words.js";

interface Comparison {
  node: Node;
  /** What is compared with what; which of them is the secret is found out. */
  sides: readonly [Node, Node];
  operator: string;
  /** `==` and `!=` take `null` and `undefined` for the same. */
  loose: boolean;
  /** What follows where it is true: whether that is the refusal. */
  negative: boolean;
}

/** Secrets compared by hand, and the ways in which such a comparison lets everybody in. */
export function findComparisons(context: FileContext): void {
  for (const type of ["BinaryExpression", "SwitchStatement", "CallExpression", "OptionalCallExpression"] as const) {
    for (const node of context.source.ofType(type)) for (const comparison of comparisonsAt(context, node)) judge(context, comparison);
  }
}

function* comparisonsAt(context: FileContext, node: Node): Generator<Comparison> {
  if (node.type === "BinaryExpression" && /^[!=]==?$/.test(node.operator) && node.left.type !== "PrivateName") {
    const { operator } = node;
    yield { node, sides: [node.left, node.right], operator, loose: operator.length === 2, negative: operator.startsWith("!") };
  }
  if (node.type === "SwitchStatement") {
    for (const { test } of node.cases) if (test) yield { node: test, sides: [node.discriminant, test], operator: "switch", loose: false, negative: false };
  }
  if (node.type !== "CallExpression" && node.type !== "OptionalCallExpression") return;
  const name = calleeOf(node);
  const [first, second] = node.arguments;
  if (/^(?:Buffer\.compare|Object\.is|(?:\w+\.)?(?:isEqual|deepEqual|isDeepStrictEqual))$/.test(name) && first && second) {
    yield { node, sides: [first, second], operator: name, loose: false, negative: isNegated(context, node) };
  }
  const callee = unwrap(node.callee);
  const method = propertyOf(callee);
  if ((callee.type !== "MemberExpression" && callee.type !== "OptionalMemberExpression") || !first || method === undefined) return;
  const sides = [callee.object, first] as const;
  const negative = isNegated(context, node);
  if (/^(?:localeCompare|equals)$/.test(method)) yield { node, sides, operator: `.${method}()`, loose: false, negative };
  // A text that is searched for a secret may be one that is cleaned of it: only what the caller sent counts.
  if (/^(?:includes|startsWith|endsWith|indexOf|has)$/.test(method) && sides.some((side) => context.callers.from(side) !== undefined)) {
    yield { node, sides, operator: `.${method}()`, loose: false, negative };
  }
}

function isNegated(context: FileContext, node: Node): boolean {
  const parent = context.source.parents.get(node);
  return parent?.type === "UnaryExpression" && parent.operator === "!";
}

function judge(context: FileContext, comparison: Comparison): void {
  const { tracer, callers } = context;
  const secrets = comparison.sides.map((side) => tracer.secret(side));
  const at = secrets.findIndex((each) => each !== undefined);
  if (at === -1) return judgeLiteral(context, comparison);
  const expected = secrets[at]!;
  const own = comparison.sides[at]!;
  const other = comparison.sides[1 - at]!;
  // Two variables beside each other, or one that is looked at for a known text: nobody is let in by that.
  if (tracer.environment(other) !== undefined || isConstant(context, other)) return;
  // A digest of both sides is of one length, and its bytes tell nothing.
  if (/(?:sha\d*|hash|digest|fingerprint)\w*(?:\(\)|$)/i.test(dotted(tracer.valueOf(own)))) return;
  const candidate = callers.orParameter(other);
  const named = expected.variable;
  const fix = fixFor(context, other, candidate, expected);
  const say = (code: Parameters<FileContext["report"]>[1], message: string) => context.report(comparison.node, code, message, { fix, variable: named });
  const skipped = skipsWhereMissing(context, comparison.node, comparison.negative, own, other, expected.variable);
  if (skipped !== undefined) {
    return say("code_fails_open_skipped", skipped === "variable" ? `Where ${named} is not set, nothing is compared and every call passes.` : `A caller who sends no secret is not compared with ${named}, and passes.`);
  }
  if (expected.fallback !== undefined) return say("code_fails_open_fallback", `Where ${named} is not set, a text written in the code is compared instead.`);
  const checked = expected.validated || isCheckedBefore(context, comparison.node, named);
  if (expected.inText && !checked && !comparison.operator.startsWith(".")) return say("code_fails_open_text", `Where ${named} is not set, a text with the word "undefined" in it is let in.`);
  if (!checked && candidate !== undefined && fallsTogether(candidate, comparison)) {
    return say("code_fails_open_unset", `${label(candidate)} may be left out: where ${named} is not set, the two are equal and everybody is let in.`);
  }
  say("code_secret_compared", `${named} is compared with ${comparison.operator.startsWith(".") || comparison.operator.length > 3 ? "" : "the operator "}${comparison.operator}.`);
}

/** A caller's secret that is compared with one written in the code. */
function judgeLiteral(context: FileContext, { node, sides, operator }: Comparison): void {
  if (operator.length > 3 && operator !== "switch") return;
  for (const [side, other] of [sides, [sides[1], sides[0]] as const]) {
    const text = context.tracer.text(side);
    const candidate = context.callers.from(other);
    if (text === undefined || candidate === undefined || text === "") continue;
    const constant = unwrap(side);
    const saysSo = constant.type === "Identifier" && isSecretIdentifier(constant.name);
    const bearer = /^Bearer \S{4}/.test(text) && /authorization/i.test(candidate.name);
    if (!saysSo && !bearer && !(isSecretIdentifier(candidate.name) && /[\d\W_]|.{12}/.test(text) && text.length >= 6)) continue;
    context.report(node, "code_secret_in_source", `${label(candidate)} is compared with a text that is written in the code.`);
    return;
  }
}

function isConstant(context: FileContext, wrapped: Node): boolean {
  const node = unwrap(wrapped);
  if (/^(?:NullLiteral|BooleanLiteral|NumericLiteral|StringLiteral|RegExpLiteral|UnaryExpression|ObjectExpression)$/.test(node.type)) return true;
  return (node.type === "Identifier" && node.name === "undefined") || context.tracer.text(node) !== undefined;
}

function fallsTogether(candidate: FromCaller, { loose, operator }: Comparison): boolean {
  if (operator.startsWith(".") || operator === "Buffer.compare") return false;
  return candidate.missing === "undefined" || (loose && candidate.missing === "null");
}

function label({ name, via }: FromCaller): string {
  if (via !== "request") return `The ${via} \`${safeText(name)}\``;
  return name === "*" ? "A part of the request" : `The request's \`${safeText(name)}\``;
}

function fixFor(context: FileContext, other: Node, candidate: FromCaller | undefined, { variable }: FromEnvironment): string {
  const words = dotted(other);
  const written = /^[\w$]+(?:\.[\w$]+)*$/.test(words) ? words : "candidate";
  const options = variable === "COUNTERSIGN_SECRET" ? "" : `, { secret: () => process.env.${variable} }`;
  const around = context.callers.functionAround(other);
  if (around?.type === "custom" || (context.source.inConvex && around === undefined && candidate?.via !== "request" && isInHelper(context, other))) {
    return `Replace the comparison with \`requireSecret(${written}${options})\` of countersign/convex: constant time, and it refuses where the variable is not set. A \`signedMutation\` (\`signedQuery\`, \`signedAction\`) needs no secret to be sent at all.`;
  }
  if (context.source.inConvex && around !== undefined) {
    return `Make it a \`signedMutation\` (\`signedQuery\`, \`signedAction\`), and no secret is sent; as a drop-in, replace the comparison with \`requireSecret(${written}${options})\` of countersign/convex.`;
  }
  if (isWebhook(context)) return `Use \`webhookRoute\` of countersign/webhooks if a provider signs these requests; otherwise \`if (!verifySecret(${written}, process.env.${variable} ?? ""))\` of countersign, which throws where the variable is not set.`;
  const bearer = candidate?.name.toLowerCase() === "authorization" ? `${written}?.replace(/^Bearer /, "")` : written;
  return `\`if (!verifySecret(${bearer}, process.env.${variable} ?? ""))\` of countersign: constant time, and it throws where the variable is not set.`;
}

/** A function that Convex functions call; an HTTP action is none, nor what it is made of. */
function isInHelper({ source }: FileContext, node: Node): boolean {
  let inside = false;
  for (let each: Node | undefined = node; each !== undefined; each = source.parents.get(each)) {
    if (each.type === "CallExpression" && /(?:^|\.)httpAction(?:Generic)?$/.test(calleeOf(each))) return false;
    inside ||= isFunction(each);
  }
  return inside;
}

function isWebhook({ source }: FileContext): boolean {
  return /webhook/i.test(source.name);
}

