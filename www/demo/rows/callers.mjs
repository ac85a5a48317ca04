// Internal functions, and callers with rights of their own.

import { judge, note } from "./judge.mjs";

const internal = {
  name: "internal function, via gateway",
  expected: "accepted, stored once",
  needs: ["worker"],
  async run({ lab, backend }) {
    const outcome = await lab.send("internal", { route: "node", delivery: lab.newDelivery() });
    const judged = judge(outcome, { ok: true, code: null, stored: 1 });
    if (!backend.real) note(judged, `${outcome.sent?.path} ran ${outcome.sent?.args.name}`, outcome.sent?.path === "gateway:mutation");
    const past = await lab.callInternal(lab.newDelivery());
    judged.notes.push("called directly, past the gateway, Convex does not know that function");
    if (past.ok) judged.problems.push("called directly, past the gateway, the function ran");
    return judged;
  },
};

const unlisted = {
  name: "internal function not listed",
  expected: "refused, function_forbidden",
  needs: ["worker", "log"],
  async run({ lab }) {
    const outcome = await lab.send("unlisted", { route: "node", delivery: lab.newDelivery() });
    // An event that was stored beforehand is still there: the function that removes it did not run.
    return judge(outcome, { text: '{"code":"unauthorized"}', code: "function_forbidden", stored: 1 });
  },
};

const caller = {
  name: "caller without the right",
  expected: "refused, caller_forbidden",
  needs: ["worker", "log"],
  async run({ lab }) {
    const outcome = await lab.send("caller", { route: "node", delivery: lab.newDelivery() });
    const judged = judge(outcome, { text: '{"code":"unauthorized"}', code: "caller_forbidden", stored: 0 });
    const right = await lab.send("worker", { route: "node", delivery: outcome.delivery });
    judged.notes.push("signed by the worker, whose function it is, the same call is accepted");
    if (!right.answer.ok || right.stored !== 1) judged.problems.push(`the worker, whose function it is, was answered ${right.answer.text}`);
    return judged;
  },
};

export const callerRows = [internal, unlisted, caller];
