import { actionGeneric } from "convex/server";
import { v } from "convex/values";
import { signedFetch } from "countersign/http";

/** Calls another server from Convex, and gives what came of it. */
export const send = actionGeneric({
  args: { url: v.string(), method: v.string(), body: v.optional(v.string()), audience: v.string(), asRequest: v.optional(v.boolean()) },
  handler: async (_ctx, { url, method, body, audience, asRequest }) => {
    try {
      const init = { method, ...(body === undefined ? {} : { body }) };
      const response = asRequest ? await signedFetch(new Request(url, init), undefined, { audience }) : await signedFetch(url, init, { audience });
      return { status: response.status, text: await response.text(), url: response.url };
    } catch (error) {
      return { code: error.code ?? error.name, message: error.message };
    }
  },
});
