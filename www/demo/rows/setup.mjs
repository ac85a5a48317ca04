// A secret that one of the two sides lacks.

import { appears, judge } from "./judge.mjs";

const missingInConvex = {
  name: "secret missing in Convex",
  expected: "refused, misconfigured",
  needs: ["env"],
  async run({ lab, backend, secret, next }) {
    const from = next.log().length;
    await backend.setEnv("COUNTERSIGN_SECRET", undefined);
    let judged;
    try {
      const outcome = await lab.send("none", { route: "node", delivery: lab.newDelivery() });
      judged = judge(outcome, { status: 502, code: "misconfigured", stored: 0 });
      const command = "npx convex env set COUNTERSIGN_SECRET";
      const convexSays = outcome.log.some((line) => line.includes(command));
      const nextSays = await appears(next.log, from, (line) => line.includes("misconfigured") && line.includes(command));
      judged.notes.push(`both logs say to run \`${command}\``);
      if (!convexSays) judged.problems.push(`the deployment's log does not name \`${command}\``);
      if (!nextSays) judged.problems.push(`the Next.js log does not name \`${command}\``);
    } finally {
      await backend.setEnv("COUNTERSIGN_SECRET", secret);
    }
    const after = await lab.send("none", { route: "node", delivery: lab.newDelivery() });
    judged.notes.push(`with that command run, the next delivery ${after.answer.ok ? "was accepted" : "was refused"}`);
    if (!after.answer.ok || after.stored !== 1) judged.problems.push("a delivery after the secret was set again was not accepted");
    return judged;
  },
};

const missingInNext = {
  name: "secret missing in Next.js",
  expected: "refused, secret_missing",
  needs: [],
  async run({ lab, startNextWith }) {
    const next = await startNextWith({ COUNTERSIGN_SECRET: undefined });
    try {
      const outcome = await lab.send("none", { route: "node", delivery: lab.newDelivery(), url: next.url });
      const found = await appears(next.log, 0, (line) => line.includes("secret_missing"));
      const judged = judge({ ...outcome, code: found === undefined ? null : "secret_missing" }, { status: 502, code: "secret_missing", stored: 0 });
      if (outcome.sent !== null) judged.problems.push("a call reached Convex all the same");
      judged.notes.push("its log names .env.local; nothing was sent to Convex");
      if (!found?.includes(".env.local")) judged.problems.push("the Next.js log does not name .env.local");
      return judged;
    } finally {
      await next.close();
    }
  },
};

export const setupRows = [missingInConvex, missingInNext];
