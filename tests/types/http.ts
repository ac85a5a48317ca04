// What users of countersign/http, of signedRoute and of signedHttpAction see.
import type { PublicHttpAction } from "convex/server";
import { countersign } from "countersign/convex";
import type { SignedRequest } from "countersign/convex";
import { memoryReplayStore, signRequest, signedFetch, verifyRequest } from "countersign/http";
import type { Keyring, ReplayStore } from "countersign/http";
import { signedRoute } from "countersign/next";
import { anyApi } from "convex/server";
import { components } from "../convex/convex/_generated/api.js";
import { action, mutation, query } from "../convex/convex/_generated/server.js";
import type { DataModel } from "../convex/convex/_generated/server.js";
import type { GenericActionCtx } from "convex/server";
import { expectType } from "./expect-type.js";
import type { Equal } from "./expect-type.js";

/** As far as it matters here: the declarations of Next.js need its own compiler settings. tests/next has the real one. */
interface NextRequest extends Request {
  nextUrl: { pathname: string };
  cookies: { get(name: string): { value: string } | undefined };
}

declare const httpAction: (handler: (ctx: GenericActionCtx<DataModel>, request: Request) => Promise<Response>) => PublicHttpAction;

const options = { query, mutation, action, replay: components.countersign };
const { signedHttpAction } = countersign({ ...options, httpAction });
const registered = signedHttpAction(async (ctx, request, signed) => {
  expectType<Equal<typeof ctx, GenericActionCtx<DataModel>>>();
  expectType<Equal<typeof request, Request>>();
  expectType<Equal<typeof signed, SignedRequest>>();
  expectType<Equal<typeof signed.caller, string>>();
  expectType<Equal<typeof signed.created, number>>();
  await ctx.runMutation(anyApi["orders"]!["add"]!, { body: signed.body.buffer });
  return new Response(signed.body);
}, { callers: ["web"], maxBodyBytes: 1000, toleranceMs: 1000, audience: "https://app.example", signedResponse: false, explain: true, keys: () => ["a", undefined] });
expectType<Equal<typeof registered, PublicHttpAction>>();
signedHttpAction(() => new Response());
// @ts-expect-error a Response must be returned
signedHttpAction(() => "text");
// @ts-expect-error its nonces go where those of the others go
signedHttpAction(() => new Response(), { replay: false });
// @ts-expect-error httpAction was not passed
countersign(options).signedHttpAction(() => new Response());

// As Next.js calls them, and as a test does.
const plain = signedRoute(async (request, { caller, body, params }) => {
  expectType<Equal<typeof request, Request>>();
  expectType<Equal<typeof body, Uint8Array<ArrayBuffer>>>();
  expectType<Equal<typeof caller, string>>();
  expectType<Equal<typeof params, Promise<{}>>>();
  return new Response();
});
const dynamic = signedRoute<{ id: string }, NextRequest>(async (request, { params }) => new Response((await params).id + request.nextUrl.pathname), { replay: memoryReplayStore() });
signedRoute(async (request: NextRequest) => new Response(request.cookies.get("a")?.value));
export const POST: (request: NextRequest, context: { params: Promise<{ id: string }> }) => Promise<Response> = plain;
export const GET: (request: NextRequest, context: { params: Promise<{ id: string }> }) => Promise<Response> = dynamic;
void plain(new Request("https://app.example"));
// @ts-expect-error it wants a NextRequest
void dynamic(new Request("https://app.example"));
// @ts-expect-error a Response must be returned
signedRoute(() => undefined);
// @ts-expect-error that is no replay store
signedRoute(() => new Response(), { replay: true });
// @ts-expect-error no such option
signedRoute(() => new Response(), { secret: "x" });

export async function withRequests(keyring: Keyring, replay: ReplayStore): Promise<void> {
  const request = await signRequest(keyring, new Request("https://app.example"), { components: ["x-a"] });
  expectType<Equal<typeof request, Request>>();
  const verified = await verifyRequest(keyring, request, { audience: "https://app.example", replay });
  expectType<Equal<typeof verified.request, Request>>();
  // @ts-expect-error the audience must be said
  await verifyRequest(keyring, request, {});
  const response = await signedFetch("https://app.example", { method: "POST" }, { secret: () => undefined });
  expectType<Equal<typeof response, Response>>();
  // @ts-expect-error no such option
  await signedFetch("https://app.example", {}, { keys: "x" });
}
