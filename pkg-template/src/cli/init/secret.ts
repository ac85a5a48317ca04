import { lstatSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { generateSecret } from "../../index.js";
import { inspectSecret } from "../../inspect/index.js";
import type { NextEnvironment, NextVariable } from "../environment/index.js";
import { nextEnvFiles, readNextEnvironment, setVariable, writePrivately } from "../environment/index.js";
import { CliError } from "../errors.js";
import type { Facts } from "./facts.js";
import { VARIABLE } from "./facts.js";
import { shown, textOf } from "./files.js";
import type { Step } from "./step.js";

/** What is to become of the secret in development. */
export interface SecretPlan {
  steps: [envFile: Step, convex: Step];
  /** What both sides will hold, if that is known before a new one is made. */
  value: string | undefined;
  /** The file that the secret is in, or will be; `undefined` if the process has it. */
  file: string | undefined;
}

const QUESTION = {
  new: "Make a secret, and set it on both sides?",
  fromNext: "Set the secret of the Next.js app on the Convex development deployment too?",
  fromConvex: "Write the secret of the Convex development deployment into .env.local too?",
};

/**
 * Takes a secret that is there on one side to the other one; makes one if there is none. Never writes over one.
 *
 * @param onConvex - What the development deployment has.
 */
export function planSecret(facts: Facts, environment: NextEnvironment, onConvex: string | undefined): SecretPlan {
  const { fingerprints, project } = facts;
  const found = environment.variables.get(VARIABLE);
  const inNext = found === undefined || found.value === "" ? undefined : found.value;
  const inConvex = onConvex === "" ? undefined : onConvex;
  const place = placeOf(environment);
  const file = shown(project.root, place.path);
  const where = found === undefined ? file : sourceName(facts, environment, found);
  const deployment = "the Convex development deployment";
  const Deployment = "The Convex development deployment";
  const titles = { next: `${capital(where)} has ${VARIABLE}.`, convex: `${Deployment} has ${VARIABLE}.` };
  const stopped = (next: Partial<Step>, convex: Partial<Step>): SecretPlan => ({
    steps: [
      { id: "env_file", state: "done", title: titles.next, ...next },
      { id: "convex_dev", state: "done", title: titles.convex, ...convex },
    ],
    value: undefined,
    file: undefined,
  });
  const doctor = facts.words("countersign doctor");

  // A value that nobody could use is a mistake to look at, not one to spread or to write over.
  const nextProblem = inNext === undefined ? undefined : problemOf(inNext);
  const convexProblem = inConvex === undefined ? undefined : problemOf(inConvex);
  if (nextProblem !== undefined || convexProblem !== undefined) {
    return stopped(
      nextProblem === undefined ? {} : { state: "cannot", note: nextProblem, fix: `Take ${VARIABLE} out of ${where}, then run init again; ${doctor} says more.` },
      convexProblem === undefined ? {} : { state: "cannot", note: convexProblem, fix: `${facts.convexWords(`env remove ${VARIABLE}`)}, then run init again; ${doctor} says more.` },
    );
  }
  if (inNext !== undefined && inConvex !== undefined) {
    const prints = `${fingerprints.show(inNext)} in ${where}, ${fingerprints.show(inConvex)} on ${deployment}`;
    if (fingerprints.same(inNext, inConvex)) return { ...stopped({ note: `fingerprint ${fingerprints.show(inNext)}` }, { note: "the same one" }), value: inNext, file: fileOf(environment, found) };
    return stopped(
      { state: "cannot", title: `${capital(where)} has the ${VARIABLE} of ${deployment}.`, note: `they hold different secrets: ${prints}`, fix: `${doctor} shows who has which; ${facts.words("countersign rotate")} changes a secret that is in use. init writes over neither.` },
      { state: "cannot", title: `${Deployment} has the ${VARIABLE} of ${where}.`, note: "another one is there" },
    );
  }
  if (inNext === undefined && found !== undefined && found.source === "process") {
    return stopped({ state: "cannot", title: `${file} has ${VARIABLE}.`, note: `${VARIABLE} is set to nothing in the environment of this process, and that counts more than the file`, fix: `unset ${VARIABLE}` }, {});
  }

  /** The value is made when it is needed, once. */
  let value = inNext ?? inConvex;
  const known = value;
  const secret = () => (value ??= generateSecret());
  const question = known === undefined ? QUESTION.new : inNext !== undefined ? QUESTION.fromNext : QUESTION.fromConvex;
  const envFile: Step =
    inNext !== undefined
      ? { id: "env_file", state: "done", title: titles.next, note: `fingerprint ${fingerprints.show(inNext)}` }
      : place.problem !== undefined
        ? { id: "env_file", state: "cannot", title: `${file} has ${VARIABLE}.`, note: place.problem, fix: place.fix }
        : {
            id: "env_file",
            state: "to_do",
            title: `${file} gets ${known === undefined ? `a new ${VARIABLE}` : `the ${VARIABLE} of ${deployment}, ${fingerprints.show(known)}`}.`,
            afterwards: `${file} has ${known === undefined ? `a new ${VARIABLE}` : `the ${VARIABLE} of ${deployment}`}.`,
            ...(place.linked === undefined ? {} : { note: `.env.local is a link, the secret is written into ${shown(project.root, place.path)}` }),
            question,
            needs: ["gitignore"],
            run: async () => writeSecret(facts, place.path, secret()),
          };
  const convex: Step =
    inConvex !== undefined
      ? { id: "convex_dev", state: "done", title: titles.convex, note: `fingerprint ${fingerprints.show(inConvex)}` }
      : {
          id: "convex_dev",
          state: "to_do",
          title: `${Deployment} gets ${known === undefined ? "the same one" : `the ${VARIABLE} of ${where}, ${fingerprints.show(known)}`}.`,
          afterwards: `${Deployment} has ${known === undefined ? "the same one" : `the ${VARIABLE} of ${where}`}.`,
          question,
          needs: ["env_file"],
          run: async () => setOnDeployment(facts, secret(), {}),
        };
  return { steps: [envFile, convex], value: known, file: inNext === undefined ? place.path : fileOf(environment, found) };
}

/** Sets it, unless one has come there since the plan was made. */
export async function setOnDeployment(facts: Facts, value: string, target: { prod?: boolean }): Promise<void> {
  const there = (await facts.convex.variables(target)).get(VARIABLE);
  if (there !== undefined && there !== "") {
    if (facts.fingerprints.same(there, value)) return;
    throw new CliError(`Somebody else has set ${VARIABLE} on the deployment in the meantime.`, "Run the command again: it goes by what is there now.");
  }
  facts.context.terminal.conceal(value);
  await facts.convex.set(VARIABLE, value, target);
}

function writeSecret(facts: Facts, path: string, value: string): void {
  facts.context.terminal.conceal(value);
  const before = readNextEnvironment(facts.project, facts.context, "development").variables.get(VARIABLE);
  if (before !== undefined && before.value !== "" && !facts.fingerprints.same(before.value, value)) {
    throw new CliError(`Something else has set ${VARIABLE} in ${before.source} in the meantime.`, "Run the command again: it goes by what is there now.");
  }
  writePrivately(path, setVariable(textOf(path) ?? "", VARIABLE, value));
  const after = readNextEnvironment(facts.project, facts.context, "development").variables.get(VARIABLE);
  if (after === undefined || !facts.fingerprints.same(after.value, value)) {
    throw new CliError(`${VARIABLE} was written, and yet Next.js would read another value.`, `${facts.words("countersign doctor")} shows from where.`);
  }
}

/** Why a secret cannot be used, or `undefined`. The messages hold nothing of it. */
export function problemOf(value: string): string | undefined {
  const { ok, problems } = inspectSecret(value);
  return ok ? undefined : `it cannot be used: ${problems.map(({ message }) => message).join(" ")}`;
}

interface Place {
  path: string;
  linked?: true;
  problem?: string;
  fix: string;
}

/** Where .env.local really is. */
function placeOf({ folder, variables }: NextEnvironment): Place {
  const path = join(folder, ".env.local");
  const found = variables.get(VARIABLE);
  // Only an empty value gets here; what stands before .env.local would win over it.
  const stronger = found !== undefined && nextEnvFiles("development").indexOf(found.source) < nextEnvFiles("development").indexOf(".env.local");
  const problem = stronger && found.source !== "process" ? { problem: `${found.source} sets it to nothing, and that counts more than .env.local`, fix: `Take line ${found.line} out of ${found.source}.` } : { fix: "" };
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return { path, ...problem };
  try {
    return { path: realpathSync(path), linked: true, ...problem };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return { path, problem: ".env.local is a link that leads nowhere", fix: "Remove the link, or make the file that it leads to." };
  }
}

const capital = (text: string) => (text.startsWith("the ") ? `The${text.slice(3)}` : text);

function sourceName({ project }: Facts, { folder }: NextEnvironment, { source }: NextVariable): string {
  return source === "process" ? "the environment of this process" : shown(project.root, join(folder, source));
}

function fileOf({ folder }: NextEnvironment, found: NextVariable | undefined): string | undefined {
  return found === undefined || found.source === "process" ? undefined : join(folder, found.source);
}
