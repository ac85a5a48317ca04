import { readNextEnvironment } from "../environment/index.js";
import type { Snippet } from "./code.js";
import type { Facts, Options } from "./facts.js";
import { VARIABLE } from "./facts.js";
import { shown } from "./files.js";
import type { Outcome } from "./step.js";
import { callExample } from "./templates.js";

/** What a person does next. */
export function lastWords({ context, project, words, convexWords }: Facts, options: Options, snippets: readonly Snippet[], outcomes: readonly Outcome[]): void {
  const { terminal } = context;
  const { bold, yellow, dim } = terminal.colours;
  const say = (text: string) => terminal.line(`${dim("·")} ${text}`);
  terminal.line();
  if (options.example !== true) {
    terminal.line("A guarded function, and a route that calls it, for a paste (or let init write them: --example):");
    for (const { path, text } of snippets) {
      terminal.line(`\n  ${bold(shown(project.root, path))}`);
      for (const line of text.trimEnd().split("\n")) terminal.line(line === "" ? "" : `  ${line}`);
    }
    terminal.line();
  }
  say(`${convexWords("dev")} sends the functions to Convex, and writes \`components\` into _generated.`);
  if (options.example === true) say(`Start Next.js, then: ${callExample}`);
  if (!readNextEnvironment(project, context, "development").variables.has("NEXT_PUBLIC_CONVEX_URL")) {
    terminal.line(`${yellow("!")} The Next.js app has no NEXT_PUBLIC_CONVEX_URL yet: put the deployment's address into ${shown(project.root, project.next.folder)}/.env.local.`.replace(" ./.env.local", " .env.local"));
  }
  const production = outcomes.find(({ step }) => step.id === "convex_prod")?.result;
  if (production === "done" || production === "already_done") {
    // `tr`: what comes out of the convex CLI ends with a line, and a secret does not.
    say(`Give the host of your Next.js app the secret of production, without showing it, for example: ${convexWords(`env get ${VARIABLE} --prod`)} | tr -d '\\n' | npx vercel env add ${VARIABLE} production`);
  } else if (production === undefined) {
    say(`Before production: ${words("countersign init --prod")} gives that a secret of its own.`);
  }
}
