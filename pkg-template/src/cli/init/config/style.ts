import type { Module } from "./syntax.js";

/** How a file is written, so that what is added looks as if its author had. */
export interface Style {
  quote: '"' | "'";
  semicolon: ";" | "";
  indent: string;
  newline: "\n" | "\r\n";
}

export const ourStyle: Style = { quote: '"', semicolon: ";", indent: "  ", newline: "\n" };

export function styleOf(module: Module): Style {
  const { text, imports, statements } = module;
  const first = imports[0];
  const simple = statements.filter(({ type }) => type === "ImportDeclaration" || type === "VariableDeclaration" || type === "ExpressionStatement" || type === "ExportDefaultDeclaration");
  const ended = simple.filter(({ end }) => text[end! - 1] === ";");
  return {
    quote: first !== undefined && text[first.source.start!] === "'" ? "'" : '"',
    semicolon: simple.length > 0 && ended.length * 2 < simple.length ? "" : ";",
    indent: /^(\t| {2,8})\S/m.exec(text)?.[1] ?? "  ",
    newline: text.includes("\r\n") ? "\r\n" : "\n",
  };
}
