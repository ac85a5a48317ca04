// What `convex codegen` would write for this component; it wants a deployment, so this is kept by hand.

import type * as crons from "../crons.js";
import type * as replay from "../replay.js";
import type * as sweep from "../sweep.js";

import type { ApiFromModules, FilterApi, FunctionReference } from "convex/server";
import { anyApi, componentsGeneric } from "convex/server";

type FullApi = ApiFromModules<{
  crons: typeof crons;
  replay: typeof replay;
  sweep: typeof sweep;
}>;

/** The component's functions that an app can call. */
export const api = anyApi as unknown as FilterApi<FullApi, FunctionReference<any, "public">>;

/** The component's functions that only the component can call. */
export const internal = anyApi as unknown as FilterApi<FullApi, FunctionReference<any, "internal">>;

/** The components that this one uses: none. */
export const components = componentsGeneric() as unknown as {};
