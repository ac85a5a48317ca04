import type { Finding, Repair } from "./finding.js";

type Severity = Finding["severity"];

/** Every code of a finding outside the code, how grave it is, and why it matters. `www/docs/cli.md` lists them all. */
const kinds = {
  // Both sides
  variable_unset: ["error", "Without it nothing that needs the secret works: calls fail, or are refused."],
  variable_differs: ["error", "What one side signs or sends, the other refuses."],
  caller_unset: ["error", "If one caller of `keys` has no secret, the guards let nobody in, the other callers neither."],
  rotation_unfinished: ["warning", "As long as it is set, both secrets let callers in, the old one too."],
  // A value
  secret_padded: ["error", "White space and control characters belong to a secret like letters, and countersign refuses secrets that have them at an end."],
  secret_carriage_return: ["error", "A carriage return at the end, often from Windows, belongs to the secret and is seen nowhere."],
  secret_quoted: ["error", "These quotes belong to the secret, and countersign refuses secrets with quotes at an end."],
  secret_truncated: ["error", "It is not the secret that was made: something of it is missing or changed."],
  secret_malformed: ["error", "It cannot be turned into bytes in one way only, and countersign refuses it."],
  secret_too_long: ["error", "countersign refuses it; a text of this length is a file or a certificate, and no secret."],
  secret_weak: ["error", "It can be guessed, and countersign refuses it."],
  secret_placeholder: ["error", "Everybody knows the texts of examples, and countersign refuses them."],
  // Where values come from
  value_expanded: ["error", "Next.js puts a variable's value in the place of `$` and a name, so the value is another than the one that stands there."],
  variable_twice: ["warning", "The last line counts, and whoever changes the other one changes nothing."],
  variable_shadowed: ["warning", "Next.js takes another value than the one that stands here."],
  env_file_bom: ["warning", "Next.js skips the mark, but `node --env-file`, Docker and shells then do not know the first variable."],
  env_file_encoding: ["error", "Next.js reads env files as UTF-8 and finds no variable in this one."],
  // Who can read it
  secret_public_name: ["error", "Next.js puts NEXT_PUBLIC_ variables into the code that every visitor downloads."],
  secret_public_copy: ["error", "Next.js puts NEXT_PUBLIC_ variables into the code that every visitor downloads, and this one is the secret."],
  env_file_tracked: ["error", "Whoever can read the repository, now or later, has the secret."],
  env_file_not_ignored: ["error", "The next `git add .` commits the secret."],
  env_file_mode: ["warning", "Other users of this machine can read the secret."],
  secret_in_history: ["error", "Whoever has a clone has the secret, also after the file was taken out."],
  secret_in_example: ["error", "Example files are committed and copied, and this one holds the real secret."],
  secret_in_file: ["error", "The file is in the repository: whoever can read that has the secret."],
  secret_dev_is_prod: ["error", "Whoever develops, and whatever leaks on a developer's machine, gets into production."],
  secret_shared: ["error", "Nobody can tell the two callers apart, and countersign refuses to start with such keys."],
  // The deployment
  convex_url_unset: ["error", "`countersign/next` and Convex's client do not know which deployment to call."],
  convex_url_wrong: ["error", "The app calls another deployment than the one that has the secret, or none."],
  clock_skew: ["error", "A signed call counts for 60 seconds: with wrong clocks it has expired, or is not valid yet, when it arrives."],
  clock_drift: ["warning", "A signed call counts for 60 seconds, and clocks that drift use them up."],
  // The packages and files that countersign needs
  version_differs: ["warning", "Both sides should sign and verify by the same rules."],
  package_missing: ["error", "The package's code cannot be loaded from there."],
  convex_too_old: ["error", "The guards learn their function's name from `ctx.meta`, which came with convex 1.37."],
  next_too_old: ["error", "`countersign/next` is made for Next.js 15 and later."],
  node_too_old: ["error", "countersign needs Node.js 20.19 or later."],
  component_missing: ["error", "Without the replay component `components.countersign` is undefined, and the functions cannot be deployed."],
  guards_missing: ["error", "The server signs calls, and nothing in Convex verifies them."],
} as const satisfies Record<string, readonly [Severity, string]>;

export type Code = keyof typeof kinds;

export const codes = Object.keys(kinds) as Code[];

export interface Details {
  where: string;
  message: string;
  fix: string;
  variable?: string | undefined;
  repair?: Repair | undefined;
}

export function finding(code: Code, { where, message, fix, variable, repair }: Details): Finding {
  const [severity, why] = kinds[code];
  return { code, severity, where, message, why, fix, ...(variable === undefined ? {} : { variable }), ...(repair === undefined ? {} : { repair }) };
}
