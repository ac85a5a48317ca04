import { join, resolve } from "node:path";
import type { Ended } from "./child.js";
import { run } from "./child.js";
import type { Context } from "./command.js";
import { CliError } from "./errors.js";
import { readEnvFile } from "./environment/next.js";
import { parseEnvFile } from "./environment/parse.js";
import type { Project } from "./project/index.js";
import { findInstalled, installWords, runWords } from "./project/index.js";
import { readJson } from "./project/files.js";

/** Which deployment: the one that the CLI takes by itself (dev), or another. */
export interface Target {
  /** The project's production deployment. */
  prod?: boolean;
  /** A file whose variables choose the deployment; relative to the folder that the command was started in, or absolute. */
  envFile?: string;
}

export type ConvexProblem = "not_installed" | "no_deployment" | "refused" | "timed_out" | "network" | "failed";

/** What kept the convex CLI from doing it. */
export class ConvexCliError extends CliError {
  readonly reason: ConvexProblem;

  constructor(reason: ConvexProblem, message: string, hint?: string) {
    super(message, hint);
    this.reason = reason;
  }
}

/** Variables that the convex CLI takes its access from: their values stand in no message. */
const ACCESS = ["CONVEX_DEPLOY_KEY", "CONVEX_DEPLOYMENT_TOKEN", "CONVEX_SELF_HOSTED_ADMIN_KEY", "CONVEX_OVERRIDE_ACCESS_TOKEN"];

/** The user's own `convex` CLI, and with it their login and their choice of a deployment. */
export class ConvexCli {
  readonly version: string | undefined;
  readonly #script: string;
  readonly #folder: string;
  readonly #project: Project;
  readonly #context: Context;
  readonly #timeoutMs: number;

  private constructor(project: Project, context: Context, timeoutMs: number, folder: string, script: string, version: string | undefined) {
    this.#project = project;
    this.#context = context;
    this.#timeoutMs = timeoutMs;
    this.#folder = folder;
    this.#script = script;
    this.version = version;
    for (const environment of [context.environment, ...[".env.local", ".env"].map((name) => accessIn(join(folder, name)))]) {
      for (const name of ACCESS) context.terminal.conceal(environment[name] ?? "");
    }
  }

  /** @throws ConvexCliError (`not_installed`) */
  static find(project: Project, context: Context, { timeoutMs }: { timeoutMs: number }): ConvexCli {
    if (project.convex === undefined) throw new CliError("There is no convex/ folder here.", `Run ${runWords(project.packageManager, "convex dev")} first, or name its package with --convex <folder>.`);
    const { folder } = project.convex;
    const installed = findInstalled(folder, "convex");
    const bin = installed === undefined ? undefined : readJson(join(installed.folder, "package.json"))?.["bin"];
    const script = typeof bin === "string" ? bin : (bin as { convex?: unknown } | undefined)?.convex;
    if (installed === undefined || typeof script !== "string") {
      throw new ConvexCliError("not_installed", "The convex CLI is not installed here.", `Run ${installWords(project.packageManager, "convex")} in ${folder}.`);
    }
    return new ConvexCli(project, context, timeoutMs, folder, join(installed.folder, script), installed.version);
  }

  /**
   * The deployment's variables with their exact values.
   *
   * @param names - If given, only these.
   */
  async variables(target: Target, names?: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const listed = await this.#list(target);
    const asked = names === undefined ? undefined : new Set(names);
    const found = new Map<string, string>();
    const unsure: string[] = [];
    for (const [name, value] of listed) {
      if (asked?.has(name) === false) continue;
      found.set(name, value ?? "");
      if (value === undefined) unsure.push(name);
    }
    // A few at once: each is a process of its own.
    for (let from = 0; from < unsure.length; from += 3) {
      await Promise.all(
        unsure.slice(from, from + 3).map(async (name) => {
          const value = await this.get(name, target);
          if (value === undefined) found.delete(name);
          else found.set(name, value);
        }),
      );
    }
    for (const value of found.values()) this.#context.terminal.conceal(value);
    return found;
  }

  /** @returns `undefined` if it is not set. */
  async get(name: string, target: Target): Promise<string | undefined> {
    const stdout = await this.#read("get", [requireName(name)], target);
    // The value and one line ending; nothing at all if there is none.
    const value = stdout === "" ? undefined : stdout.replace(/\n$/, "");
    this.#context.terminal.conceal(value ?? "");
    return value;
  }

  async set(name: string, value: string, target: Target): Promise<void> {
    this.#context.terminal.conceal(value);
    // The CLI takes one line ending away from what comes on stdin: this one.
    await this.#run("set", [requireName(name)], target, { input: `${value}\n`, hidden: [value] });
  }

  async remove(name: string, target: Target): Promise<void> {
    await this.#run("remove", [requireName(name)], target);
  }

  /** The names, and the values of which this form of output leaves no doubt. */
  async #list(target: Target): Promise<Map<string, string | undefined>> {
    const { text, namesOnly } = await this.#listed(target);
    const lines = text.split("\n").slice(0, -1);
    const places = new Map<string, string[]>();
    for (const line of lines) {
      const [, name, written] = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(line) ?? [];
      if (name !== undefined && written !== undefined) places.set(name, [...(places.get(name) ?? []), written]);
    }
    // A value of several lines is in quotes, and so are some others. Where no quote follows an equals sign, each line is a variable, and the value stands there as it is.
    const plain = (written: string) => !/^['"`]/.test(written);
    if ([...places.values()].flat().every(plain) && [...places.values()].flat().length === lines.length) return new Map([...places].map(([name, [written]]) => [name, written]));
    // Otherwise a line may be part of a value. A name that is set and begins one line only begins its own line.
    const names = await namesOnly();
    if (names === undefined) return new Map([...places.keys()].map((name) => [name, undefined]));
    return new Map(
      names.map((name) => {
        const [written, ...more] = places.get(name) ?? [];
        return [name, written !== undefined && more.length === 0 && plain(written) ? written : undefined];
      }),
    );
  }

  async #listed(target: Target): Promise<{ text: string; namesOnly: () => Promise<string[] | undefined> }> {
    try {
      // Without the option it lists names only where it believes that an AI agent calls it.
      const text = await this.#read("list", ["--include-values"], target);
      const namesOnly = async () => (await this.#read("list", ["--names-only"], target)).split("\n").slice(0, -1);
      return { text, namesOnly };
    } catch (error) {
      if (!(error instanceof UnknownOption)) throw error;
      // Older ones always list values, and have no list of names alone: then every line that could begin a variable is asked for.
      return { text: await this.#read("list", [], target), namesOnly: async () => undefined };
    }
  }

  /** Runs a command for what it prints. The CLI's client speaks of its connection on stdout too, before the values: then all of it is asked for again. */
  async #read(command: string, args: readonly string[], target: Target): Promise<string> {
    for (let tries = 0; tries < 3; tries++) {
      const { stdout } = await this.#run(command, args, target);
      if (!CONNECTION.test(stdout)) return stdout;
    }
    throw new ConvexCliError("network", `convex env ${command} lost its connection to Convex three times.`, "Run the command again.");
  }

  async #run(command: string, args: readonly string[], target: Target, { input, hidden = [] }: { input?: string; hidden?: readonly string[] } = {}): Promise<{ stdout: string }> {
    const words = `convex env ${command}`;
    const options = [...(target.prod === true ? ["--prod"] : []), ...(target.envFile === undefined ? [] : ["--env-file", resolve(this.#context.folder, target.envFile)])];
    const { FORCE_COLOR: _, ...environment } = this.#context.environment;
    // After "--", or Node 20 would take --env-file for an option of its own.
    const ended = await run(process.execPath, ["--", this.#script, "env", command, ...args, ...options], {
      cwd: this.#folder,
      environment: { ...environment, NO_COLOR: "1" },
      timeoutMs: this.#timeoutMs,
      ...(input === undefined ? {} : { input }),
      until: (stderr, stdout) => REFUSED.test(stderr) || gaveUp(stderr, stdout),
    });
    const stderr = plainText(ended.stderr, hidden);
    const stdout = ended.stdout.toString("utf8");
    if (ended.status === 0) return { stdout };
    // Of stdout only what tells of the connection: everything else there may be a value.
    throw this.#problem(words, options, ended, CONNECTION.test(stdout) && !stderr.includes("WebSocket") ? `${stdout.split("\n")[0]}\n${stderr}`.trim() : stderr);
  }

  #problem(words: string, options: readonly string[], { timedOut, status }: Ended, stderr: string): Error {
    const dev = runWords(this.#project.packageManager, "convex dev");
    const login = runWords(this.#project.packageManager, "convex login");
    const command = [words, ...options].join(" ");
    const said = stderr === "" ? "" : `\n${stderr.split("\n").map((line) => `  ${line}`).join("\n")}`;
    if (/unknown option/i.test(stderr)) return new UnknownOption(`${command} does not know an option.${said}`, `Update it: ${installWords(this.#project.packageManager, "convex@latest")}.`);
    if (REFUSED.test(stderr)) {
      return new ConvexCliError("refused", "The Convex deployment refused the key that the convex CLI has.", `See that CONVEX_DEPLOY_KEY or CONVEX_SELF_HOSTED_ADMIN_KEY is the key of this deployment, or run ${login}.`);
    }
    if (/env file .*did not contain|env file does not exist/i.test(stderr)) return new ConvexCliError("no_deployment", `${command}: that env file is missing, or names no deployment.${said}`, "Name a file with CONVEX_DEPLOY_KEY, or with CONVEX_SELF_HOSTED_URL and CONVEX_SELF_HOSTED_ADMIN_KEY.");
    if (NO_DEPLOYMENT.test(stderr)) return new ConvexCliError("no_deployment", "The convex CLI is not logged in, or no deployment is chosen.", `Run ${dev} first, in ${this.#folder}.`);
    if (NETWORK.test(stderr)) return new ConvexCliError("network", `${command} could not reach Convex.${said}`, "See that the network works, and that the deployment runs if it is a local one.");
    if (timedOut) return new ConvexCliError("timed_out", `${command} took longer than ${this.#timeoutMs / 1000} seconds and was stopped.${said}`, "See that the deployment can be reached; --timeout <seconds> gives it longer.");
    return new ConvexCliError("failed", `${command} failed (${status === undefined ? "ended by a signal" : `status ${status}`}).${said}`);
  }
}

/** The CLI is too old, or too new. */
class UnknownOption extends ConvexCliError {
  constructor(message: string, hint: string) {
    super("failed", message, hint);
  }
}

const REFUSED = /deploy key was invalid|BadDeployKey|InvalidDeployKey|BadAdminKey|invalid (?:admin|deploy) key|InvalidAdminKey|AccessTokenInvalid|not authorized|permission denied|do(?:es)? not have permission/i;
const NO_DEPLOYMENT = /No CONVEX_DEPLOYMENT set|not logged in|convex login|no Convex deployment configuration|MissingAccessToken|access token is required|Authenticate with `npx convex/i;
const NETWORK = /fetch failed|ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|network error|unable to (?:reach|connect)|WebSocket (?:error|closed)/i;

/** What the CLI's client says of its connection. */
const CONNECTION = /^(?:WebSocket |Attempting reconnect in |Network recovery |Failed to send message on WebSocket|Received unexpected )/;

/** Without a server it tries again and again, for ever; three times are enough. */
function gaveUp(stderr: string, stdout: string): boolean {
  return [stderr, stdout].some((text) => CONNECTION.test(text.trimStart()) && text.split("Attempting reconnect in ").length > 3);
}

function accessIn(path: string): Record<string, string> {
  const text = readEnvFile(path)?.text;
  return text === undefined ? {} : Object.fromEntries(parseEnvFile(text).entries.map(({ name, value }) => [name, value]));
}

/** Without colours and without the values, also not as they stand in JSON. */
function plainText(output: Buffer, hidden: readonly string[]): string {
  let text = output.toString("utf8").replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "");
  for (const value of hidden) {
    for (const form of [value, JSON.stringify(value).slice(1, -1)]) if (form.trim() !== "") text = text.replaceAll(form, "[hidden]");
  }
  return text.trim();
}

/** A name that begins with a hyphen would be an option; Convex takes only such names anyway. */
function requireName(name: string): string {
  if (!/^[A-Za-z_]\w*$/.test(name)) throw new CliError(`${JSON.stringify(name)} is not the name of an environment variable.`, "A name has letters, digits and underscores, and begins with no digit.");
  return name;
}
