import { actionGeneric, componentsGeneric, httpActionGeneric, mutationGeneric, queryGeneric } from "convex/server";
import { countersign } from "countersign/convex";

export const { signedMutation, signedHttpAction } = countersign({
  query: queryGeneric,
  mutation: mutationGeneric,
  action: actionGeneric,
  httpAction: httpActionGeneric,
  replay: componentsGeneric().countersign,
});
