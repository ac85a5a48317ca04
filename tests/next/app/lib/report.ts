import * as api from "countersign";
import * as inspect from "countersign/inspect";
import { conformance, vectors, type Outcome } from "./suite.mjs";

/** What each place of the app answers. */
export interface Report extends Outcome {
  /** Where it ran, as that place sees it. */
  runtime: string;
  /** What the deployment said to the signed calls; the browser makes none. */
  answers: string[];
}

/** What no browser can import. */
export interface ServerEntries {
  http: unknown;
  webhooks: unknown;
}

/** Runs the conformance suite here. */
export async function report(answers: string[] = [], entries?: ServerEntries): Promise<Report> {
  return { runtime: runtime(), answers, ...(await conformance({ api, inspect, ...entries, vectors })) };
}

// By what it finds, and without names that Next.js replaces when it builds.
function runtime(): string {
  if (typeof document !== "undefined") return "browser";
  return Reflect.has(globalThis, "EdgeRuntime") ? "edge" : Reflect.has(globalThis, "process") ? "node" : "unknown";
}
