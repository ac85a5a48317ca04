import { countersign } from "countersign/convex";
import { action, mutation, query } from "./_generated/server.js";

export const { signedQuery, signedMutation, signedAction } = countersign({ query, mutation, action, replay: false });
