import type { Comment, Node, Program } from "@babel/types";
import { Scopes } from "./scopes.js";
import { childrenOf } from "./walk.js";

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
  /** All nodes, from the top down. */
  nodes: readonly Node[];
  parents: ReadonlyMap<Node, Node>;
  scopes: Scopes;
}

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
  const nodes: Node[] = [];
  const parents = new Map<Node, Node>();
  const waiting: Node[] = [tree.program];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    nodes.push(node);
    const children = childrenOf(node);
    for (let index = children.length - 1; index >= 0; index -= 1) {
      const child = children[index]!;
      parents.set(child, node);
      waiting.push(child);
    }
  }
  const source = { ...file, program: tree.program, comments: tree.comments ?? [], nodes, parents, scopes: new Scopes(nodes, parents) };
  const [first] = tree.errors ?? [];
  return first === undefined ? { source } : { source, problem: `a syntax error, so only a part was checked: ${short(String((first as { message?: unknown }).message ?? first))}` };
}

/** One line, and without the names of what the text holds. */
function short(message: string): string {
  return (message.split("\n")[0] ?? "").replace(/[`'"][^`'"]*[`'"]/g, "…").slice(0, 120);
}
