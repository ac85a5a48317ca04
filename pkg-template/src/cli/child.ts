import { execFileSync, spawn } from "node:child_process";
import type { Environment } from "./command.js";

export interface Ended {
  /** `undefined` if it was ended by a signal, ours or another's. */
  status: number | undefined;
  stdout: Buffer;
  stderr: Buffer;
  timedOut: boolean;
}

/** The command was not found. */
export class NotFound extends Error {}

export interface RunOptions {
  cwd: string;
  environment: Environment;
  input?: string;
  timeoutMs: number;
  /** Ends it as soon as this is true of what it wrote so far: some wait for ever after an error. */
  until?: (stderr: string, stdout: string) => boolean;
}

/** Runs a command without a shell, and whatever it started ends with it: after the time is up, and when this process is told to end. */
export async function run(file: string, args: readonly string[], { cwd, environment, input, timeoutMs, until }: RunOptions): Promise<Ended> {
  const posix = process.platform !== "win32";
  // In a group of its own, so that all of it can be ended, and without the terminal, so that it can ask nothing.
  const child = spawn(file, args, { cwd, env: environment as NodeJS.ProcessEnv, stdio: ["pipe", "pipe", "pipe"], shell: false, windowsHide: true, detached: posix });
  const end = () => {
    if (child.pid === undefined) return;
    try {
      if (posix) process.kill(-child.pid, "SIGKILL");
      else execFileSync("taskkill", ["/pid", String(child.pid), "/T", "/F"], { stdio: "ignore" });
    } catch {
      // It is gone already; if only its group is, this ends the child itself.
      child.kill("SIGKILL");
    }
  };
  const stop = (signal: NodeJS.Signals) => {
    end();
    release();
    // As it would have been without the child: others may listen too.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const release = () => {
    for (const signal of signals) process.off(signal, stop);
    process.off("exit", end);
  };
  for (const signal of signals) process.on(signal, stop);
  process.on("exit", end);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    end();
  }, timeoutMs);
  const output: { stdout: Buffer[]; stderr: Buffer[] } = { stdout: [], stderr: [] };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].on("data", (chunk: Buffer) => {
      output[stream].push(chunk);
      if (until?.(Buffer.concat(output.stderr).toString("utf8"), Buffer.concat(output.stdout).toString("utf8")) === true) end();
    });
  }
  // One that ends without reading its input: its own status and words tell why.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input ?? "");
  try {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      child.on("error", (error: NodeJS.ErrnoException) => reject(error.code === "ENOENT" ? new NotFound(file) : error));
      child.on("close", (code) => resolve(code ?? undefined));
    });
    return { status, stdout: Buffer.concat(output.stdout), stderr: Buffer.concat(output.stderr), timedOut };
  } finally {
    clearTimeout(timer);
    release();
  }
}
