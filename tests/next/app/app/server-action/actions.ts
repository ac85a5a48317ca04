"use server";

import type { Report } from "../../lib/report";
import { serverReport } from "../../lib/server-report";

export async function run(): Promise<Report> {
  return serverReport();
}
