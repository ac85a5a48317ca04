// findInCode beside the test: what does not end can be ended.

import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { findIn } from "./code.mjs";

if (!isMainThread && parentPort !== null) {
  const before = process.cpuUsage();
  const report = await findIn(workerData);
  const { user, system } = process.cpuUsage(before);
  parentPort.postMessage({ report, seconds: (user + system) / 1e6 });
}

/**
 * The report on these files and the seconds of the processor that it took, of the whole process.
 * @param {Readonly<Record<string, string>>} files
 * @param {number} limitMs
 * @returns {Promise<{ report: import("./code.mjs").Report, seconds: number }>}
 */
export async function findAside(files, limitMs) {
  const worker = new Worker(new URL(import.meta.url), { workerData: files });
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`not ended after ${limitMs} ms`)), limitMs);
      worker.once("message", resolve);
      worker.once("error", reject);
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
