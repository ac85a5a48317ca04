"use client";

import { useEffect, useState } from "react";
import { report, type Report } from "../../lib/report";
import { ReportView } from "../../lib/report-view";

export default function Page() {
  const [result, setResult] = useState<Report>();
  useEffect(() => {
    report().then(setResult, (error: unknown) => {
      setResult({ runtime: "browser", answers: [], passed: 0, failures: [{ name: "the suite ran", message: String(error) }] });
    });
  }, []);
  return <ReportView report={result} />;
}
