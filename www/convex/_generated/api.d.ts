/* eslint-disable */
/**
 * Generated `api` utility.
 *
 * THIS CODE IS AUTOMATICALLY GENERATED.
 *
 * To regenerate, run `npx convex dev`.
 * @module
 */

import type {
  ApiFromModules,
  FilterApi,
  FunctionReference,
} from "convex/server";
import type * as backfill from "../backfill.js";
import type * as countersign from "../countersign.js";
import type * as events from "../events.js";
import type * as gateway from "../gateway.js";
import type * as http from "../http.js";
import type * as orders from "../orders.js";
import type * as receipts from "../receipts.js";
import type * as webhooks from "../webhooks.js";

/**
 * A utility for referencing Convex functions in your app's API.
 *
 * Usage:
 * ```js
 * const myFunctionReference = api.myModule.myFunction;
 * ```
 */
declare const fullApi: ApiFromModules<{
  backfill: typeof backfill;
  countersign: typeof countersign;
  events: typeof events;
  gateway: typeof gateway;
  http: typeof http;
  orders: typeof orders;
  receipts: typeof receipts;
  webhooks: typeof webhooks;
}>;
export declare const api: FilterApi<
  typeof fullApi,
  FunctionReference<any, "public">
>;
export declare const internal: FilterApi<
  typeof fullApi,
  FunctionReference<any, "internal">
>;

export declare const components: {
  countersign: import("countersign/_generated/component.js").ComponentApi<"countersign">;
};
