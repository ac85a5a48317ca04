import { defineComponent } from "convex/server";

/** The replay component: `app.use(countersign)` in the app's `convex/convex.config.ts`. */
export default defineComponent("countersign");
