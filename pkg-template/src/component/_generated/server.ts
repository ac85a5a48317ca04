// What `convex codegen` would write for this component; it wants a deployment, so this is kept by hand.

import type {
  ActionBuilder,
  GenericActionCtx,
  GenericDatabaseReader,
  GenericDatabaseWriter,
  GenericMutationCtx,
  GenericQueryCtx,
  HttpActionBuilder,
  MutationBuilder,
  QueryBuilder,
} from "convex/server";
import {
  actionGeneric,
  httpActionGeneric,
  internalActionGeneric,
  internalMutationGeneric,
  internalQueryGeneric,
  mutationGeneric,
  queryGeneric,
} from "convex/server";
import type { DataModel } from "./dataModel.js";

/** Makes a query that an app can call. */
export const query: QueryBuilder<DataModel, "public"> = queryGeneric;

/** Makes a query that only the component can call. */
export const internalQuery: QueryBuilder<DataModel, "internal"> = internalQueryGeneric;

/** Makes a mutation that an app can call. */
export const mutation: MutationBuilder<DataModel, "public"> = mutationGeneric;

/** Makes a mutation that only the component can call. */
export const internalMutation: MutationBuilder<DataModel, "internal"> = internalMutationGeneric;

/** Makes an action that an app can call. */
export const action: ActionBuilder<DataModel, "public"> = actionGeneric;

/** Makes an action that only the component can call. */
export const internalAction: ActionBuilder<DataModel, "internal"> = internalActionGeneric;

/** Makes an HTTP action. */
export const httpAction: HttpActionBuilder = httpActionGeneric;

/** What a query gets. */
export type QueryCtx = GenericQueryCtx<DataModel>;

/** What a mutation gets. */
export type MutationCtx = GenericMutationCtx<DataModel>;

/** What an action gets. */
export type ActionCtx = GenericActionCtx<DataModel>;

/** Reads the component's tables. */
export type DatabaseReader = GenericDatabaseReader<DataModel>;

/** Reads and writes the component's tables. */
export type DatabaseWriter = GenericDatabaseWriter<DataModel>;
