import type { Comment, Node, Program } from "@babel/types";
import { Scopes } from "./scopes.js";
import type { Parents } from "./walk.js";
import { parents, pushChildren, setParent } from "./walk.js";

/** A file as the checks see it. */
export interface Source {
  /** Relative to the project, with slashes. */
  name: string;
  path: string;
  text: string;
  /** Where it belongs: the Convex functions, or everything else. */
  inConvex: boolean;
  program: Program;
  comments: readonly Comment[];
  /** All nodes of a type, from the top down. Made once, so that no check goes through all nodes. */
  ofType: OfType;
  parents: Parents;
  scopes: Scopes;
}

export type OfType = <Type extends Node["type"]>(type: Type) => readonly (Node & { type: Type })[];

export type Parsed = { source: Source; problem?: string } | { source?: undefined; problem: string };

/** Reads the syntax of a file. `problem` says what could not be read: of the whole file, or of a part of it. */
export async function parseSource(file: { name: string; path: string; text: string; inConvex: boolean }): Promise<Parsed> {
  const { parse } = await import("../vendor/babel.js");
  const isTypeScript = /\.[cm]?tsx?$/.test(file.name);
  // JSX and the old type assertions `<T>x` exclude each other.
  const hasJsx = !/\.[cm]?ts$/.test(file.name);
  let tree;
  try {
    tree = parse(file.text, {
      sourceType: "unambiguous",
      errorRecovery: true,
      allowReturnOutsideFunction: true,
      allowAwaitOutsideFunction: true,
      allowUndeclaredExports: true,
      attachComment: false,
      plugins: [...(isTypeScript ? (["typescript"] as const) : []), ...(hasJsx ? (["jsx"] as const) : []), "decorators-legacy", "decoratorAutoAccessors", "explicitResourceManagement"],
    });
  } catch (error) {
    // The parser's words name a place and a kind of token, and nothing of the text.
    if (!(error instanceof Error)) throw error;
    return { problem: error instanceof SyntaxError ? `a syntax error: ${short(error.message)}` : `it is nested too deeply to be read` };
  }
  const byType = new Map<string, Node[]>();
  const waiting: Node[] = [tree.program];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const alike = byType.get(node.type);
    if (alike === undefined) byType.set(node.type, [node]);
    else alike.push(node);
    // The last of the stack comes first: what was put there is turned round.
    const top = waiting.length;
    pushChildren(node, waiting);
    for (let low = top, high = waiting.length - 1; low <= high; low += 1, high -= 1) {
      const [one, two] = [waiting[low]!, waiting[high]!];
      setParent(one, node);
      setParent(two, node);
      waiting[low] = two;
      waiting[high] = one;
    }
  }
  const ofType: OfType = <Type extends Node["type"]>(type: Type) => (byType.get(type) ?? []) as (Node & { type: Type })[];
  const source = { ...file, program: tree.program, comments: tree.comments ?? [], ofType, parents, scopes: new Scopes(ofType, parents) };
  const [first] = tree.errors ?? [];
  return first === undefined ? { source } : { source, problem: `a syntax error, so only a part was checked: ${short(String((first as { message?: unknown }).message ?? first))}` };
}

/** One line, and without the names of what the text holds. */
function short(message: string): string {
  return (message.split("\n")[0] ?? "").replace(/[`'"][^`'"]*[`'"]/g, "…").slice(0, 120);
}
