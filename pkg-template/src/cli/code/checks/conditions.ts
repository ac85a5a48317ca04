// The conditions around a comparison: which make it safe, and which take it away.

import type { Expression, IfStatement, Node } from "@babel/types";
import { once } from "../follow.js";
import type { FileContext } from "../report.js";
import { isFunction } from "../scopes.js";
import type { Tracer } from "../trace.js";
import { calleeOf, dotted, unwrap } from "../trace.js";
import { within } from "../walk.js";

/** Whether something before, or beside, the comparison refuses where the variable is not set. */
export function isCheckedBefore(context: FileContext, comparison: Node, variable: string): boolean {
  const { source, tracer } = context;
  const isVariable = (node: Node) => tracer.environment(node)?.variable === variable;
  // In the same condition: `!expected || candidate !== expected`, `expected && candidate === expected`.
  for (let node = comparison, parent = source.parents.get(node); parent !== undefined; node = parent, parent = source.parents.get(parent)) {
    if (isFunction(parent)) break;
    if (parent.type === "LogicalExpression" && parent.right === node && [...asked(parent.left)].some((each) => isVariable(each.value))) return true;
    if (parent.type === "IfStatement" && parent.consequent === node && [...asked(parent.test)].some((each) => each.present && isVariable(each.value))) return true;
    if (parent.type === "ConditionalExpression" && parent.test !== node && [...asked(parent.test)].some((each) => isVariable(each.value))) return true;
  }
  // Or before it: on the way to the comparison, and not in another function.
  const checks = checksOf(context.tracer).get(variable);
  if (checks === undefined) return false;
  const end = comparison.start ?? 0;
  for (let node: Node | undefined = comparison; node !== undefined; node = source.parents.get(node)) {
    const first = isFunction(node) || node.type === "Program" ? checks.get(node) : undefined;
    if (first !== undefined && first <= end) return true;
  }
  return false;
}

/** For each variable, where the first thing is, in each function, that refuses if it is not set: `if (!expected) throw ...`, `assert(expected)`. */
const checksOf = once((tracer: Tracer): ReadonlyMap<string, ReadonlyMap<Node, number>> => {
  const { source } = tracer;
  const found = new Map<string, Map<Node, number>>();
  const add = (node: Node, value: Node) => {
    const variable = tracer.environment(value)?.variable;
    if (variable === undefined) return;
    let around: Node = source.program;
    for (let parent = source.parents.get(node); parent !== undefined; parent = source.parents.get(parent)) {
      if (!isFunction(parent)) continue;
      around = parent;
      break;
    }
    const places = found.get(variable) ?? new Map<Node, number>();
    found.set(variable, places.set(around, Math.min(places.get(around) ?? Infinity, node.start ?? 0)));
  };
  for (const node of source.ofType("IfStatement")) {
    if (leaves(node)) for (const { value, present } of asked(node.test)) if (!present) add(node, value);
  }
  for (const node of source.ofType("CallExpression")) {
    if (/(?:^|\.)(?:assert|ok|invariant|require\w*|ensure\w*|must\w*)$/i.test(calleeOf(node))) for (const each of node.arguments) add(node, each);
  }
  return found;
});

const leaves = once((node: IfStatement): boolean => {
  for (const each of within(node.consequent, (inner) => !isFunction(inner))) {
    if (each.type === "ThrowStatement" || each.type === "ReturnStatement") return true;
    if (each.type === "CallExpression" && calleeOf(each) === "process.exit") return true;
  }
  return false;
});

// What people write has a few parts. In what programs write, each part would be held against thousands of others.
const longestCondition = 500;

/** What a condition asks to be there (`x`, `!!x`, `x !== undefined`) or not to be (`!x`, `x === ""`), one by one, the last first. */
export function* asked(condition: Node): Generator<{ value: Node; present: boolean }> {
  const waiting = [{ node: condition, present: true }];
  for (let next = waiting.pop(), count = 0; next !== undefined && count < longestCondition; next = waiting.pop(), count += 1) {
    const { present } = next;
    const node = unwrap(next.node);
    if (node.type === "LogicalExpression") {
      waiting.push({ node: node.left, present }, { node: node.right, present });
    } else if (node.type === "UnaryExpression" && node.operator === "!") {
      waiting.push({ node: node.argument, present: !present });
    } else if (node.type === "BinaryExpression" && /^[!=]==?$/.test(node.operator) && node.left.type !== "PrivateName") {
      const isUnset = (side: Expression) => side.type === "NullLiteral" || (side.type === "Identifier" && side.name === "undefined") || (side.type === "StringLiteral" && (side.value === "" || side.value === "undefined"));
      const value = isUnset(node.right) ? node.left : isUnset(node.left) ? node.right : undefined;
      if (value === undefined) continue;
      const inner = unwrap(value);
      yield { value: inner.type === "UnaryExpression" && inner.operator === "typeof" ? inner.argument : value, present: node.operator.startsWith("!") === present };
    } else if (node.type === "BinaryExpression" && /^[<>]=?$/.test(node.operator)) {
      const side = unwrap(node.left as Node);
      if (side.type === "MemberExpression") yield { value: side.object, present: node.operator.startsWith(">") === present };
    } else if (node.type === "CallExpression" && calleeOf(node) === "Boolean" && node.arguments[0]) {
      yield { value: node.arguments[0], present };
    } else {
      yield { value: node, present };
    }
  }
}

/**
 * Which of the two the comparison hangs on: `expected && candidate !== expected` refuses nobody where the variable is not
 * set; `!expected || candidate === expected` lets everybody in.
 */
export function skipsWhereMissing(context: FileContext, comparison: Node, negative: boolean, own: Node, other: Node, variable: string): "variable" | "candidate" | undefined {
  const { source, tracer } = context;
  const otherWords = dotted(other);
  const which = (value: Node): "variable" | "candidate" | undefined => {
    if (tracer.environment(value)?.variable === variable) return "variable";
    return (otherWords !== "" && /^[\w$]+(?:\.[\w$*]+)*$/.test(otherWords) && dotted(value) === otherWords) || sameRoot(other, value) ? "candidate" : undefined;
  };
  let isNegative = negative;
  for (let node = comparison, parent = source.parents.get(node); parent !== undefined; node = parent, parent = source.parents.get(parent)) {
    if (isFunction(parent)) return undefined;
    if (parent.type === "UnaryExpression" && parent.operator === "!") {
      if (node !== comparison) isNegative = !isNegative;
      continue;
    }
    if (parent.type === "LogicalExpression" && parent.operator !== "??") {
      const beside = parent.left === node ? parent.right : parent.left;
      const wanted = isNegative ? "&&" : "||";
      if (parent.operator === wanted) {
        for (const { value, present } of asked(beside)) {
          const found = present === isNegative ? which(value) : undefined;
          if (found !== undefined && isRefusal(context, comparison, isNegative)) return found;
        }
      }
      continue;
    }
    if (parent.type === "IfStatement" && parent.consequent === node && parent.alternate == null && negative) {
      for (const { value, present } of asked(parent.test)) {
        const found = present ? which(value) : undefined;
        if (found !== undefined && isRefusal(context, comparison, true)) return found;
      }
    }
  }
  return undefined;
}

/** `!==` is a refusal if what it leads to leaves: throws, or returns. `===` lets in, whatever follows. */
function isRefusal({ source }: FileContext, comparison: Node, negative: boolean): boolean {
  if (!negative) return true;
  for (let node = comparison, parent = source.parents.get(node); parent !== undefined; node = parent, parent = source.parents.get(parent)) {
    if (parent.type === "IfStatement") return parent.test !== node || leaves(parent);
    if (isFunction(parent)) return false;
  }
  return false;
}

function sameRoot(other: Node, value: Node): boolean {
  const [one, two] = [unwrap(other), unwrap(value)];
  return one.type === "Identifier" && two.type === "Identifier" && one.name === two.name;
}
