import { defineApp } from "convex/server";
import countersign from "countersign/convex.config";

const app = defineApp();
app.use(countersign);

export default app;
