import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseEnvFile } from "../../environment/index.js";
import { finding } from "../codes.js";
import type { Check, EnvFile, Facts, Secret } from "../facts.js";
import type { Finding } from "../finding.js";
import { holdsSecret, isExample, rotate } from "./exposure.js";

/** Whether git has a secret, or gets it with the next commit. */
export const repository: Check = async (facts) => {
  const { git } = facts;
  const examples = inExamples(facts);
  if (git.unavailable !== undefined) {
    // Without a repository there is nothing to commit to, and nothing to look at.
    if (/no git repository/.test(git.unavailable)) facts.note("This is no git repository, so nothing was looked for in git.");
    else facts.unchecked({ what: "Whether git has a secret", because: `${git.unavailable}.`, isSide: false });
    return examples;
  }
  return [...examples, ...(await envFiles(facts)), ...(await history(facts)), ...(await otherFiles(facts))];
};

/** Each question to git is a process. */
const AT_ONCE = 3;

async function inTurns<From, To>(list: readonly From[], work: (each: From) => Promise<To[]>, atOnce = AT_ONCE): Promise<To[]> {
  const found: To[] = [];
  for (let at = 0; at < list.length; at += atOnce) found.push(...(await Promise.all(list.slice(at, at + atOnce).map(work))).flat());
  return found;
}

async function envFiles(facts: Facts): Promise<Finding[]> {
  const { git, words } = facts;
  const holding = facts.files.filter((file) => !isExample(file.name) && holdsSecret(facts, file));
  return await inTurns(holding, async (file) => {
    if (await git.isTracked(file.path)) {
      const variable = facts.variables.find(({ name, isPrivate }) => isPrivate && file.parsed.entries.some((entry) => entry.name === name));
      return [
        finding("env_file_tracked", {
          where: file.name,
          message: `${file.name} holds a secret, and git tracks it.`,
          fix: `git rm --cached ${words.path(file.path)} && git commit -m "Secrets are not in git", then: ${rotate(facts, variable?.base ?? "")}`,
        }),
      ];
    }
    if (await git.isIgnored(file.path)) return [];
    return [
      finding("env_file_not_ignored", {
        where: file.name,
        message: `${file.name} holds a secret, and git does not ignore it.`,
        fix: words.fix(),
        repair: facts.repairs.ignore(file.path),
      }),
    ];
  });
}

/** In the history of the env files, whether they are there today or not. A value that is not used any more is no fault: it was rotated. */
async function history(facts: Facts): Promise<Finding[]> {
  const { git, project } = facts;
  const folders = [...new Set([facts.server.folder, project.convex?.folder ?? facts.server.folder])];
  const paths = folders.flatMap((folder) => [".env.local", ".env", ".env.development", ".env.development.local", ".env.production", ".env.production.local"].map((name) => join(folder, name)));
  const secrets = facts.secrets();
  return await inTurns(paths, async (path): Promise<Finding[]> => {
    // What git has today is another finding.
    if (await git.isTracked(path)) return [];
    const versions = await git.versions(path);
    const known = secrets.flatMap((secret) => {
      const version = versions.find(({ content }) => (secret.value.length >= SHORTEST ? content.includes(secret.value) : parseEnvFile(content).entries.some(({ value }) => value === secret.value)));
      return version === undefined ? [] : [{ secret, commit: version.commit }];
    });
    const name = facts.relative(path);
    if (known.length === 0) {
      const names = facts.variables.filter(({ isPrivate }) => isPrivate).map((each) => each.name);
      const older = names.filter((each) => versions.some(({ content }) => parseEnvFile(content).entries.some((entry) => entry.name === each && entry.value !== "")));
      if (older.length > 0) facts.note(`git's history of ${name} has a value of ${older.join(", ")} that is not in use. It must not be used again.`);
    }
    return known.map(({ secret, commit }) =>
      finding("secret_in_history", {
        where: `${name}@${commit.slice(0, 10)}`,
        variable: secret.name,
        message: `The secret in ${secret.name} is in git's history: ${name}, commit ${commit.slice(0, 10)}.`,
        fix: rotate(facts, secret.base),
      }),
    );
  });
}

function inExamples(facts: Facts): Finding[] {
  return facts.files.filter(({ name }) => isExample(name)).flatMap((file) => facts.secrets().flatMap((secret) => inExample(facts, file, secret)));
}

function inExample(facts: Facts, { name: file, parsed, bytes }: EnvFile, secret: Secret): Finding[] {
  const line = (secret.value.length >= SHORTEST ? lineOf(bytes, secret.value) : undefined) ?? parsed.entries.find(({ value }) => facts.fingerprints.same(value, secret.value))?.line;
  if (line === undefined) return [];
  return [
    finding("secret_in_example", {
      where: `${file}:${line}`,
      variable: secret.name,
      message: `${file} has the secret that ${secret.name} has.`,
      fix: `Take the value out of ${file}:${line}; if the file was ever committed: ${rotate(facts, secret.base)}`,
    }),
  ];
}

/** Larger ones are no text that people write. */
const LARGEST = 1024 * 1024;
/** Shorter values stand in files by accident. */
const SHORTEST = 12;
const TOGETHER = 32;

async function otherFiles(facts: Facts): Promise<Finding[]> {
  const secrets = facts.secrets().filter(({ value }) => value.length >= SHORTEST);
  if (secrets.length === 0) return [];
  const own = new Set(facts.files.map(({ path }) => path));
  const files = (await facts.git.trackedFiles()).filter((path) => !own.has(path) && existsSync(path));
  return await inTurns(files, async (path) => await inFile(facts, path, secrets), TOGETHER);
}

async function inFile(facts: Facts, path: string, secrets: readonly Secret[]): Promise<Finding[]> {
  const { size } = await stat(path);
  if (size > LARGEST) return [];
  // A submodule's folder, or a link to one, is tracked by its name.
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EISDIR") return Buffer.alloc(0);
    throw error;
  });
  return secrets.flatMap((secret) => {
    const line = lineOf(bytes, secret.value);
    if (line === undefined) return [];
    const where = `${facts.relative(path)}:${line}`;
    return [
      finding("secret_in_file", {
        where,
        variable: secret.name,
        message: `The secret in ${secret.name} stands in ${where}, which is in git.`,
        fix: `Take it out of ${where}, then: ${rotate(facts, secret.base)}`,
      }),
    ];
  });
}

function lineOf(bytes: Buffer, value: string): number | undefined {
  const at = bytes.indexOf(value);
  return at === -1 ? undefined : bytes.subarray(0, at).toString("latin1").split("\n").length;
}
