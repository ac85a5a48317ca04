"use client";

import { useActionState, useEffect, useState } from "react";
import type { Report } from "../../lib/report";
import { ReportView } from "../../lib/report-view";
import { run } from "./actions";

export default function Page() {
  const [report, action] = useActionState<Report | undefined>(() => run(), undefined);
  const [isReady, setReady] = useState(false);
  useEffect(() => setReady(true), []);
  return (
    <form action={action}>
      <button disabled={!isReady}>Run</button>
      <ReportView report={report} />
    </form>
  );
}
