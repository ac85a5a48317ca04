import { inspectSecret } from "../../../inspect/index.js";
import type { Code } from "../codes.js";
import { finding } from "../codes.js";
import type { Check, Deployment, Facts, Setting } from "../facts.js";
import { convexValue, serverValue, set } from "../facts.js";
import type { Finding } from "../finding.js";
import { cleaned, isUsable } from "../secrets.js";
import type { Variable } from "../variables.js";
import { OWN } from "../variables.js";

/** Whether each secret can be used, where it stands. Whether it can is decided by `inspectSecret`; here is only what to call it, and what to do. */
export const values: Check = async (facts) =>
  facts.variables
    .filter(({ isJudged }) => isJudged)
    .flatMap((variable) => [
      ...settingsOf(facts, variable).flatMap((setting) => onServer(facts, variable, setting)),
      ...[facts.dev, facts.production].flatMap((deployment) => onConvex(facts, variable, deployment)),
    ]);

/** What counts in development, and what counts in production if that is another. */
function settingsOf({ next, nextInProduction }: Facts, { name }: Variable): Setting[] {
  const found = [next.get(name), nextInProduction.get(name)].flatMap((setting) => (setting === undefined || set(setting.value) === undefined ? [] : [setting]));
  return found.filter(({ where }, index) => found.findIndex((other) => other.where === where) === index);
}

type Kind = ReturnType<typeof inspectSecret>["problems"][number]["kind"];

const says: Record<Kind, [Code, string]> = {
  missing: ["secret_weak", "has nothing but white space and control characters"],
  unreadable: ["secret_malformed", "is not well-formed text"],
  padded: ["secret_padded", "has white space or a control character at an end"],
  quoted: ["secret_quoted", "has a quote at an end that belongs to the value"],
  checksum: ["secret_truncated", "begins with csk_, but its checksum does not fit: it was cut off, mistyped or changed"],
  too_long: ["secret_too_long", "is longer than 16 KiB"],
  placeholder: ["secret_placeholder", "is a placeholder from an example"],
  too_short: ["secret_weak", "has fewer than 32 bytes"],
  few_distinct: ["secret_weak", "has fewer than 8 different characters"],
  repeated: ["secret_weak", "is one short piece over and over"],
};

/** The first thing to mend; of several ways to be weak, the one that says most. */
function judge(value: string): { code: Code; text: string } | undefined {
  const kinds = inspectSecret(value).problems.map(({ kind }) => kind);
  const [first] = kinds;
  if (first === undefined) return undefined;
  if (first === "padded" && /\r\n?$/.test(value)) return { code: "secret_carriage_return", text: "ends with a carriage return" };
  const kind = kinds.includes("placeholder") && !["padded", "quoted", "checksum", "too_long"].includes(first) ? "placeholder" : first;
  const [code, text] = says[kind];
  return { code, text };
}

function onServer(facts: Facts, variable: Variable, setting: Setting): Finding[] {
  const { name } = variable;
  const found = judge(setting.value);
  // `$` that was expanded makes of a good secret a bad one: checks/sources.ts says so.
  if (found === undefined || isUsable(setting.written)) return [];
  const rest = cleaned(setting.value);
  const removable = rest !== setting.value && isUsable(rest);
  const repair = removable && setting.file !== undefined ? facts.repairs.rewrite(name, setting, rest) : undefined;
  return [finding(found.code, { where: setting.where, variable: name, message: `${name} ${found.text}.`, fix: fixOnServer(facts, variable, setting, repair !== undefined, rest), repair })];
}

function fixOnServer(facts: Facts, { name }: Variable, setting: Setting, repairable: boolean, rest: string): string {
  const { words, dev } = facts;
  if (repairable) return words.fix();
  if (setting.file === undefined) return `Set ${name} again where the server is started${isUsable(rest) ? ", without quotes and white space around it" : `: ${words.countersign("keygen")} makes a secret`}.`;
  const there = convexValue(dev, name);
  const takeAway = `Take ${name} out of ${setting.where}, then:`;
  // Convex's is fetched by --fix once nothing is in its place.
  if (there !== undefined && isUsable(there)) return `${takeAway} ${words.fix()}`;
  return `${takeAway} ${newSecret(facts, name, setting.file)}`;
}

function newSecret({ words }: Facts, name: string, file: string): string {
  return `${words.countersign(`keygen --var ${name}`)} >> ${words.path(file)} && node --env-file=${words.path(file)} -p process.env.${name} | ${words.enterInConvex(name, false)}`;
}

function onConvex(facts: Facts, { name, role }: Variable, deployment: Deployment): Finding[] {
  const value = convexValue(deployment, name);
  const found = value === undefined ? undefined : judge(value);
  if (found === undefined) return [];
  const { words, next } = facts;
  const here = serverValue(facts, name);
  const copy = here !== undefined && isUsable(here) && !deployment.production ? words.copyToConvex(name, next.get(name), false) : undefined;
  const otherwise = role === "next" || role === "previous" ? words.removeFromConvex(name, deployment.production) : `${words.enterInConvex(name, deployment.production)}, and enter ${whatToEnter(facts, name, value as string)}`;
  return [finding(found.code, { where: deployment.label, variable: name, message: `${name} ${found.text}.`, fix: copy ?? otherwise })];
}

function whatToEnter({ words }: Facts, name: string, value: string): string {
  if (isUsable(cleaned(value))) return "it without what is around it";
  return name === OWN ? "the server's secret" : `a secret that ${words.countersign("keygen")} makes`;
}
