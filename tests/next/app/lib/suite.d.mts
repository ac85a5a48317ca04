// suite.mjs is written beside this file by ../../run.mjs: tests/conformance/suite.mjs and its vectors, as one file.
export interface Outcome {
  passed: number;
  failures: { name: string; message: string }[];
}
export const vectors: unknown;
export function conformance(given: { api: unknown; inspect: unknown; http?: unknown; webhooks?: unknown; vectors: unknown }): Promise<Outcome>;
