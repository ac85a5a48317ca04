import type { Node } from "@babel/types";

// Of Babel's nodes these are no code.
const notCode = new Set(["type", "loc", "extra", "errors", "comments", "tokens", "leadingComments", "trailingComments", "innerComments"]);

/** Adds the nodes directly below this one, as they come in the text. */
export function pushChildren(node: Node, to: Node[]): void {
  // Every node of the project comes by here: no lists are made of its fields.
  const fields = node as unknown as Record<string, unknown>;
  for (const key in fields) {
    const value = fields[key];
    if (value === null || typeof value !== "object" || notCode.has(key)) continue;
    if (Array.isArray(value)) for (const each of value as unknown[]) (isNode(each) && to.push(each));
    else if (isNode(value)) to.push(value);
  }
}

/** This node and all below it, from the top down. With a stack of its own: long chains of operators go deeper than calls may. */
export function* within(root: Node, enter: (node: Node) => boolean = () => true): Generator<Node> {
  const waiting: Node[] = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    yield node;
    if (node !== root && !enter(node)) continue;
    const top = waiting.length;
    pushChildren(node, waiting);
    for (let low = top, high = waiting.length - 1; low < high; low += 1, high -= 1) [waiting[low], waiting[high]] = [waiting[high]!, waiting[low]!];
  }
}

/** The node that each node is in. */
export interface Parents {
  get(node: Node): Node | undefined;
}

// Kept in the nodes themselves, where the walk over their fields does not see it: a map of all nodes costs more than the walk.
const parent = Symbol("parent");
type Child = Node & { [parent]?: Node };

export const parents: Parents = { get: (node: Child) => node[parent] };

export function setParent(node: Child, above: Node): void {
  node[parent] = above;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
}
