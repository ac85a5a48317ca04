// What `convex codegen` would write for this component; it wants a deployment, so this is kept by hand.

import type * as crons from "../crons.js";
import type * as replay from "../replay.js";
import type * as sweep from "../sweep.js";

import type { ApiFromModules, FilterApi, FunctionReference } from "convex/server";
import { anyApi, componentsGeneric } from "convex/server";

const fullApi: ApiFromModules<{
  crons: typeof crons;
  replay: typeof replay;
  sweep: typeof sweep;
}> = anyApi as any;

/** The component's functions that an app can call. */
export const api: FilterApi<typeof fullApi, FunctionReference<any, "public">> = anyApi as any;

/** The component's functions that only the component can call. */
export const internal: FilterApi<typeof fullApi, FunctionReference<any, "internal">> = anyApi as any;

/** The components that this one uses: none. */
export const components = componentsGeneric() as unknown as {};
