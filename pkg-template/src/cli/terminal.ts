import { Cancelled, CliError } from "./errors.js";
import { harmless } from "./printable.js";
import type * as prompts from "./vendor/prompts.js";

/** Where a command reads and writes, and whether a person is there. */
export interface Streams {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
}

/** What a command says and asks. */
export interface Terminal {
  /** Whether questions can be asked: both ends are a terminal, this is no CI, and no `--json` was given. */
  readonly interactive: boolean;
  /** Whether stdout is a terminal, where what is printed stays to be read. */
  readonly shown: boolean;
  /** Colours, which are none where nobody would see them or `NO_COLOR` is set. */
  readonly colours: ReturnType<typeof prompts.colours.createColors>;
  /** Writes a line for people to stdout; nothing with `--json`. */
  line(text?: string): void;
  /** Writes a line for people to stderr, also with `--json`: progress and warnings. */
  notice(text: string): void;
  /**
   * Asks yes or no.
   *
   * @param flag - The option that answers yes, for example `--yes`: named where nobody can be asked.
   * @throws CliError if nobody can be asked; Cancelled after Ctrl-C.
   */
  confirm(question: string, flag: string): Promise<boolean>;
  /** Asks for something that is not shown while it is typed. */
  secret(question: string, otherwise: string): Promise<string>;
  /** All of stdin. Only where stdin is no terminal: there it would wait for ever. */
  input(otherwise: string): Promise<Buffer>;
  /** From now on this text is printed as `[hidden]`, whatever prints it. A last net: commands print no value on purpose. */
  conceal(value: string): void;
}

/** `NO_COLOR` and `FORCE_COLOR` say it; otherwise, whether it is a terminal. The palette by itself also colours what goes into a file wherever `CI` is set. */
function wantsColours({ NO_COLOR = "", FORCE_COLOR = "", TERM }: Readonly<Record<string, string | undefined>>, stdout: NodeJS.WriteStream): boolean {
  if (NO_COLOR !== "" || FORCE_COLOR === "0") return false;
  return FORCE_COLOR !== "" || (stdout.isTTY === true && TERM !== "dumb");
}

/** Shorter texts stand in ordinary output by accident, and hiding those would tell what they are. */
export const SHORTEST_CONCEALED = 12;

/** @param json - Whether `--json` was given. */
export async function openTerminal(streams: Streams, environment: Readonly<Record<string, string | undefined>>, json: boolean): Promise<Terminal & { json(report: unknown): void }> {
  const { stdin, stdout, stderr } = streams;
  const { colours: palette, confirm, isCancel, password } = await import("./vendor/prompts.js");
  const colours = palette.createColors(wantsColours(environment, stdout));
  const isCi = !["", "0", "false"].includes(environment["CI"] ?? "");
  const interactive = stdin.isTTY === true && stdout.isTTY === true && !isCi && !json;
  const concealed = new Set<string>();
  const clean = (text: string) => harmless([...concealed].reduce((cleaned, value) => cleaned.replaceAll(value, "[hidden]"), text));
  const write = (stream: NodeJS.WriteStream, text: string) => void stream.write(`${clean(text)}\n`);
  /** @throws Cancelled after Ctrl-C. */
  const answered = <T>(answer: T | symbol): T => {
    if (isCancel(answer)) throw new Cancelled();
    return answer as T;
  };
  return {
    interactive,
    shown: stdout.isTTY === true,
    colours,
    line: (text = "") => {
      if (!json) write(stdout, text);
    },
    notice: (text) => write(stderr, text),
    json: (report) => write(stdout, JSON.stringify(report, undefined, 2)),
    async confirm(question, flag) {
      if (!interactive) throw new CliError(`This needs an answer, and nobody can be asked here: ${question}`, `Give ${flag} to say yes.`);
      return answered(await confirm({ message: clean(question), input: stdin, output: stdout }));
    },
    async secret(question, otherwise) {
      if (!interactive) throw new CliError(`This needs an answer, and nobody can be asked here: ${question}`, otherwise);
      return answered(await password({ message: clean(question), input: stdin, output: stdout }));
    },
    async input(otherwise) {
      if (stdin.isTTY === true) throw new CliError("Nothing comes on stdin.", otherwise);
      const chunks: Buffer[] = [];
      for await (const chunk of stdin) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    },
    conceal(value) {
      if (value.length >= SHORTEST_CONCEALED) concealed.add(value);
    },
  };
}
