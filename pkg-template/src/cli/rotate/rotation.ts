import { setTimeout as sleep } from "node:timers/promises";
import { generateSecret } from "../../index.js";
import type { Context, Outcome } from "../command.js";
import { Cancelled, CliError } from "../errors.js";
import type { Fingerprints } from "../fingerprints.js";
import { after, nextChange, steps } from "./plan.js";
import type { Change, Position, Step, Which } from "./plan.js";
import type { Sides } from "./sides.js";
import { recognise } from "./state.js";
import type { Found, State } from "./state.js";
import { atTheHost, describe, endsTheOld, inventory, titles } from "./words.js";
import type { Prints } from "./words.js";

export interface RotationOptions {
  context: Context;
  sides: Sides;
  fingerprints: Fingerprints;
  production: boolean;
  /** Production only: the host's servers sign with the new secret, says whoever runs this. */
  deployed: boolean;
  dryRun: boolean;
  yes: boolean;
  until: Step;
  /** How many seconds a signed call may be under way. */
  window: number;
  wait: boolean;
  /** What a person pastes to go on, and to read the new secret from Convex. */
  words: { goOn: string; read: (variable: string) => string };
}

/** The next change, and what it needs. */
interface Next {
  change: Change;
  position: Position;
  values: Readonly<Record<Which, string | undefined>>;
}

/** One run over a rotation. What it knows of the state it reads each time anew. */
export class Rotation {
  readonly #given: RotationOptions;
  readonly #stop = new AbortController();
  readonly #done: string[] = [];
  #deployed: boolean;
  /** Whether a rotation was there when this began, or was begun. */
  #underWay = false;
  #fresh: string | undefined;
  #title: Step | undefined;
  /** What was agreed to, waited for, is being written. */
  #agreed: string | undefined;
  #waited = false;
  #writing: string | undefined;
  #written: string | undefined;

  constructor(given: RotationOptions) {
    this.#given = given;
    this.#deployed = given.deployed;
  }

  async run(): Promise<Outcome> {
    const interrupted = () => this.#stop.abort();
    process.on("SIGINT", interrupted);
    try {
      for (;;) {
        const outcome = await this.#advance();
        if (outcome !== undefined) return outcome;
        if (this.#stop.signal.aborted) throw new Cancelled();
      }
    } catch (error) {
      // Whatever was under way failed because of Ctrl-C, then.
      const problem = this.#stop.signal.aborted ? new Cancelled() : error;
      if (!(problem instanceof CliError)) throw problem;
      throw new CliError(problem.message, [problem.hint, ...this.#whereItIs()].filter((line) => line !== undefined).join("\n  "));
    } finally {
      process.off("SIGINT", interrupted);
    }
  }

  /** Looks at both sides, and makes one change at most. @returns how it ended, if it did. */
  async #advance(): Promise<Outcome | undefined> {
    const { sides, fingerprints, production, dryRun, until } = this.#given;
    const found = await sides.read();
    const state = recognise(found, fingerprints, (side, slot) => sides.name(side, slot), this.#deployed);
    if (state.kind === "unknown") return this.#unknown(found, state.reasons);
    const next = this.#nextOf(state);
    if (next === undefined) return this.#finished(state);
    const prints = this.#printsOf(next);
    if (dryRun) return this.#planned(next, prints);
    if (this.#title === undefined) this.#greet(prints);
    if (steps.indexOf(next.change.step) > steps.indexOf(until)) return this.#stopped(next, prints);
    if (production && next.change.side === "server") return this.#atTheHost(next, prints);
    await this.#make(next, prints);
    return undefined;
  }

  #nextOf(state: Exclude<State, { kind: "unknown" }>): Next | undefined {
    const { production, deployed } = this.#given;
    if (state.kind === "under way") {
      this.#underWay = true;
      const change = nextChange(state.position);
      return change && { change, position: state.position, values: state };
    }
    // --deployed goes on with a rotation, and begins none.
    if (this.#underWay || deployed) return undefined;
    this.#fresh ??= generateSecret();
    this.#given.context.terminal.conceal(this.#fresh);
    const holds = { current: "old", next: undefined, previous: undefined } as const;
    // First into the file, where it is kept if the rest fails. A host cannot be written: there Convex keeps it.
    const change: Change = { step: "next", side: production ? "convex" : "server", set: { next: "new" } };
    return { change, position: { server: holds, convex: holds }, values: { old: state.current, new: this.#fresh } };
  }

  /** Asks, waits if the old secret ends with it, and makes the change. What took time is followed by another look. */
  async #make({ change, position, values }: Next, prints: Prints): Promise<void> {
    const { context, sides, yes, window, production } = this.#given;
    const { terminal } = context;
    const what = describe(change, sides, prints);
    // The new secret is in the words by its fingerprint: the same words are the same change.
    if (this.#written === what) throw new CliError(`This was written, and is not there: ${what}.`, "Something else writes there too. Look for it, and run the command again.");
    if (change.step !== this.#title) terminal.line(`\n${terminal.colours.bold(titles[change.step])}`);
    this.#title = change.step;
    const ends = endsTheOld(position, change);
    if (!yes && this.#agreed !== what) {
      const servers = ends ? `Was every server that signs with ${sides.variable("server", "current")} ${production ? "deployed" : "started"} again since the switch? Then ` : "";
      if (!(await terminal.confirm(`${servers}${what}?`, "--yes"))) throw new Cancelled();
      this.#agreed = what;
      if (!ends) return;
    }
    if (ends && !this.#waited) {
      await this.#wait(window);
      this.#waited = true;
      return;
    }
    if (change.side === "server") await sides.requireUntracked();
    this.#writing = what;
    await sides.write(change, values);
    this.#underWay = true;
    this.#writing = undefined;
    this.#written = what;
    this.#done.push(what);
    terminal.line(`${terminal.colours.green("✔")} ${what}`);
    if (change.side === "server" && change.set.current === "new") {
      terminal.notice(`${terminal.colours.yellow("!")} Start your Next.js server again now, \`next dev\` too: it may sign with the old secret until then. Both are accepted.`);
    }
  }

  async #wait(window: number): Promise<void> {
    const { context, wait } = this.#given;
    const { terminal } = context;
    const { dim, yellow } = terminal.colours;
    if (!wait) {
      terminal.notice(`${yellow("!")} Not waiting: a call that was signed with the old secret less than ${window} seconds ago and has not arrived yet will be refused.`);
      return;
    }
    terminal.line(dim(`· A call that was signed with the old secret may be under way for ${window} seconds. Waiting for it; Ctrl-C stops here, and loses nothing.`));
    for (let left = window; left > 0; left -= 10) {
      terminal.line(dim(`· ${left} seconds`));
      await sleep(Math.min(left, 10) * 1000, undefined, { signal: this.#stop.signal });
    }
  }

  /** A host's settings are written by a person. When they say it was done, it goes on. */
  async #atTheHost(next: Next, prints: Prints): Promise<Outcome | undefined> {
    const { context, sides, words } = this.#given;
    const { terminal } = context;
    if (next.position.server.current === "new") return this.#finished({ kind: "idle", current: next.values.new as string });
    const resumed = this.#done.length === 0;
    if (resumed && terminal.interactive && (await terminal.confirm(`Was every server of production deployed with the new secret (${prints.new}), and is no old instance left?`, "--deployed"))) {
      this.#deployed = true;
      return undefined;
    }
    const todo = atTheHost(sides, prints, words.read(sides.variable("convex", next.position.convex.next === "new" ? "next" : "current")));
    const goOn = `${words.goOn} --deployed`;
    terminal.line(`\n${terminal.colours.bold("switch, at your host, which countersign cannot write to:")}`);
    todo.forEach((line, index) => terminal.line(`  ${index + 1}. ${line}`));
    terminal.line(`Convex accepts both secrets meanwhile, for as long as you like. Then go on with: ${goOn}`);
    return { status: 0, report: this.#report("waiting for the host", prints, { todo, goOn }) };
  }

  #greet(prints: Prints): void {
    const { context, sides } = this.#given;
    const from = prints.old === undefined ? "" : `from ${prints.old} `;
    context.terminal.line(`Rotating ${sides.name("server", "current")} and ${sides.name("convex", "current")}: ${from}to ${prints.new ?? "a new secret"}.`);
  }

  #unknown(found: Found, reasons: string[]): Outcome {
    const { context, sides, fingerprints } = this.#given;
    const { terminal } = context;
    for (const reason of reasons) terminal.line(`${terminal.colours.red("✖")} ${reason}`);
    const has = inventory(found, sides, (value) => fingerprints.show(value));
    terminal.line("This is no state of a rotation, so nothing is changed. There is now:");
    for (const line of has) terminal.line(`  ${line}`);
    terminal.line("Set or remove by hand what does not belong there, and run the command again.");
    return { status: 1, report: { ...this.#report("unknown", { old: undefined, new: undefined }, {}), reasons, has } };
  }

  #finished(state: State): Outcome {
    const { context, sides, fingerprints, production } = this.#given;
    const { terminal } = context;
    const { green, dim } = terminal.colours;
    const print = state.kind === "idle" ? fingerprints.show(state.current) : undefined;
    const changed = this.#underWay;
    terminal.line(changed ? `${green("✔")} Done: ${print} is the only secret.` : `${green("✔")} No rotation is under way: ${print} is the only secret.`);
    const todo = production && changed ? [`remove ${sides.variable("server", "previous")} at your host, when convenient`] : [];
    for (const line of todo) terminal.line(dim(`· Still to do: ${line}.`));
    return { status: 0, report: this.#report(changed ? "finished" : "nothing under way", { old: undefined, new: print }, { todo }) };
  }

  #stopped(next: Next, prints: Prints): Outcome {
    const { context, until, words } = this.#given;
    context.terminal.line(`${context.terminal.colours.green("✔")} Stopped after "${until}", as asked. Both secrets are accepted. Go on with: ${words.goOn}`);
    return { status: 0, report: this.#report("stopped", prints, { remaining: this.#remaining(next, prints), goOn: words.goOn }) };
  }

  #planned(next: Next, prints: Prints): Outcome {
    const { terminal } = this.#given.context;
    this.#greet(prints);
    const remaining = this.#remaining(next, prints);
    for (const line of remaining) terminal.line(`${terminal.colours.dim("·")} ${line}`);
    terminal.line("Nothing was changed (--dry-run).");
    return { status: 0, report: this.#report("planned", prints, { remaining }) };
  }

  /** The changes from here to the end, by making them in thought. */
  #remaining({ change, position }: Next, prints: Prints): string[] {
    const { sides, window, wait } = this.#given;
    const lines: string[] = [];
    for (let [at, each]: [Position, Change | undefined] = [position, change]; each !== undefined; each = nextChange(at)) {
      if (endsTheOld(at, each) && wait) lines.push(`wait ${window} seconds for calls under way`);
      lines.push(describe(each, sides, prints));
      at = after(at, each);
    }
    return lines;
  }

  #printsOf({ values }: Next): Prints {
    const { fingerprints } = this.#given;
    const print = (value: string | undefined) => (value === undefined ? undefined : fingerprints.show(value));
    // With --dry-run the new secret is forgotten: its fingerprint would say nothing.
    const made = this.#given.dryRun && values.new === this.#fresh;
    return { old: print(values.old), new: made ? undefined : print(values.new) };
  }

  #whereItIs(): string[] {
    const { words, dryRun } = this.#given;
    if (dryRun) return [];
    const done = this.#done.length === 0 ? ["Nothing was changed by this run."] : ["Done by this run:", ...this.#done.map((line) => `  ${line}`)];
    const half = this.#writing === undefined ? [] : [`Stopped while writing, so this is done or it is not; the next run looks: ${this.#writing}`];
    return [...done, ...half, `Go on with: ${words.goOn}`];
  }

  #report(outcome: string, prints: Prints, more: object): object {
    const { sides, production } = this.#given;
    const variables = { server: sides.variable("server", "current"), convex: sides.variable("convex", "current") };
    return { outcome, deployment: production ? "prod" : "dev", variables, ...prints, done: this.#done, ...more };
  }
}
