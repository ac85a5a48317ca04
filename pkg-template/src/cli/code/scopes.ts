// Which declaration a name means. Without it a parameter called `secret` would be taken for the constant of another function.

import type { Function as AnyFunction, Identifier, Node } from "@babel/types";
import type { OfType } from "./parse.js";
import type { Parents } from "./walk.js";

export interface Binding {
  kind: "import" | "parameter" | "variable" | "function" | "other";
  /** The declarator, function, import specifier or class. */
  node: Node;
  /** What a variable is, or is taken apart from: its initial value. */
  init?: Node | undefined;
  /** The fields on the way from there, in `const { a: { b } } = init` or a parameter: ["a", "b"]. */
  path: readonly string[];
  /** The default, in `{ a = 1 }`. */
  fallback?: Node | undefined;
  /** Values assigned to it later. */
  assigned: Node[];
  /** Of a parameter: whose, and which. */
  of?: { fn: AnyFunction; index: number };
  /** Of an import: the module, and the name there (`default`, `*`). */
  from?: { module: string; name: string };
}

type Names = Map<string, Binding>;

// All that declares names, in the order in which a name's first declaration is looked for.
const declaring = ["ImportDeclaration", "VariableDeclaration", "FunctionDeclaration", "ClassDeclaration", "FunctionExpression", "ArrowFunctionExpression", "ObjectMethod", "ClassMethod", "ClassPrivateMethod", "CatchClause"] as const;

export class Scopes {
  readonly #names = new Map<Node, Names>();
  readonly #parents: Parents;
  /** The nearest node around that declares names, for nodes that were asked for. */
  readonly #nearest = new Map<Node, Node | undefined>();

  constructor(ofType: OfType, parents: Parents) {
    this.#parents = parents;
    for (const type of declaring) for (const node of ofType(type)) this.#declare(node);
    for (const node of ofType("AssignmentExpression")) {
      if (node.operator === "=" && node.left.type === "Identifier") this.resolve(node.left)?.assigned.push(node.right);
    }
  }

  /** What this name means here, if it is declared in this file. */
  resolve(identifier: Identifier): Binding | undefined {
    for (let node = this.#around(identifier); node !== undefined; node = this.#around(this.#parents.get(node))) {
      const binding = this.#names.get(node)?.get(identifier.name);
      if (binding !== undefined) return binding;
    }
    return undefined;
  }

  /** This node or the nearest around it that declares names. Kept for all on the way: in long expressions it is long. */
  #around(start: Node | undefined): Node | undefined {
    const way: Node[] = [];
    let node = start;
    while (node !== undefined && !this.#names.has(node)) {
      if (this.#nearest.has(node)) {
        node = this.#nearest.get(node);
        break;
      }
      way.push(node);
      node = this.#parents.get(node);
    }
    for (const each of way) this.#nearest.set(each, node);
    return node;
  }

  #declare(node: Node): void {
    switch (node.type) {
      case "VariableDeclaration": {
        const scope = this.#scopeAbove(node, node.kind === "var");
        for (const declarator of node.declarations) {
          this.#bind(scope, declarator.id, { kind: "variable", node: declarator, init: declarator.init ?? undefined, path: [], assigned: [] });
        }
        break;
      }
      case "ImportDeclaration":
        for (const specifier of node.specifiers) {
          const name = specifier.type === "ImportSpecifier" ? nameOfKey(specifier.imported) : specifier.type === "ImportDefaultSpecifier" ? "default" : "*";
          const from = { module: node.source.value, name: name ?? "*" };
          this.#add(this.#scopeAbove(node, false), specifier.local.name, { kind: "import", node: specifier, path: [], assigned: [], from });
        }
        break;
      case "FunctionDeclaration":
      case "ClassDeclaration":
        if (node.id) this.#add(this.#scopeAbove(node, false), node.id.name, { kind: node.type === "ClassDeclaration" ? "other" : "function", node, path: [], assigned: [] });
        if (node.type === "FunctionDeclaration") this.#parameters(node);
        break;
      case "FunctionExpression":
        if (node.id) this.#add(node, node.id.name, { kind: "function", node, path: [], assigned: [] });
        this.#parameters(node);
        break;
      case "ArrowFunctionExpression":
      case "ObjectMethod":
      case "ClassMethod":
      case "ClassPrivateMethod":
        this.#parameters(node);
        break;
      case "CatchClause":
        if (node.param) this.#bind(node, node.param, { kind: "other", node, path: [], assigned: [] });
        break;
      default:
    }
  }

  #parameters(fn: AnyFunction): void {
    fn.params.forEach((parameter, index) => this.#bind(fn, parameter, { kind: "parameter", node: fn, path: [], assigned: [], of: { fn, index } }));
  }

  /** Every name in a pattern, with its way from the value. */
  #bind(scope: Node, pattern: Node, binding: Binding): void {
    switch (pattern.type) {
      case "Identifier":
        this.#add(scope, pattern.name, { ...binding, assigned: [] });
        break;
      case "AssignmentPattern":
        this.#bind(scope, pattern.left, { ...binding, fallback: pattern.right });
        break;
      case "ObjectPattern":
        for (const property of pattern.properties) {
          if (property.type === "RestElement") this.#bind(scope, property.argument, binding);
          else this.#bind(scope, property.value, { ...binding, path: [...binding.path, (property.computed ? undefined : nameOfKey(property.key)) ?? "*"] });
        }
        break;
      case "ArrayPattern":
        for (const element of pattern.elements) if (element !== null) this.#bind(scope, element, { ...binding, path: [...binding.path, "*"] });
        break;
      case "RestElement":
        this.#bind(scope, pattern.argument, { ...binding, path: [...binding.path, "*"] });
        break;
      case "TSParameterProperty":
        this.#bind(scope, pattern.parameter, binding);
        break;
      default:
    }
  }

  #add(scope: Node, name: string, binding: Binding): void {
    let names = this.#names.get(scope);
    if (names === undefined) this.#names.set(scope, (names = new Map()));
    if (!names.has(name)) names.set(name, binding);
  }

  #scopeAbove(node: Node, ofFunction: boolean): Node {
    let scope = this.#parents.get(node) ?? node;
    for (let parent: Node | undefined = scope; parent !== undefined; parent = this.#parents.get(parent)) {
      scope = parent;
      if (isFunction(parent) || parent.type === "Program") break;
      if (!ofFunction && /^(?:BlockStatement|For\w*Statement|SwitchStatement|TSModuleBlock|StaticBlock)$/.test(parent.type)) break;
    }
    return scope;
  }
}

const functionTypes = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression", "ObjectMethod", "ClassMethod", "ClassPrivateMethod"]);

/** Whether this is a function of any kind. */
export function isFunction(node: Node): node is AnyFunction {
  return functionTypes.has(node.type);
}

/** The name of a property or an import that is written out. */
export function nameOfKey(key: Node): string | undefined {
  if (key.type === "Identifier") return key.name;
  return key.type === "StringLiteral" ? key.value : undefined;
}
