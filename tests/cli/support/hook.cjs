// Put by NODE_OPTIONS into every process of Node.js that a watched command starts, and into itself: records the arguments of each process it starts, and
// what it writes to files, with their modes. A file that is deleted right away is seen as well. Records lie in a folder of the watcher's own.

"use strict";

const fs = require("node:fs");
const path = require("node:path");
const childProcess = require("node:child_process");
const { syncBuiltinESMExports } = require("node:module");
const { threadId } = require("node:worker_threads");

const folder = process.env["WATCHED_RECORDS"];
if (folder !== undefined) watch(folder);

/** @param {string} folder */
function watch(folder) {
  const original = { ...fs };
  const records = path.join(folder, `${process.pid}-${threadId}-${Date.now()}.jsonl`);
  let recording = false;
  const record = (/** @type {object} */ entry) => {
    // Node's own functions call the watched ones, for this very line too.
    if (recording) return;
    recording = true;
    try {
      original.appendFileSync(records, `${JSON.stringify(entry)}\n`);
    } finally {
      recording = false;
    }
  };
  record({ kind: "argv", argv: [process.execPath, ...process.execArgv, ...process.argv.slice(1)] });
  watchProcesses(record);
  watchFiles(record, original, () => recording);
  syncBuiltinESMExports();
}

/** @param {(entry: object) => void} record */
function watchProcesses(record) {
  // Whatever environment a child is given, it is watched too.
  const inherited = ["NODE_OPTIONS", "WATCHED_RECORDS"].flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  const withHook = (/** @type {Record<string, string | undefined>} */ env) => ({ ...env, ...Object.fromEntries(inherited) });

  const { ChildProcess } = childProcess;
  const prototype = /** @type {any} */ (ChildProcess.prototype);
  const spawn = prototype.spawn;
  prototype.spawn = function (/** @type {any} */ options) {
    record({ kind: "argv", argv: [options.file, ...(options.args ?? [])] });
    const pairs = (options.envPairs ?? []).filter((/** @type {string} */ pair) => !inherited.some(([name]) => pair.startsWith(`${name}=`)));
    return spawn.call(this, { ...options, envPairs: [...pairs, ...inherited.map(([name, value]) => `${name}=${value}`)] });
  };

  const methods = /** @type {Record<string, Function>} */ (/** @type {unknown} */ (childProcess));
  for (const name of ["spawnSync", "execFileSync", "execSync"]) {
    const run = /** @type {Function} */ (methods[name]);
    methods[name] = (/** @type {string} */ file, /** @type {any[]} */ ...rest) => {
      const args = Array.isArray(rest[0]) ? rest[0] : [];
      const options = rest.find((given) => typeof given === "object" && given !== null && !Array.isArray(given)) ?? {};
      record({ kind: "argv", argv: name === "execSync" ? ["sh", "-c", file] : [file, ...args] });
      const watched = { ...options, env: withHook(options.env ?? process.env) };
      return name === "execSync" ? run(file, watched) : run(file, args, watched);
    };
  }
}

/** @param {(entry: object) => void} record @param {typeof fs} original @param {() => boolean} isRecording */
function watchFiles(record, original, isRecording) {
  const noteWrite = (/** @type {unknown} */ file, /** @type {unknown} */ data, /** @type {unknown} */ options) => {
    if (isRecording()) return;
    const [name, mode] = typeof file === "number" ? opened(original, file) : named(original, file);
    if (name === undefined) return;
    record({ kind: "write", path: name, mode, text: bytes(data, options).toString("base64") });
  };
  const noteCopy = (/** @type {unknown} */ to) => {
    const [name, mode] = named(original, to);
    if (name !== undefined && mode !== undefined && original.statSync(name).isFile()) record({ kind: "write", path: name, mode, text: original.readFileSync(name).toString("base64") });
  };
  const noteRename = (/** @type {unknown} */ from, /** @type {unknown} */ to) => record({ kind: "rename", from: named(original, from)[0], to: named(original, to)[0] });

  const methods = /** @type {Record<string, any>} */ (/** @type {unknown} */ (fs));
  const { promises } = fs;
  // Before it happens: what is written may be gone when it has happened; and after, when the file has its mode.
  for (const name of ["writeFile", "appendFile", "write", "writev"]) {
    const [later, now] = [methods[name], methods[`${name}Sync`]];
    methods[name] = (/** @type {any[]} */ ...args) => {
      noteWrite(args[0], args[1], args[2]);
      const done = args.pop();
      later(...args, (/** @type {any[]} */ ...results) => {
        noteMode(args[0]);
        done(...results);
      });
    };
    methods[`${name}Sync`] = (/** @type {any[]} */ ...args) => {
      noteWrite(args[0], args[1], args[2]);
      const result = now(...args);
      noteMode(args[0]);
      return result;
    };
  }
  const noteMode = (/** @type {unknown} */ file) => noteWrite(file, "", undefined);
  for (const name of /** @type {const} */ (["writeFile", "appendFile"])) {
    const write = /** @type {Function} */ (promises[name]);
    /** @type {any} */ (promises)[name] = async (/** @type {any} */ file, /** @type {any} */ data, /** @type {any} */ options) => {
      // A handle's own method, which this calls, is watched itself.
      if (typeof file !== "object" || file instanceof URL || Buffer.isBuffer(file)) noteWrite(file, data, options);
      const result = await write(file, data, options);
      if (typeof file === "string") noteMode(file);
      return result;
    };
  }
  for (const [name, note] of /** @type {[string, (from: unknown, to: unknown) => void][]} */ ([["rename", noteRename], ["copyFile", (_, to) => noteCopy(to)], ["cp", (_, to) => noteCopy(to)], ["link", (_, to) => noteCopy(to)]])) {
    const [later, now, promised] = [methods[name], methods[`${name}Sync`], /** @type {any} */ (promises)[name]];
    methods[name] = (/** @type {any[]} */ ...args) => {
      const done = args.pop();
      later(...args, (/** @type {any[]} */ ...results) => {
        note(args[0], args[1]);
        done(...results);
      });
    };
    methods[`${name}Sync`] = (/** @type {any[]} */ ...args) => {
      const result = now(...args);
      note(args[0], args[1]);
      return result;
    };
    /** @type {any} */ (promises)[name] = async (/** @type {any[]} */ ...args) => {
      const result = await promised(...args);
      note(args[0], args[1]);
      return result;
    };
  }
  // The class of file handles is nowhere to be had but from one.
  const open = promises.open;
  let seen = false;
  promises.open = async (...args) => {
    const handle = await open(...args);
    if (!seen) {
      seen = true;
      const prototype = Object.getPrototypeOf(handle);
      for (const name of ["write", "writev", "writeFile", "appendFile"]) {
        const write = prototype[name];
        prototype[name] = function (/** @type {any[]} */ ...given) {
          noteWrite(this.fd, given[0], given[1]);
          return write.apply(this, given);
        };
      }
    }
    return handle;
  };
}

/** @param {typeof fs} original @param {unknown} file @returns {[string?, number?]} its path, and its mode if it is there */
function named(original, file) {
  const name = path.resolve(file instanceof URL ? require("node:url").fileURLToPath(file) : String(file));
  const stat = original.statSync(name, { throwIfNoEntry: false });
  // A terminal or a pipe is looked at where it ends.
  if (stat !== undefined && !stat.isFile() && !stat.isDirectory()) return [];
  return [name, stat === undefined ? undefined : stat.mode & 0o777];
}

/** @param {typeof fs} original @param {number} descriptor @returns {[string?, number?]} nothing if it is no file */
function opened(original, descriptor) {
  const stat = original.fstatSync(descriptor);
  if (!stat.isFile()) return [];
  // Where there is no /proc, the file has no name here, and is searched all the same.
  const link = `/proc/self/fd/${descriptor}`;
  return [original.existsSync("/proc/self/fd") ? original.readlinkSync(link).replace(/ \(deleted\)$/, "") : `descriptor ${descriptor} of ${process.pid}`, stat.mode & 0o777];
}

/** @param {unknown} data @param {unknown} options @returns {Buffer} */
function bytes(data, options) {
  if (Array.isArray(data)) return Buffer.concat(data.map((part) => bytes(part, undefined)));
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const encoding = typeof options === "string" ? options : /** @type {{ encoding?: string } | null | undefined} */ (options)?.encoding;
  if (typeof data === "string") return Buffer.from(data, encoding !== undefined && Buffer.isEncoding(encoding) ? encoding : "utf8");
  throw new Error("The watcher does not know how to read what is written here: add it to hook.cjs.");
}
