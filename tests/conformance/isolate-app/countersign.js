import { actionGeneric as action, mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import { countersign } from "countersign/convex";

export const { signedQuery, signedMutation, signedAction } = countersign({ query, mutation, action, replay: false });
