import countersign from "countersign/convex.config";
import { defineApp } from "convex/server";

const app = defineApp();
app.use(countersign);

export default app;
