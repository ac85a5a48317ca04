import { httpRouter } from "convex/server";
import { internal } from "./_generated/api";
import { signedHttpAction } from "./countersign";

const http = httpRouter();

http.route({
  path: "/receipts",
  method: "POST",
  handler: signedHttpAction(async (ctx, request, { caller, keyId, body }) => {
    const eventId = new URL(request.url).searchParams.get("event");
    const total = /^Total: EUR (\d+)\.(\d\d)$/m.exec(new TextDecoder().decode(body));
    if (eventId === null || total === null) return Response.json({ problem: "This is no receipt." }, { status: 400 });
    const amount = Number(`${total[1]}${total[2]}`);
    await ctx.runMutation(internal.orders.stamped, { eventId, provider: "app", type: "receipt.stored", amount, route: "http", caller, keyId });
    return Response.json({ bytes: body.length });
  }),
});

export default http;
