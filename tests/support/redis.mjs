// A Redis server of a test's own: on a Unix socket in a folder of its own, with nothing on disk, gone when the test ends.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BuildError, attempt, withLock } from "../../pkg-template/build/process.mjs";
import { aptInstall } from "./apt.mjs";

/** @typedef {Awaited<ReturnType<typeof startRedis>>} Redis */

/** The program, installed where that is possible without asking anybody. @returns {Promise<string>} */
async function redisServer() {
  const starts = async () => (await attempt("redis-server", ["--version"], { timeoutMs: 30_000 })).code === 0;
  if (await starts()) return "redis-server";
  await withLock("redis", async () => {
    if (await starts()) return;
    const how = "Install it (Debian: apt-get install redis-server; macOS: brew install redis), and run this again.";
    await aptInstall("redis-server", "These tests need a Redis server, and there is none.", how);
    if (!(await starts())) throw new BuildError(`apt-get installed a redis-server that does not start. ${how}`);
  });
  return "redis-server";
}

/** Starts one, and waits until it takes connections. */
export async function startRedis() {
  const program = await redisServer();
  const folder = mkdtempSync(join(tmpdir(), "redis-"));
  const socket = join(folder, "s");
  // No port: nothing else on this machine can come upon it. No snapshots, no log of commands.
  const child = spawn(program, ["--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", folder], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  /** @type {Promise<void>} */
  const ended = new Promise((resolve) => child.once("close", () => resolve()));
  let failure = "";
  child.once("error", (error) => (failure = error.message));
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);

  /** Ends it at once, as an outage does; a second time does nothing. */
  async function stop() {
    kill();
    await ended;
    process.removeListener("exit", kill);
    rmSync(folder, { recursive: true, force: true });
  }

  const deadline = Date.now() + 30_000;
  while (!output.includes("ready to accept connections") || !existsSync(socket)) {
    if (failure !== "" || child.exitCode !== null || Date.now() > deadline) {
      await stop();
      throw new BuildError(`redis-server does not start: ${failure}\n${output}`);
    }
    await sleep(20);
  }
  return { socket, stop };
}
