import { defineComponent } from "convex/server";
import { v } from "convex/values";
import audit from "./audit/convex.config.js";

const component = defineComponent("ledger", { env: { LABEL: v.optional(v.string()), PASSED_ON: v.optional(v.string()) } });
component.use(audit);
export default component;
