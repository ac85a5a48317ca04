import { componentsGeneric, httpActionGeneric as httpAction, httpRouter } from "convex/server";

const { spare } = componentsGeneric() as any;
const http = httpRouter();

http.route({
  path: "/record",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    const count = (await ctx.runMutation(spare.entries.add, { text: await request.text(), amount: 5n })) as bigint;
    return new Response(String(count));
  }),
});

export default http;
