// Runs commands and looks for secrets in all that they leave: both outputs, the arguments of every process they start, and files, those too that are gone again.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { Forbidden } from "../../secrets/forms.mjs";
import { filesOf } from "./project.mjs";
import { binOf, runScript, temporaryFolder } from "./run.mjs";
import { runInTerminal as runThere } from "./terminal.mjs";

const hook = fileURLToPath(new URL("hook.cjs", import.meta.url));

/**
 * @typedef {object} WatchOptions
 * @property {(run: { stdout: string, output: string }) => Record<string, string>} [made] the secrets that the command made, which are looked for as well
 * @property {readonly ("stdout")[]} [allow] where these may be: on the stdout of `keygen`
 * @property {boolean} [report] leaks are in the result, and no error
 * @property {string} [script] another script than the command's
 */

/** @typedef {{ kind: "argv", argv: string[] } | { kind: "write", path: string, mode?: number, text: string } | { kind: "rename", from: string, to: string }} Entry */

/** An environment file, where secrets are meant to be. @param {string} file */
const isEnvFile = (file) => /^\.env(\.|$)|\.env$/.test(basename(file));

/** @param {Record<string, string>} secrets by what they are called in messages; each at least 12 characters */
export function watching(secrets) {
  const forbidden = new Forbidden();
  const forbid = (/** @type {string} */ name, /** @type {string} */ secret) => {
    // Shorter ones stand in ordinary output by accident.
    if (secret.length < 12) throw new Error(`${name} is too short to be looked for.`);
    forbidden.secret(name, secret);
  };
  for (const [name, secret] of Object.entries(secrets)) forbid(name, secret);

  /**
   * @template {{ output: string, stdout: string }} Result
   * @param {readonly string[]} args
   * @param {string} cwd @param {Record<string, string | undefined>} given the environment
   * @param {WatchOptions} options
   * @param {(env: Record<string, string | undefined>) => Promise<Result>} start
   * @returns {Promise<Result & { leaks: string[], argv: string[][] }>}
   */
  async function watched(args, cwd, given, { made, allow = [], report = false, script = binOf(cwd) }, start) {
    const base = temporaryFolder("watched");
    const [records, temporary, home] = ["records", "tmp", "home"].map((name) => join(base, name));
    for (const folder of [records, temporary, home]) mkdirSync(folder);
    const env = {
      HOME: home,
      USERPROFILE: given["HOME"] ?? home,
      TMPDIR: temporary,
      TEMP: temporary,
      TMP: temporary,
      ...given,
      NODE_OPTIONS: `--require ${JSON.stringify(hook)} ${given["NODE_OPTIONS"] ?? ""}`.trim(),
      WATCHED_RECORDS: records,
    };
    const folders = [...new Set([projectOf(cwd), temporary, env.HOME])];
    const before = new Map(folders.flatMap(contents));
    const result = await start(env);
    for (const [name, secret] of Object.entries(made?.(result) ?? {})) forbid(name, secret);

    const entries = readdirSync(records).flatMap((file) => readFileSync(join(records, file), "utf8").trimEnd().split("\n").map((line) => /** @type {Entry} */ (JSON.parse(line))));
    // A command that was not watched must not pass for one that leaks nothing.
    if (entries.length === 0) throw new Error("The hook has recorded nothing.");
    /** @type {string[]} */
    const leaks = [];
    const look = (/** @type {string} */ where, /** @type {string} */ text) => {
      const found = forbidden.find(text);
      if (found !== undefined) leaks.push(`${where}: ${found}`);
    };
    const argv = entries.flatMap((entry) => (entry.kind === "argv" ? [entry.argv] : []));
    // What the test itself typed is no doing of the command's.
    const own = argv.findIndex((one) => one.slice(-args.length - 1).join("\0") === [script, ...args].join("\0"));
    if (own === -1) throw new Error("The command itself was not watched.");
    for (const one of argv.toSpliced(own, 1)) look(`arguments of ${basename(one[0] ?? "")}`, one.join("\n"));
    if ("stderr" in result) {
      if (!allow.includes("stdout")) look("stdout", result.stdout);
      look("stderr", String(result.stderr));
    } else look("terminal", result.output);
    lookAtWrites(entries, look, (text) => forbidden.find(text), (leak) => leaks.push(leak));
    for (const folder of folders) {
      for (const [file, hash] of contents(folder)) {
        if (before.get(file) === hash) continue;
        look("name of a file", file);
        if (!isEnvFile(file)) look(`file ${relative(folder, file)}`, readFileSync(file, "latin1"));
      }
    }
    const unique = [...new Set(leaks)];
    if (unique.length > 0 && !report) throw new Error(`A secret shows.\n${unique.join("\n")}`);
    return { ...result, leaks: unique, argv };
  }

  return {
    forbid,
    /** What shows in a text, by name. @param {string} text */
    find: (text) => forbidden.find(text),
    /** As `run`, and fails if anything shows. @param {readonly string[]} args @param {import("./run.mjs").RunOptions & WatchOptions} [options] */
    run(args, options = {}) {
      const cwd = options.cwd ?? temporaryFolder("empty");
      return watched(args, cwd, options.env ?? {}, options, (env) => runScript(options.script ?? binOf(cwd), args, { ...options, cwd, env }));
    },
    /** As `runInTerminal`, and fails if anything shows. @param {readonly string[]} args @param {Parameters<typeof runThere>[1] & WatchOptions} options */
    runInTerminal(args, options) {
      const cwd = options.cwd ?? temporaryFolder("empty");
      return watched(args, cwd, options.env ?? {}, options, async (env) => {
        const result = await runThere(args, { ...options, cwd, env });
        return { ...result, stdout: result.output };
      });
    },
  };
}

/** @param {readonly Entry[]} entries @param {(where: string, text: string) => void} look @param {(text: string) => string | undefined} find @param {(leak: string) => void} leak */
function lookAtWrites(entries, look, find, leak) {
  const renames = entries.flatMap((entry) => (entry.kind === "rename" ? [entry] : []));
  /** All that was written to each file, in pieces as they came. @type {Map<string, { text: string, modes: Set<number> }>} */
  const files = new Map();
  for (const entry of entries) {
    if (entry.kind !== "write") continue;
    const file = files.get(entry.path) ?? { text: "", modes: new Set() };
    file.text += Buffer.from(entry.text, "base64").toString("latin1");
    if (entry.mode !== undefined) file.modes.add(entry.mode);
    files.set(entry.path, file);
  }
  for (const [path, { text, modes }] of files) {
    look("name of a file", path);
    // What becomes an environment file is written beside it first.
    const becomes = renames.find(({ from, to }) => from === path && isEnvFile(to) && dirname(from) === dirname(to));
    if (!isEnvFile(path) && becomes === undefined) look(`file ${basename(path)}, written`, text);
    else if (process.platform !== "win32" && [...modes].some((mode) => (mode & 0o077) !== 0)) {
      const found = find(text);
      if (found !== undefined) leak(`file ${basename(path)}, which others may read: ${found}`);
    }
  }
}

/** The outermost folder with a package.json. @param {string} cwd */
function projectOf(cwd) {
  let found = cwd;
  for (let folder = cwd; folder !== dirname(folder); folder = dirname(folder)) if (existsSync(join(folder, "package.json"))) found = folder;
  return found;
}

/** Every file with a digest of its content. @param {string} folder @returns {[string, string][]} */
function contents(folder) {
  return filesOf(folder).flatMap((file) => {
    const whole = join(folder, file);
    return statSync(whole, { throwIfNoEntry: false })?.isFile() ? [[whole, createHash("sha256").update(readFileSync(whole)).digest("hex")]] : [];
  });
}
