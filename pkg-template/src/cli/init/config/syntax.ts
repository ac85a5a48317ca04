import { parse } from "../../vendor/babel.js";

type File = ReturnType<typeof parse>;
export type Statement = File["program"]["body"][number];
type Kind<Of extends Statement["type"]> = Extract<Statement, { type: Of }>;
export type Import = Kind<"ImportDeclaration">;
export type Expression = Kind<"ExpressionStatement">["expression"];
export type Call = Extract<Expression, { type: "CallExpression" }>;
export type ObjectLiteral = Extract<Expression, { type: "ObjectExpression" }>;

/** What any node has; the parser sets both ends. */
interface Node {
  type: string;
  start: number;
  end: number;
}

/** A module's source, parsed, and questions about its top level. */
export class Module {
  readonly text: string;
  readonly statements: readonly Statement[];

  /** @throws SyntaxError of the parser, whose message has a place and none of the source */
  constructor(text: string, typescript: boolean) {
    this.text = text;
    this.statements = parse(text, { sourceType: "module", plugins: typescript ? ["typescript"] : [] }).program.body;
  }

  get imports(): Import[] {
    return this.statements.filter((statement) => statement.type === "ImportDeclaration");
  }

  /** The local name of what is imported, for a value: `import { v as validators }` gives `validators`. `default` is the default export. */
  imported(source: RegExp, name: string): string | undefined {
    for (const declaration of this.imports) {
      if (declaration.importKind === "type" || !source.test(declaration.source.value)) continue;
      for (const specifier of declaration.specifiers) {
        if (specifier.type === "ImportDefaultSpecifier" && name === "default") return specifier.local.name;
        if (specifier.type !== "ImportSpecifier" || specifier.importKind === "type") continue;
        const imported = specifier.imported.type === "Identifier" ? specifier.imported.name : specifier.imported.value;
        if (imported === name) return specifier.local.name;
      }
    }
    return undefined;
  }

  /** The name behind `import * as name`. */
  namespace(source: RegExp): string | undefined {
    for (const declaration of this.imports) {
      if (declaration.importKind === "type" || !source.test(declaration.source.value)) continue;
      for (const specifier of declaration.specifiers) if (specifier.type === "ImportNamespaceSpecifier") return specifier.local.name;
    }
    return undefined;
  }

  /** Where the value of a name declared at the top level is made, and the statement that does it. */
  declared(name: string): { statement: Statement; value: Expression } | undefined {
    for (const statement of this.statements) {
      const declaration = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
      if (declaration?.type !== "VariableDeclaration") continue;
      for (const { id, init } of declaration.declarations) {
        if (id.type === "Identifier" && id.name === name && init != null) return { statement, value: bare(init) };
      }
    }
    return undefined;
  }

  /** Whether a new name would meet an old one: any identifier of that name counts, so that none is shadowed either. */
  mentions(name: string): boolean {
    let found = false;
    walk(this.statements, (node) => {
      if (node.type === "Identifier" && (node as unknown as { name: string }).name === name) found = true;
    });
    return found;
  }

  calls(): Call[] {
    const calls: Call[] = [];
    walk(this.statements, (node) => {
      if (node.type === "CallExpression") calls.push(node as unknown as Call);
    });
    return calls;
  }
}

/** An expression without parentheses, `as`, `satisfies` and `!` around it: they change no value. */
export function bare(expression: Expression): Expression {
  switch (expression.type) {
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSNonNullExpression":
    case "ParenthesizedExpression":
      return bare(expression.expression);
    default:
      return expression;
  }
}

/** The name of a property that is written out, as `name` or `"name"`. */
export function propertyName(property: ObjectLiteral["properties"][number]): string | undefined {
  if (property.type === "SpreadElement" || property.computed) return undefined;
  if (property.key.type === "Identifier") return property.key.name;
  return property.key.type === "StringLiteral" ? property.key.value : undefined;
}

/** The value of a property that is written out. */
export function propertyValue(object: ObjectLiteral, name: string): Expression | undefined {
  const property = object.properties.find((each) => propertyName(each) === name);
  return property?.type === "ObjectProperty" ? bare(property.value as Expression) : undefined;
}

function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const each of value) walk(each, visit);
  } else if (isNode(value)) {
    visit(value);
    for (const [key, child] of Object.entries(value)) if (!/comments$/i.test(key)) walk(child, visit);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Node).type === "string" && typeof (value as Node).start === "number";
}
