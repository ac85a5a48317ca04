import { connection } from "next/server";
import { signedCalls } from "../../lib/calls";
import { report } from "../../lib/report";
import { ReportView } from "../../lib/report-view";

export default async function Page() {
  await connection();
  return <ReportView report={await report(await signedCalls())} />;
}
