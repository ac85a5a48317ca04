import { actionGeneric, componentsGeneric, mutationGeneric, queryGeneric } from "convex/server";

// One object: what a module exports Convex asks whether it is a function, and a reference to a component says yes to anything.
export const options = { query: queryGeneric, mutation: mutationGeneric, action: actionGeneric, replay: componentsGeneric().countersign };
