// What `convex codegen` would write for this component; it wants a deployment, so this is kept by hand.

import type { FunctionReference } from "convex/server";

/** The replay component as an app sees it: the type of `components.countersign`. */
export type ComponentApi<Name extends string | undefined = string | undefined> = {
  replay: {
    consume: FunctionReference<
      "mutation",
      "internal",
      {
        expiresAt: number;
        idempotency?: { call: string; caller: string; key: string };
        key: string;
      },
      {
        result?: string;
        status: "fresh" | "replayed" | "recorded" | "conflict";
      },
      Name
    >;
    record: FunctionReference<"mutation", "internal", { call: string; caller: string; key: string; result: string }, null, Name>;
  };
};
