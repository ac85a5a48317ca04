import { join, relative } from "node:path";
import type { Context } from "../command.js";
import type { ConvexCli } from "../convex-cli.js";
import { readEnvFile, readNextEnvironment, removeVariable, setVariable, writePrivately } from "../environment/index.js";
import { CliError } from "../errors.js";
import { git } from "../git.js";
import type { Project } from "../project/index.js";
import type { Change, Side, Slot, Which } from "./plan.js";
import { slots } from "./plan.js";
import type { Found, Values } from "./state.js";

/** The file that a rotation changes: what Next.js reads in development and with `next start`, and what no repository has. */
const FILE = ".env.local";

export interface SidesOptions {
  context: Context;
  project: Project;
  cli: ConvexCli;
  /** The names of the current secret's variables. */
  names: Readonly<Record<Side, string>>;
  /** Then the server is a host whose settings cannot be read or written from here. */
  production: boolean;
}

/** Both sides, as they are. Each reading asks them again. */
export class Sides {
  readonly #given: SidesOptions;

  constructor(given: SidesOptions) {
    this.#given = given;
  }

  /** What a side is called: `.env.local`, `Convex (dev)`. */
  place(side: Side): string {
    const { project, production } = this.#given;
    if (side === "convex") return production ? "Convex (production)" : "Convex (dev)";
    return production || project.next === undefined ? "your host" : relative(project.root, join(project.next.folder, FILE));
  }

  variable(side: Side, slot: Slot): string {
    return this.#given.names[side] + { current: "", next: "_NEXT", previous: "_PREVIOUS" }[slot];
  }

  /** `COUNTERSIGN_SECRET_NEXT in .env.local` */
  name(side: Side, slot: Slot): string {
    return `${this.variable(side, slot)} in ${this.place(side)}`;
  }

  async read(): Promise<Found> {
    const { production, cli, context } = this.#given;
    // The file first: what is wrong with it is told without a wait.
    const server = production ? undefined : this.#readServer();
    const names = slots.map((slot) => this.variable("convex", slot));
    const variables = await cli.variables({ prod: production }, names);
    const convex = each((slot) => variables.get(this.variable("convex", slot)));
    for (const value of [server, convex].flatMap((values) => Object.values(values ?? {}))) if (value !== undefined) context.terminal.conceal(value);
    return { server, convex };
  }

  #readServer(): Values {
    const { project, context } = this.#given;
    const { variables, files } = readNextEnvironment(project, context, "development");
    const problem = files.find(({ name }) => name === FILE)?.problem;
    if (problem !== undefined) throw new CliError(`Next.js leaves out ${this.place("server")}: ${problem}.`, "Mend the file, and run the command again.");
    return each((slot) => {
      const name = this.variable("server", slot);
      const found = variables.get(name);
      if (found === undefined) return undefined;
      const hint = `A rotation changes ${this.place("server")} only. Move the line there, or take it away.`;
      const elsewhere = found.source === "process" ? "the environment of this process" : found.source;
      const shadowing = found.source !== FILE && found.shadows.some(({ source }) => source === FILE);
      if (found.source !== FILE && (found.value !== "" || shadowing || found.source === "process")) throw new CliError(`Next.js takes ${name} from ${elsewhere}.`, hint);
      // It would come to light when the line above it goes.
      const below = slot === "current" ? undefined : found.shadows.find(({ written, source }) => written !== "" && source !== FILE);
      if (below !== undefined) throw new CliError(`${name} stands in ${below.source} too.`, hint);
      return found.value;
    });
  }

  /** @param values - The old and the new secret; `undefined` if the change does not need it. */
  async write({ side, set }: Change, values: Readonly<Record<Which, string | undefined>>): Promise<void> {
    const { production, cli, project } = this.#given;
    const writes = slots.filter((slot) => slot in set).map((slot) => {
      const which = set[slot];
      const value = which === undefined ? undefined : values[which];
      if (which !== undefined && value === undefined) throw new Error(`The ${which} secret is not known here.`);
      return { name: this.variable(side, slot), value };
    });
    if (side === "convex") {
      for (const { name, value } of writes) await (value === undefined ? cli.remove(name, { prod: production }) : cli.set(name, value, { prod: production }));
      return;
    }
    if (production || project.next === undefined) throw new Error("A host's settings cannot be written.");
    const path = join(project.next.folder, FILE);
    const read = readEnvFile(path);
    if (read !== undefined && read.text === undefined) throw new CliError(`${this.place("server")}: ${read.problem}.`);
    // All of them in one file that takes the old one's place: a server that starts meanwhile reads either.
    writePrivately(path, writes.reduce((text, { name, value }) => (value === undefined ? removeVariable(text, name) : setVariable(text, name, value)), read?.text ?? ""));
  }

  /** @throws CliError if the next commit would have the new secret in it. */
  async requireUntracked(): Promise<void> {
    const { project, production, context } = this.#given;
    if (production || project.next === undefined) return;
    const path = join(project.next.folder, FILE);
    if (!(await (await git(project.next.folder, context.environment)).isTracked(path))) return;
    const file = this.place("server");
    throw new CliError(`${file} is tracked by git: the new secret would be in the next commit.`, `Run \`git rm --cached ${file}\`, put ${FILE} into .gitignore, and run the command again.`);
  }
}

function each(read: (slot: Slot) => string | undefined): Values {
  const value = (slot: Slot) => {
    const found = read(slot);
    return found === "" ? undefined : found;
  };
  return { current: value("current"), next: value("next"), previous: value("previous") };
}
