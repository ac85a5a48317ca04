import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { Context } from "../command.js";
import { ConvexCli } from "../convex-cli.js";
import type { NextEnvironment, NextVariable, Source } from "../environment/index.js";
import { parseEnvFile, readNextEnvironment } from "../environment/index.js";
import { CliError } from "../errors.js";
import { Fingerprints } from "../fingerprints.js";
import { git as gitOf } from "../git.js";
import type { Project } from "../project/index.js";
import type { Deployment, EnvFile, Facts, Secret, Setting, Unchecked } from "./facts.js";
import { set } from "./facts.js";
import { repairsFor } from "./repairs.js";
import type { Variable } from "./variables.js";
import { chooseVariables, describeVariable, OWN } from "./variables.js";
import type { Words } from "./words.js";

export interface Wanted {
  variables: readonly string[];
  prod: boolean;
  prodEnvFile: string | undefined;
  offline: boolean;
  timeoutMs: number;
}

/** Everything the checks look at, and what could not be looked at. */
export async function gather(context: Context, project: Project, wanted: Wanted, words: Words): Promise<{ facts: Facts; unchecked: Unchecked[]; notes: string[] }> {
  const { environment, terminal } = context;
  const unchecked: Unchecked[] = [];
  const notes: string[] = [];
  const short = (path: string) => relative(project.root, path).split(sep).join("/") || ".";
  const server = project.next === undefined ? { folder: project.convex?.folder ?? project.root, label: "the server" } : { folder: project.next.folder, label: "Next.js" };
  // Where there is no Next.js, the server's env files are read as Next.js would: other loaders know fewer of them.
  const asNext: Project = { ...project, next: project.next ?? { folder: server.folder } };
  const read = (mode: "development" | "production") => settings(readNextEnvironment(asNext, context, mode), short);
  const [next, nextInProduction] = [read("development"), read("production")];
  const files = envFiles([server.folder, ...(project.convex === undefined ? [] : [project.convex.folder]), project.root], short);
  const cli = wanted.offline ? undefined : findCli(context, project, wanted.timeoutMs, unchecked);
  const [dev, production, git] = await Promise.all([
    deployment(cli, false, wanted, unchecked),
    deployment(cli, true, wanted, unchecked),
    gitOf(project.root, environment),
  ]);
  const onServer = (from: ReadonlyMap<string, Setting>) => new Map([...from].map(([name, setting]) => [name, setting.value]));
  // Of the process only what was named: it may have any other variable for any other reason.
  const fromFiles = new Map([...onServer(next)].filter(([name]) => next.get(name)?.file !== undefined || wanted.variables.some((named) => name === named || name.startsWith(`${named}_`))));
  const variables = chooseVariables(wanted.variables, [fromFiles, onServer(nextInProduction), dev.variables ?? new Map(), production.variables ?? new Map()]);
  const deployments = [dev, production];
  const secrets = secretsOf(variables, [next, nextInProduction], deployments);
  for (const { value } of secrets) terminal.conceal(value);
  for (const { entries } of files.map(({ parsed }) => parsed)) {
    for (const { name, value, raw } of entries) if (describeVariable(name, [value]).isPrivate && !name.startsWith("CONVEX_DEPLOYMENT")) [value, raw].forEach(terminal.conceal);
  }
  const facts: Facts = {
    project,
    environment,
    fingerprints: new Fingerprints(),
    variables,
    isOwn: wanted.variables.includes(OWN),
    server,
    next,
    nextInProduction,
    files,
    dev,
    production,
    convexCli: cli,
    git,
    offline: wanted.offline,
    nodeVersion: process.versions.node,
    words,
    repairs: repairsFor(server.folder, short, git, cli),
    secrets: () => secrets,
    relative: short,
    unchecked: (entry) => void unchecked.push(entry),
    note: (text) => void notes.push(text),
  };
  return { facts, unchecked, notes };
}

function settings({ variables, folder }: NextEnvironment, short: (path: string) => string): Map<string, Setting> {
  const place = ({ source, line }: Source) => (source === "process" ? "the environment" : `${short(join(folder, source))}:${line}`);
  const file = ({ source }: Source) => (source === "process" ? undefined : join(folder, source));
  const other = (from: Source): Setting => ({ value: from.written, written: from.written, file: file(from), line: from.line, where: place(from), shadows: [] });
  const setting = (variable: NextVariable): Setting => ({ ...other(variable), value: variable.value, shadows: variable.shadows.map(other) });
  return new Map([...variables].map(([name, variable]) => [name, setting(variable)]));
}

/** Those that Next.js reads and all others: examples, copies, files for other hosts. */
function envFiles(folders: readonly string[], short: (path: string) => string): EnvFile[] {
  return [...new Set(folders)].flatMap((folder) =>
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && /^\.env(?:\..+)?$|\.env$|^env\.(?:example|sample|template)$/i.test(entry.name))
      .map(({ name }) => {
        const path = join(folder, name);
        const bytes = readFileSync(path);
        return { path, name: short(path), bytes, parsed: parseEnvFile(bytes.toString("utf8")) };
      }),
  );
}

function findCli(context: Context, project: Project, timeoutMs: number, unchecked: Unchecked[]): ConvexCli | undefined {
  try {
    return ConvexCli.find(project, context, { timeoutMs });
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    unchecked.push({ what: "Convex", because: error.message, fix: error.hint, isSide: true });
    return undefined;
  }
}

async function deployment(cli: ConvexCli | undefined, production: boolean, { prod, prodEnvFile }: Wanted, unchecked: Unchecked[]): Promise<Deployment> {
  const label = production ? "Convex (production)" : "Convex (dev)";
  if (cli === undefined || (production && !prod && prodEnvFile === undefined)) return { label, production, variables: undefined };
  try {
    return { label, production, variables: await cli.variables(production ? (prodEnvFile === undefined ? { prod: true } : { envFile: prodEnvFile }) : {}) };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    unchecked.push({ what: label, because: error.message, fix: error.hint, isSide: true });
    return { label, production, variables: undefined };
  }
}

/** Each value once for each name that a rotation does not change. */
function secretsOf(variables: readonly Variable[], servers: readonly ReadonlyMap<string, Setting>[], deployments: readonly Deployment[]): Secret[] {
  const found = variables
    .filter(({ isPrivate }) => isPrivate)
    .flatMap(({ name, base }) => [...servers.map((server) => server.get(name)?.value), ...deployments.map(({ variables }) => variables?.get(name))].flatMap((value) => (set(value) === undefined ? [] : [{ name, base, value: value as string }])));
  return found.filter(({ value }, index) => found.findIndex((other) => other.value === value) === index);
}
