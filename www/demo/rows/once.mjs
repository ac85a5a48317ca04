// What comes more than once: a captured call, a delivery its provider repeats, many deliveries at the same time.

import { judge, note } from "./judge.mjs";

const resent = {
  name: "captured and sent again",
  expected: "refused, replayed",
  needs: ["log"],
  async run({ lab }) {
    const outcome = await lab.send("resent", { route: "node", delivery: lab.newDelivery() });
    return judge(outcome, { text: '{"code":"unauthorized"}', code: "replayed", stored: 1 });
  },
};

const repeated = {
  name: "posted again by its provider",
  expected: "200 twice, stored once",
  needs: [],
  async run({ lab }) {
    const outcome = await lab.send("repeated", { route: "node", delivery: lab.newDelivery() });
    return judge(outcome, { status: 200, code: null, stored: 1 });
  },
};

const reused = {
  name: "posted again, other amount",
  expected: "refused, idempotency_conflict",
  needs: ["log"],
  async run({ lab }) {
    const outcome = await lab.send("reused", { route: "node", delivery: lab.newDelivery() });
    return judge(outcome, { status: 409, code: "idempotency_conflict", stored: 1 });
  },
};

const events = 150;
const twice = 50;

const burst = {
  name: `${events + twice} at once, ${twice} duplicates`,
  expected: "none lost, none doubled",
  needs: [],
  run: ({ lab, backend }) =>
    lab.inTurn(async () => {
      const deliveries = Array.from({ length: events }, (_, index) => lab.newDelivery({ amount: 100 + index }));
      // A duplicate is right behind its original: both are under way together.
      const posts = deliveries.flatMap((delivery, index) => {
        const post = { delivery, route: index % 2 === 0 ? "node" : "edge" };
        return index < twice ? [post, post] : [post];
      });
      const [lines, calls, start] = [backend.log().length, backend.proxy?.callCount(), performance.now()];
      const answers = await Promise.all(posts.map(({ delivery, route }) => lab.post(route, delivery)));
      const seconds = (performance.now() - start) / 1000;
      const counts = await lab.storedCounts(deliveries.map(({ id }) => id));
      const failed = answers.filter(({ status }) => status !== 200);
      const lost = counts.filter((count) => count === 0).length;
      const doubled = counts.filter((count) => count > 1).length;
      const judged = { came: `${lost} lost, ${doubled} doubled`, code: "-", notes: [], problems: [] };
      if (failed.length > 0) judged.problems.push(`${failed.length} deliveries were answered with ${[...new Set(failed.map(({ status, text }) => `${status} ${text}`))].join(", ")}`);
      if (counts.length !== events || lost > 0 || doubled > 0) judged.problems.push(`of ${events} events ${lost} were not stored and ${doubled} more than once`);
      const logged = backend.log().slice(lines);
      if (logged.length > 0) judged.problems.push(`the deployment logged ${logged[0]}`);
      if (calls !== undefined) {
        const travelled = backend.proxy.callCount() - calls;
        note(judged, `${travelled} signed calls reached Convex in ${seconds.toFixed(1)} s: every duplicate got there, and there it ended`, travelled >= posts.length);
      }
      return judged;
    }),
};

export const onceRows = [resent, repeated, reused, burst];
