import { anyApi, httpRouter } from "convex/server";
import { signedHttpAction } from "./countersign.js";

const http = httpRouter();

http.route({
  path: "/orders",
  method: "POST",
  handler: signedHttpAction(
    async (ctx, request, { caller, keyId, body, nonce, created }) => {
      const text = await request.text();
      const rows = await ctx.runMutation(anyApi.orders.add, { text, by: caller });
      const headers = [["set-cookie", "a=1"], ["set-cookie", "b=2"], ["content-type", "application/json"]];
      return new Response(JSON.stringify({ rows, keyId, nonce, created, bytes: body.length, path: new URL(request.url).pathname }), { status: 201, headers });
    },
    { maxBodyBytes: 10_000 },
  ),
});
const hello = signedHttpAction(async (_ctx, request) => new Response(`hello to ${request.method}`));
for (const method of ["GET", "DELETE"]) http.route({ path: "/hello", method, handler: hello });
http.route({ path: "/worker", method: "GET", handler: signedHttpAction(() => new Response("in"), { callers: ["worker"], explain: true }) });
http.route({ path: "/unsigned", method: "GET", handler: signedHttpAction(() => new Response("streamed"), { signedResponse: false }) });
http.route({ path: "/fails", method: "GET", handler: signedHttpAction(() => Promise.reject(new Error("the handler's own"))) });
http.route({ path: "/wrong", method: "GET", handler: signedHttpAction(() => new Response("in"), { callers: [] }) });

export default http;
