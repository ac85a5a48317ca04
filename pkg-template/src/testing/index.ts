// The replay component in convex-test: `import countersign from "countersign/test"`, then `countersign.register(t)`.

import type { GenericSchema, SchemaDefinition } from "convex/server";
import schema from "../component/schema.js";

/**
 * The component's modules by their paths, as convex-test wants them. Written out, because `import.meta.glob` is there only where Vite has transformed the file.
 */
const modules: Record<string, () => Promise<unknown>> = {
  "./component/_generated/api.js": () => import("../component/_generated/api.js"),
  "./component/_generated/server.js": () => import("../component/_generated/server.js"),
  "./component/crons.js": () => import("../component/crons.js"),
  "./component/replay.js": () => import("../component/replay.js"),
  "./component/sweep.js": () => import("../component/sweep.js"),
};

/** What `convexTest()` returns, as far as it is needed here. */
export interface ComponentRegistry {
  registerComponent(componentPath: string, schema: SchemaDefinition<GenericSchema, boolean>, modules: Record<string, () => Promise<unknown>>): void;
}

/**
 * Gives a deployment of convex-test the replay component.
 *
 * @param t - What `convexTest()` returned.
 * @param name - The component's name in `convex.config.ts`, if `app.use()` was given another one.
 */
export function register(t: ComponentRegistry, name = "countersign"): void {
  t.registerComponent(name, schema, modules);
}

export { modules, schema };
export default { register, schema, modules };
