import { ConvexError, v } from "convex/values";
import { CountersignError, signedFetch } from "countersign/http";
import { env } from "./_generated/server";
import { signedAction } from "./countersign";

// Convex asks Next.js, and believes the answer only if Next.js signed it, for this request.
export const send = signedAction({
  args: { eventId: v.string(), amount: v.number() },
  returns: v.object({ number: v.string(), bytes: v.number(), askedWith: v.string() }),
  handler: async (_ctx, order) => {
    try {
      const response = await signedFetch(`${env.SITE_URL}/api/receipts`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(order),
      });
      if (!response.ok) throw new ConvexError({ code: "receipt_failed", why: `status ${response.status}` });
      return await response.json();
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error;
      // Whoever calls a signed action is one of ours, and may know.
      console.error(`no receipt for ${order.eventId}: ${error.message}`);
      throw new ConvexError({ code: "receipt_failed", why: error.code });
    }
  },
});
