// What users of countersign/client and countersign/next see.
import { CountersignClient } from "countersign/client";
import type { UnsignedArgs } from "countersign/client";
import { fetchAction, fetchMutation, fetchQuery } from "countersign/next";
import type { NextjsOptions } from "countersign/next";
import type { GenericId } from "convex/values";
import { expectType } from "./expect-type.js";
import type { Equal } from "./expect-type.js";
import { api, future, untypedReference } from "./functions.js";
import type { Functions } from "./functions.js";

const { functions } = api.dir;

// `countersign` is gone from the arguments.
expectType<Equal<UnsignedArgs<Functions["fields"]>, { eventId: string; count?: number }>>();
expectType<Equal<UnsignedArgs<Functions["union"]>, { kind: "a"; a: string } | { kind: "b"; b: number }>>();
expectType<Equal<UnsignedArgs<Functions["none"]>, {}>>();
expectType<Equal<UnsignedArgs<Functions["inSession"]>, { eventId: string; sessionId: string; device?: string }>>();

export async function withClient(convex: CountersignClient): Promise<void> {
  const id = await convex.mutation(functions.fields, { eventId: "e" });
  expectType<Equal<typeof id, GenericId<"events">>>();
  const length = await convex.query(functions.object, { eventId: "e" });
  expectType<Equal<typeof length, number>>();
  const kind = await convex.action(functions.union, { kind: "b", b: 1 });
  expectType<Equal<typeof kind, "a" | "b">>();

  // Arguments may be left out where there are none, and only there.
  expectType<Equal<Awaited<ReturnType<typeof none>>, null>>();
  async function none() {
    await convex.mutation(functions.none, {});
    return await convex.mutation(functions.none);
  }
  await convex.mutation(functions.none, {}, { skipQueue: true });
  await convex.query(functions.optional, {});
  await convex.query(functions.optional, { limit: 5 });
  // @ts-expect-error as with Convex's own client
  await convex.query(functions.optional);
  // @ts-expect-error eventId is missing
  await convex.mutation(functions.fields);
  // @ts-expect-error eventId is missing
  await convex.mutation(functions.fields, {});
  // @ts-expect-error eventId is a text
  await convex.mutation(functions.fields, { eventId: 5 });
  // @ts-expect-error there is no such argument
  await convex.mutation(functions.fields, { eventId: "e", other: 1 });
  // @ts-expect-error the client adds the signature itself
  await convex.mutation(functions.fields, { eventId: "e", countersign: "cs1" });
  // @ts-expect-error neither variant has both
  await convex.action(functions.union, { kind: "a", b: 1 });

  await convex.mutation(functions.anything, { whatever: 1 });
  await convex.mutation(functions.untyped, { whatever: 1 });
  await convex.mutation(functions.handlerOnly, { eventId: "e" });
  await convex.mutation(functions.inSession, { eventId: "e", sessionId: "s" });
  // @ts-expect-error what the builder takes is missing
  await convex.mutation(functions.inSession, { eventId: "e" });

  // References of the other kinds.
  await convex.mutation(untypedReference, { whatever: 1 });
  await convex.mutation(untypedReference);
  const counted = await convex.mutation(future, { eventId: "e" });
  expectType<Equal<typeof counted, number>>();
  // @ts-expect-error eventId is missing
  await convex.mutation(future, {});

  // @ts-expect-error a query is no mutation
  await convex.mutation(functions.object, { eventId: "e" });
  // @ts-expect-error internal functions are not called from outside
  await convex.mutation(functions.internal, { a: "a" });
  // @ts-expect-error not a signed function
  await convex.mutation(functions.unsigned, { eventId: "e" });
  // @ts-expect-error not a signed function
  await convex.query(functions.unsignedQuery);

  // @ts-expect-error no such option
  void new CountersignClient("https://happy-animal-123.convex.cloud", { secrets: "x" });
}

export async function withNext(): Promise<void> {
  const options: NextjsOptions = { token: "jwt", url: "https://happy-animal-123.convex.cloud", skipConvexDeploymentUrlCheck: true };
  const id = await fetchMutation(functions.fields, { eventId: "e" }, options);
  expectType<Equal<typeof id, GenericId<"events">>>();
  const length = await fetchQuery(functions.object, { eventId: "e" });
  expectType<Equal<typeof length, number>>();
  const kind = await fetchAction(functions.union, { kind: "a", a: "a" }, {});
  expectType<Equal<typeof kind, "a" | "b">>();
  await fetchMutation(functions.none);
  await fetchMutation(functions.none, {}, options);
  await fetchMutation(future, { eventId: "e" });
  // @ts-expect-error eventId is missing
  await fetchMutation(functions.fields);
  // @ts-expect-error the package adds the signature itself
  await fetchMutation(functions.fields, { eventId: "e", countersign: "cs1" });
  // @ts-expect-error not a signed function
  await fetchMutation(functions.unsigned, { eventId: "e" });
  // @ts-expect-error not a signed function
  await fetchQuery(functions.unsignedQuery, {});
}
