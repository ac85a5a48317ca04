import { gateway } from "countersign/convex";
import { byCaller } from "./countersign";

// What can be reached from outside of all the internal functions: orders.remove cannot.
export const { query, mutation, action } = gateway({
  ...byCaller,
  allow: { web: ["orders:stored"], worker: ["orders:stored", "orders:record"] },
});
