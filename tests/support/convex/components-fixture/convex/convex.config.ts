import { defineApp } from "convex/server";
import { v } from "convex/values";
import ledger from "../ledger/convex.config.js";

const app = defineApp({ env: { GREETING: v.optional(v.string()) } });
app.use(ledger);
app.use(ledger, { name: "spare", env: { LABEL: "the spare one", PASSED_ON: app.env.GREETING } });
export default app;
