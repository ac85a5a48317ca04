"use server";

import { signedCalls } from "../../lib/calls";
import { report, type Report } from "../../lib/report";

export async function run(): Promise<Report> {
  return report(await signedCalls());
}
