import { gateway } from "countersign/convex";
import { components } from "./_generated/api.js";
import * as builders from "./_generated/server.js";

export const { query, mutation, action } = gateway({
  query: builders.query,
  mutation: builders.mutation,
  action: builders.action,
  replay: components.countersign,
  allow: ["orders:*", "orders"],
});
