import { realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { NotFound, run } from "./child.js";
import type { Environment } from "./command.js";
import { CliError } from "./errors.js";

/** What git knows of a folder. Files are paths, absolute or from this folder. */
export interface Git {
  /** Why git can say nothing: it is not installed, or this is no repository. `undefined` if it can. */
  readonly unavailable: string | undefined;
  readonly isRepository: boolean;
  /** The root of the working tree, if this is a repository. */
  readonly root: string | undefined;
  /** Whether the next commit has this file, as far as it is known now. */
  isTracked(file: string): Promise<boolean>;
  /** Whether a pattern of .gitignore, or of git's other lists, covers this path. It need not be there yet. */
  isIgnored(file: string): Promise<boolean>;
  /** What the file held in all commits of all branches, tags and stashes; each content once. */
  versions(file: string): Promise<FileVersion[]>;
  /** All tracked files below the folder, absolute. */
  trackedFiles(): Promise<string[]>;
}

export interface FileVersion {
  /** The newest commit that has this content. */
  commit: string;
  content: string;
}

const TIMEOUT_MS = 30_000;

/** Asks git about a folder. Never throws for what a person may not have: then `unavailable` says so, and nothing is tracked or ignored. */
export async function git(folder: string, environment: Environment = process.env): Promise<Git> {
  const real = realpathSync(folder);
  // Another repository's variables, as in a hook, would answer for that one. No question is asked, and nothing but reading is done.
  const clean = { ...Object.fromEntries(Object.entries(environment).filter(([name]) => !/^GIT_/i.test(name))), GIT_OPTIONAL_LOCKS: "0", GIT_TERMINAL_PROMPT: "0", LC_ALL: "C" };
  // A file system monitor is a command that the repository names: it is not run.
  const call: Call = async (command, args, { cwd = real, input, accepted = [0] } = {}) => {
    const ended = await run("git", ["--no-pager", "-c", "core.fsmonitor=false", command, ...args], {
      cwd,
      environment: clean,
      timeoutMs: TIMEOUT_MS,
      ...(input === undefined ? {} : { input }),
    });
    const stderr = ended.stderr.toString("utf8").trim();
    if (ended.timedOut) throw new CliError(`git ${command} took longer than ${TIMEOUT_MS / 1000} seconds.`, "Try again; if the repository is on a slow disk, look there.");
    if (ended.status === undefined || !accepted.includes(ended.status)) throw new CliError(`git ${command} failed: ${stderr === "" ? `status ${ended.status}` : stderr}`);
    return { status: ended.status, stdout: ended.stdout, stderr };
  };

  const none = (unavailable: string): Git => ({
    unavailable,
    isRepository: false,
    root: undefined,
    isTracked: async () => false,
    isIgnored: async () => false,
    versions: async () => [],
    trackedFiles: async () => [],
  });
  let root: string;
  try {
    const { status, stdout, stderr } = await call("rev-parse", ["--show-toplevel"], { accepted: [0, 128] });
    if (status === 128) return none(/not a git repository/i.test(stderr) ? "this is no git repository" : `git cannot read the repository: ${stderr.split("\n")[0]}`);
    root = realpathSync(withoutFinalNewline(stdout));
  } catch (error) {
    if (error instanceof NotFound) return none("git is not installed");
    throw error;
  }

  /** As git names it: from the root, with slashes. The file need not be there, its folder may be reached by a link. */
  const inRoot = (file: string): string | undefined => {
    const path = join(realFolder(dirname(resolve(real, file))), basename(file));
    const way = relative(root, path);
    return way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way) ? undefined : way.split(sep).join("/");
  };

  return {
    unavailable: undefined,
    isRepository: true,
    root,
    async isTracked(file) {
      const path = inRoot(file);
      if (path === undefined) return false;
      return (await call("ls-files", ["-z", "--", literal(path)], { cwd: root })).stdout.length > 0;
    },
    async isIgnored(file) {
      const path = inRoot(file);
      if (path === undefined) return false;
      // A pattern with `!` that matches last is printed as well, but the status then is 1. --no-index: of a tracked file too.
      return (await call("check-ignore", ["--quiet", "--no-index", "-z", "--stdin"], { cwd: root, input: `${path}\0`, accepted: [0, 1] })).status === 0;
    },
    async versions(file) {
      const path = inRoot(file);
      if (path === undefined) return [];
      return versionsOf(call, root, path);
    },
    async trackedFiles() {
      const { stdout } = await call("ls-files", ["-z", "--", "."]);
      return stdout
        .toString("utf8")
        .split("\0")
        .filter((name) => name !== "")
        .map((name) => join(real, name));
    },
  };
}

type Call = (command: string, args: readonly string[], options?: { cwd?: string; input?: string; accepted?: readonly number[] }) => Promise<{ status: number; stdout: Buffer; stderr: string }>;

/** A path, not a pattern. */
const literal = (path: string) => `:(top,literal)${path}`;

async function versionsOf(call: Call, root: string, path: string): Promise<FileVersion[]> {
  // Every commit that changed the file, merges that brought a content of their own too. The newest first.
  const log = await call("log", ["--all", "--full-history", "-m", "--no-renames", "--format=%x00%H", "--raw", "--no-abbrev", "-z", "--", literal(path)], { cwd: root });
  const blobs = new Map<string, string>();
  let commit = "";
  for (const field of log.stdout.toString("utf8").split("\0")) {
    if (/^[0-9a-f]{40,64}$/.test(field.trim())) commit = field.trim();
    const blob = /^\s*:\d{6} \d{6} [0-9a-f]+ ([0-9a-f]+) [A-Z]/.exec(field)?.[1];
    if (blob !== undefined && !/^0+$/.test(blob) && !blobs.has(blob)) blobs.set(blob, commit);
  }
  if (blobs.size === 0) return [];
  const { stdout } = await call("cat-file", ["--batch"], { cwd: root, input: `${[...blobs.keys()].join("\n")}\n` });
  return [...contentsOf(stdout)].map(({ blob, content }) => ({ commit: blobs.get(blob) as string, content }));
}

/** `cat-file --batch` writes a line with name, type and size, then the content and a line ending. */
function* contentsOf(output: Buffer): Generator<{ blob: string; content: string }> {
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf(10, at);
    const header = /^([0-9a-f]+) (\w+) (\d+)$/.exec(output.toString("latin1", at, end));
    if (header === null) throw new CliError("git cat-file gave no content: the repository lacks parts of its history.", "Fetch the whole history with git fetch --unshallow, or run git fsck.");
    const [, blob, type, size] = header as unknown as [string, string, string, string];
    const from = end + 1;
    at = from + Number(size) + 1;
    // A folder or a submodule may once have had the name.
    if (type === "blob") yield { blob, content: output.toString("utf8", from, from + Number(size)) };
  }
}

function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    const parent = dirname(folder);
    return parent === folder ? folder : join(realFolder(parent), basename(folder));
  }
}

function withoutFinalNewline(output: Buffer): string {
  return output.toString("utf8").replace(/\r?\n$/, "");
}
