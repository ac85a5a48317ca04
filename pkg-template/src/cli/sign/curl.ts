import { CliError } from "../errors.js";
import type { HeaderField } from "./input.js";

/** What is printed with every command for a shell. */
export const forWhichShell = "For bash and zsh; on Windows in Git Bash or WSL.";

/** A request, as curl is to send it. */
export interface CurlRequest {
  method: string;
  url: string;
  headers: readonly HeaderField[];
  /** The body: a text that goes into the command, a file, or `-` for stdin. */
  body?: { text: string } | { file: string } | undefined;
}

/** The command that sends a request exactly so, and nothing else. */
export function curlCommand({ method, url, headers, body }: CurlRequest): string {
  const lines = [["curl", ...methodOf(method, body !== undefined), "--globoff", quote(url)].join(" ")];
  // A header without a value is written with a semicolon.
  for (const [name, value] of headers) lines.push(`-H ${quote(value === "" ? `${name};` : `${name}: ${value}`)}`);
  if (body !== undefined) lines.push("text" in body ? `--data-raw ${quote(body.text)}` : `--data-binary ${quote(`@${body.file}`)}`);
  return lines.join(" \\\n  ");
}

function methodOf(method: string, hasBody: boolean): string[] {
  // With --request HEAD curl would wait for a body.
  if (method === "HEAD") return ["--head"];
  return method === (hasBody ? "POST" : "GET") ? [] : ["--request", quote(method)];
}

/** A word of a POSIX shell that stands for exactly this text. */
export function quote(text: string): string {
  if (text.includes("\0")) throw new CliError("A command cannot hold the character NUL.", "Leave out --curl.");
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
