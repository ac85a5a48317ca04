import { signedRoute } from "countersign/next";
import type { NextRequest } from "next/server";

/** What a signed route sees, in the runtime that it is in. Its secret and its audience come from the environment. */
export const route = signedRoute<{ id: string }, NextRequest>(
  async (request, { caller, body, params }) => {
    const { pathname, search } = request.nextUrl;
    const seen = {
      runtime: Reflect.has(globalThis, "EdgeRuntime") ? "edge" : "node",
      caller,
      id: (await params).id,
      method: request.method,
      target: pathname + search,
      cookie: request.cookies.get("session")?.value ?? null,
      text: await request.text(),
      bytes: body.length,
    };
    return Response.json(seen, { status: 201, headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]] });
  },
  { maxBodyBytes: 10_000 },
);

export const streaming = signedRoute(() => new Response("not signed"), { signedResponse: false });

export const failing = signedRoute(() => {
  throw new Error("the handler's own");
});
