import { chmodSync, statSync } from "node:fs";
import { basename } from "node:path";
import { finding } from "../codes.js";
import type { Check, EnvFile, Facts } from "../facts.js";
import { set } from "../facts.js";
import type { Finding } from "../finding.js";
import { OWN } from "../variables.js";

/** Whether somebody else gets the secrets: visitors, other users of the machine, another environment. */
export const exposure: Check = async (facts) => [...publicNames(facts), ...publicCopies(facts), ...modes(facts)];

function publicNames(facts: Facts): Finding[] {
  return facts.variables
    .filter(({ isPrivate }) => isPrivate)
    .flatMap(({ name, base }) => {
      const setting = facts.next.get(`NEXT_PUBLIC_${name}`) ?? facts.nextInProduction.get(`NEXT_PUBLIC_${name}`);
      if (setting === undefined || set(setting.value) === undefined) return [];
      return [
        finding("secret_public_name", {
          where: setting.where,
          variable: `NEXT_PUBLIC_${name}`,
          message: `NEXT_PUBLIC_${name} gives the secret to every visitor.`,
          fix: `Take NEXT_PUBLIC_${name} out of ${setting.where}; if the app ever ran with it: ${rotate(facts, base)}`,
        }),
      ];
    });
}

function publicCopies(facts: Facts): Finding[] {
  const secrets = facts.secrets();
  const settings = [...new Map([...facts.nextInProduction, ...facts.next])].filter(([name]) => name.startsWith("NEXT_PUBLIC_"));
  return settings.flatMap(([name, setting]) => {
    const secret = secrets.find(({ value }) => set(setting.value) !== undefined && facts.fingerprints.same(value, setting.value));
    if (secret === undefined || name === `NEXT_PUBLIC_${secret.name}`) return [];
    return [
      finding("secret_public_copy", {
        where: setting.where,
        variable: name,
        message: `${name} has the same value as ${secret.name}.`,
        fix: `Take ${name} out of ${setting.where}; if the app ever ran with it: ${rotate(facts, secret.base)}`,
      }),
    ];
  });
}

/** The command that puts another secret in its place. */
export function rotate({ words, variables }: Facts, base: string, production = false): string {
  const { role } = variables.find(({ name }) => name === base) ?? {};
  // The server knows a caller's secret by the usual name.
  const which = role === "caller" ? ` --caller ${base.replace("COUNTERSIGN_", "").toLowerCase()}` : base === OWN ? "" : ` --var ${base}`;
  return words.countersign(`rotate${which}${production ? " --prod" : ""}`);
}

/** Windows has other rights, which come with the folder. */
function modes(facts: Facts): Finding[] {
  if (process.platform === "win32") return [];
  return facts.files.filter((file) => !isExample(file.name) && holdsSecret(facts, file)).flatMap((file) => {
    const mode = statSync(file.path).mode & 0o777;
    if ((mode & 0o077) === 0) return [];
    const change = () => chmodSync(file.path, 0o600);
    return [
      finding("env_file_mode", {
        where: file.name,
        message: `${file.name} can be read by other users (mode ${mode.toString(8).padStart(4, "0")}).`,
        fix: `chmod 600 ${facts.words.path(file.path)}`,
        repair: { description: `${file.name} can be read by its owner only (mode 0600).`, run: async () => change() },
      }),
    ];
  });
}

/** Whether the file gives a secret variable a value. */
export function holdsSecret({ variables }: Facts, { parsed }: EnvFile): boolean {
  return parsed.entries.some((entry) => set(entry.value) !== undefined && variables.some(({ name, isPrivate }) => isPrivate && name === entry.name));
}

/** Made to be copied and read by all. */
export const isExample = (name: string): boolean => /(?:^|[.\-_/])(?:example|sample|template|dist|defaults?)(?:[.\-_]|$)/i.test(basename(name));
