import { connection } from "next/server";
import { ReportView } from "../../lib/report-view";
import { serverReport } from "../../lib/server-report";

export default async function Page() {
  await connection();
  return <ReportView report={await serverReport()} />;
}
