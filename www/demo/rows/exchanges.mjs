// Webhooks as providers send them, and signed HTTP requests: each of app/lib/exchanges.json is a row.

import { exchanges } from "../exchanges/index.mjs";

const kept = (stored) => (stored === 0 ? "nothing stored" : stored === 1 ? "stored once" : `stored ${stored} times`);

/**
 * @param {"webhook" | "request"} kind
 * @returns {import("../table.mjs").Row[]}
 */
export function exchangeRows(kind) {
  return exchanges.filter((exchange) => exchange.kind === kind).map((exchange) => {
    const { title, came, code, stored, here = kind === "request" } = exchange;
    return {
      name: title,
      expected: code === null ? `${came}, ${kept(stored)}` : `${came}, ${code}`,
      // A deployment elsewhere does not reach this machine, and its log is not here.
      needs: here ? ["here"] : [],
      async run({ exchanges: { send } }) {
        const outcome = await send(exchange);
        return { came: `${outcome.came}, ${kept(outcome.stored)}`, code: outcome.code ?? "-", notes: [], problems: outcome.problems };
      },
    };
  });
}
