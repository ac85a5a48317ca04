import type { FunctionReference } from "convex/server";
import { componentsGeneric, httpActionGeneric as httpAction, httpRouter } from "convex/server";

type Add = FunctionReference<"mutation", "internal", { text: string; amount: bigint }, bigint>;

const { spare } = componentsGeneric() as unknown as { spare: { entries: { add: Add } } };
const http = httpRouter();

http.route({
  path: "/record",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    const count = await ctx.runMutation(spare.entries.add, { text: await request.text(), amount: 5n });
    return new Response(String(count));
  }),
});

export default http;
