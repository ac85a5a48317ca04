// node tests/figures/write.mjs: writes the figures of the files beside it into the table of SECURITY.md.

import { readFileSync, writeFileSync } from "node:fs";
import { problems, withTable } from "./table.mjs";

const document = new URL("../../SECURITY.md", import.meta.url);
writeFileSync(document, withTable(readFileSync(document, "utf8")));
for (const problem of problems()) {
  console.error(problem);
  process.exitCode = 1;
}
