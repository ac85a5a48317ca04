import { actionGeneric, componentsGeneric, mutationGeneric, queryGeneric } from "convex/server";

export const options = { query: queryGeneric, mutation: mutationGeneric, action: actionGeneric, replay: componentsGeneric().countersign };
