import type { Report } from "./report";

/** The report, where the runner reads it. */
export function ReportView({ report }: { report: Report | undefined }) {
  return report === undefined ? <p>not yet</p> : <pre id="report">{JSON.stringify(report)}</pre>;
}
