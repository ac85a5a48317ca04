import type { Node } from "@babel/types";

// Of Babel's nodes these are no code.
const notCode = new Set(["type", "loc", "extra", "errors", "comments", "tokens", "leadingComments", "trailingComments", "innerComments"]);

/** The nodes directly below this one, as they come in the text. */
export function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  // Every node of the project comes by here: no lists are made of its fields.
  const fields = node as unknown as Record<string, unknown>;
  for (const key in fields) {
    const value = fields[key];
    if (value === null || typeof value !== "object" || notCode.has(key)) continue;
    if (Array.isArray(value)) for (const each of value as unknown[]) (isNode(each) && children.push(each));
    else if (isNode(value)) children.push(value);
  }
  return children;
}

/** This node and all below it, from the top down. With a stack of its own: long chains of operators go deeper than calls may. */
export function* within(root: Node, enter: (node: Node) => boolean = () => true): Generator<Node> {
  const waiting: Node[] = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    yield node;
    if (node !== root && !enter(node)) continue;
    const children = childrenOf(node);
    for (let index = children.length - 1; index >= 0; index -= 1) waiting.push(children[index]!);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
}
