import { internalQueryGeneric } from "convex/server";

export const list = internalQueryGeneric({ args: {}, handler: async () => "not on the gateway's list" });
