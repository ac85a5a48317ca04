import { gateway } from "countersign/convex";
import { options } from "./builders.js";

export const { query, mutation, action } = gateway({ ...options, allow: ["notes:insert"] });
