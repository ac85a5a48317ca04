// One row for each export of "countersign/client" and "countersign/next": a deployment that answers in every way, and every mistake of a set-up.

import { makeFunctionReference } from "convex/server";
import { odd } from "../odd.mjs";
import { environment, environments } from "./convex.mjs";

/** @typedef {import("./primitives.mjs").Given} Given @typedef {import("./primitives.mjs").Rows} Rows @typedef {import("../watch.mjs").Watch} Watch */

const url = "https://happy-animal-123.convex.cloud";
const mark = /** @type {any} */ (makeFunctionReference("webhooks:mark"));

/** What a deployment can answer: errors with each code, with and without a message; log lines; redirects; nothing of use. @param {readonly string[]} codes @returns {(() => Response)[]} */
function answers(codes) {
  const json = (/** @type {object} */ body, status = 200) => () => Response.json({ logLines: ["[LOG] 'hello'", "[ERROR] 'oh'"], ...body }, { status });
  const failure = (/** @type {unknown} */ errorData) => json({ status: "error", errorMessage: "Server Error", ...(errorData === undefined ? {} : { errorData }) }, 560);
  return [
    json({ status: "success", value: null }), failure(undefined), failure({ code: "unauthorized" }), ...codes.map((code) => failure({ code, message: `countersign: about ${code}.` })), ...codes.map((code) => failure({ code })),
    json({ oh: "no" }, 503), () => new Response("not JSON"), () => new Response(null, { status: 307, headers: { location: "https://evil.example" } }), () => { throw new TypeError("fetch failed"); },
  ];
}

/** A fetch that answers with one of them, and looks at what is sent: a signature, and no secret. @param {Watch} watch @param {() => Response} answer @param {string} user @returns {typeof fetch} */
function network(watch, answer, user) {
  return async (input, init) => {
    const { authorization, ...headers } = Object.fromEntries(new Headers(init?.headers));
    if (authorization !== undefined && authorization !== `Bearer ${user}`) throw new Error("another user's token");
    watch.result([String(input), headers, String(init?.body).replace(/"(countersign|token)":"cs1\.[\w.-]+"/, ""), init?.method]);
    return answer();
  };
}

/** @param {any} client @param {Watch} watch */
async function callAll(client, watch) {
  for (const type of ["query", "mutation", "action"]) await watch.settled(() => client[type](mark, { eventId: "evt_1" }));
  for (const type of ["query", "mutation", "action"]) await watch.settled(() => client.gateway[type](mark, { eventId: "evt_1" }));
  await watch.settled(() => client.mutation(mark, { eventId: "evt_1" }, { skipQueue: true, idempotencyKey: "evt_1" }));
  await watch.settled(() => client.gateway.mutation(mark, { eventId: "evt_1" }, { idempotencyKey: "evt_1" }));
}

/** Tries again at once. @param {Rows[string]} row @returns {Rows[string]} */
const withoutWaits = (row) => async (given) => {
  const { random } = Math;
  Math.random = () => 0;
  try {
    await row(given);
  } finally {
    Math.random = random;
  }
};

/** @type {Rows} */
export const clients = {
  CountersignClient: withoutWaits(async ({ watch, api, entries, secret, other, forbid }) => {
    const user = `jwt.${other.split("").reverse().join("")}.of-a-user`;
    forbid("a user's token", `...${user}`);
    for (const answer of answers(entries.codes)) {
      const client = watch.handle(new api.CountersignClient(url, { secret, auth: user, fetch: network(watch, answer, user) }));
      await callAll(client, watch);
      watch.shown(() => client.url);
      client.clearAuth();
      client.setAuth(user);
      watch.result(client);
    }
    const fetch = network(watch, /** @type {any} */ (answers([])[0]), user);
    for (const thing of odd(secret)) {
      for (const options of [{ secret: thing }, { secret: () => thing }, { secret, audience: thing }, { secret, clock: () => thing }, { secret, logger: thing }, { secret, fetch: thing }, { secret, skipConvexDeploymentUrlCheck: thing }, { secret, gateway: thing }, thing]) {
        const client = watch.run(() => new api.CountersignClient(url, typeof options === "object" && options !== null && "secret" in options ? { fetch, ...options } : options));
        // Without a fetch of ours it would go out into the world.
        if (client !== undefined && typeof options === "object" && options !== null && "secret" in options && !("fetch" in options)) await watch.settled(() => client.query(mark, {}));
      }
      watch.run(() => new api.CountersignClient(thing, { secret }));
      // Arguments are sent as they are. What comes of them is not.
      const client = new api.CountersignClient(url, { secret, fetch: async () => Response.json({ status: "success", value: null, logLines: [] }) });
      for (const args of [thing, { secret, thing }, { countersign: thing }, { list: [thing, new Date(0), secret] }]) {
        await watch.settled(() => client.mutation(mark, args));
        await watch.settled(() => client.gateway.mutation(mark, args));
      }
      for (const call of [client, client.gateway]) {
        await watch.settled(() => call.mutation(mark, {}, { idempotencyKey: thing }));
        await watch.settled(() => call.mutation(thing, {}));
      }
    }
    for (const text of [`http://${secret}@example.com`, `ftp://${secret}`, `https://example.com/?secret=${secret}`, `http://example.com/#${secret}`]) watch.run(() => new api.CountersignClient(text, { secret, fetch }));
    for (const values of environments(secret, other)) {
      environment(values);
      await callAll(new api.CountersignClient(url, { fetch }), watch);
    }
    environment({});
  }),
};

/** @param {"fetchQuery" | "fetchMutation" | "fetchAction"} name @returns {Rows[string]} */
const nextRow = (name) => async ({ watch, api, entries, secret, other }) => {
  const world = globalThis.fetch;
  try {
    for (const answer of answers(entries.codes)) {
      globalThis.fetch = network(watch, answer, "");
      environment({ COUNTERSIGN_SECRET: secret, NEXT_PUBLIC_CONVEX_URL: url });
      await watch.settled(() => api[name](mark, { eventId: "evt_1" }));
    }
    globalThis.fetch = network(watch, /** @type {any} */ (answers([])[0]), "");
    for (const values of environments(secret, other)) {
      environment({ ...values, NEXT_PUBLIC_CONVEX_URL: url });
      await watch.settled(() => api[name](mark, {}));
      environment(values);
      await watch.settled(() => api[name](mark, {}));
    }
    globalThis.fetch = async () => Response.json({ status: "success", value: null, logLines: [] });
    // A key is sent as it is, like an argument.
    for (const thing of odd(secret)) await watch.settled(() => api[name](mark, {}, { url, secret, idempotencyKey: thing }));
    globalThis.fetch = network(watch, /** @type {any} */ (answers([])[0]), "");
    for (const thing of odd(secret)) {
      for (const options of [{ url, secret: thing }, { url: thing, secret }, { url, secret, audience: thing }, thing]) await watch.settled(() => api[name](mark, {}, options));
      if (typeof thing === "string" || typeof thing === "symbol") await watch.settled(() => api[name](mark, thing, { url, secret }));
    }
  } finally {
    globalThis.fetch = world;
    environment({});
  }
};

/** @type {Rows} */
export const next = { fetchQuery: nextRow("fetchQuery"), fetchMutation: nextRow("fetchMutation"), fetchAction: nextRow("fetchAction") };
