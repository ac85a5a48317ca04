import { countersign } from "countersign/convex";
import { components } from "./_generated/api";
import { action, env, httpAction, mutation, query } from "./_generated/server";

const builders = { query, mutation, action, replay: components.countersign };

// Whoever has COUNTERSIGN_SECRET may call these; while it is rotated, also who has the one before it or after it.
export const { signedQuery, signedMutation, signedAction, signedHttpAction } = countersign({ ...builders, httpAction });

/** For functions that several servers call: each has a secret of its own, and so a name. */
export const byCaller = {
  ...builders,
  keys: () => ({
    web: [env.COUNTERSIGN_SECRET, env.COUNTERSIGN_SECRET_NEXT, env.COUNTERSIGN_SECRET_PREVIOUS],
    worker: env.COUNTERSIGN_WORKER_SECRET,
  }),
};
