import { countersign } from "countersign/convex";
import { action, mutation, query } from "./_generated/server";

export const { signedQuery, signedMutation, signedAction } = countersign({
  query,
  mutation,
  action,
  replay: false, // a captured call works again until its minute is over
});
