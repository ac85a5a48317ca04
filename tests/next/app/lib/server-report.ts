import * as http from "countersign/http";
import * as webhooks from "countersign/webhooks";
import { signedCalls } from "./calls";
import { report, type Report } from "./report";

/** The suite with what only servers have, and signed calls. */
export async function serverReport(): Promise<Report> {
  return report(await signedCalls(), { http, webhooks });
}
