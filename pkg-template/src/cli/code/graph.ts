// Which file imports which, as far as the project's own files go.

import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Node } from "@babel/types";
import { nameOfKey } from "./scopes.js";
import type { Summary } from "./summary.js";
import { property } from "./trace.js";

const endings = ["", ".ts", ".tsx", ".mts", ".js", ".jsx", ".mjs", ".cts", ".cjs", "/index.ts", "/index.tsx", "/index.js", "/index.jsx", "/index.mjs"];

export class Graph {
  readonly #files: ReadonlyMap<string, Summary>;
  readonly #aliases: readonly Alias[];

  constructor(files: readonly Summary[], aliases: readonly Alias[]) {
    this.#files = new Map(files.map((file) => [file.path, file]));
    this.#aliases = aliases;
  }

  /** The project's file that an import means, if it means one. */
  resolve(from: string, module: string): Summary | undefined {
    for (const base of this.#bases(from, module)) {
      for (const ending of endings) {
        const found = this.#files.get(base + ending);
        if (found !== undefined) return found;
      }
      // TypeScript's ./x.js is the file ./x.ts.
      const [, stem] = /^(.*)\.[cm]?jsx?$/.exec(base) ?? [];
      for (const ending of stem === undefined ? [] : [".ts", ".tsx", ".mts"]) {
        const found = this.#files.get(stem + ending);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  /** The files that are in the browser's code: those that say `"use client"`, and what they import. */
  client(): Set<Summary> {
    const reached = new Set<Summary>();
    const waiting = [...this.#files.values()].filter((file) => file.directive === "client" && !file.isTest);
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      if (reached.has(file)) continue;
      reached.add(file);
      for (const module of file.imports) {
        const next = this.resolve(file.path, module);
        // A server function is called from there, and is not there itself.
        if (next !== undefined && next.directive !== "server" && !next.imports.includes("server-only")) waiting.push(next);
      }
    }
    return reached;
  }

  *#bases(from: string, module: string): Generator<string> {
    if (module.startsWith(".")) {
      yield resolve(dirname(from), module);
      return;
    }
    for (const { prefix, targets, below } of this.#aliases) {
      if (module.startsWith(prefix) && from.startsWith(below)) for (const target of targets) yield join(target, module.slice(prefix.length));
    }
  }
}

export interface Alias {
  /** `@/` */
  prefix: string;
  targets: string[];
  /** The folder whose files may use it. */
  below: string;
}

/** The aliases of tsconfig.json (or jsconfig.json) in these folders, and what is usual where it has none. */
export async function readAliases(folders: readonly string[]): Promise<Alias[]> {
  const { parse } = await import("../vendor/babel.js");
  return folders.flatMap((folder) => {
    const usual: Alias[] = ["@/", "~/"].map((prefix) => ({ prefix, targets: [join(folder, "src"), folder], below: folder }));
    for (const name of ["tsconfig.json", "jsconfig.json"]) {
      let options: Node | undefined;
      try {
        // JSON with comments and trailing commas is JavaScript.
        const [statement] = parse(`(${readFileSync(join(folder, name), "utf8").replace(/^\uFEFF/, "")}\n)`, { errorRecovery: true }).program.body;
        options = statement?.type === "ExpressionStatement" ? property(statement.expression, "compilerOptions") : undefined;
      } catch {
        // None there, or none that can be read: the compiler will say so; the usual aliases are tried.
        continue;
      }
      const paths = options && property(options, "paths");
      const base = options && property(options, "baseUrl");
      const start = resolve(folder, base?.type === "StringLiteral" ? base.value : ".");
      if (paths?.type !== "ObjectExpression") continue;
      const declared = paths.properties.flatMap((each): Alias[] => {
        if (each.type !== "ObjectProperty" || each.value.type !== "ArrayExpression") return [];
        const targets = each.value.elements.flatMap((element) => (element?.type === "StringLiteral" ? [resolve(start, element.value.replace(/\*$/, ""))] : []));
        return [{ prefix: (nameOfKey(each.key) ?? "").replace(/\*$/, ""), targets, below: folder }];
      });
      return [...declared.filter(({ prefix }) => prefix !== ""), ...usual];
    }
    return usual;
  });
}
