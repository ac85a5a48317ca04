// An app with the replay component: its convex.config.ts, what code generation makes of that, and its tests.
import type { ComponentApi } from "countersign/_generated/component.js";
import config from "countersign/convex.config";
import sameConfig from "countersign/convex.config.js";
import { countersign } from "countersign/convex";
import component, { register } from "countersign/test";
import { actionGeneric as action, defineApp, mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import type { FunctionArgs, FunctionReturnType, SchemaDefinition, GenericSchema } from "convex/server";
import { exactly } from "./exactly.js";

const app = defineApp();
app.use(config);
app.use(sameConfig, { name: "another" });
export default app;

export declare const components: { countersign: ComponentApi<"countersign"> };
export const { signedMutation } = countersign({ query, mutation, action, replay: components.countersign });
type Consume = typeof components.countersign.replay.consume;

exactly<"fresh" | "replayed" | "recorded" | "conflict">()(null as unknown as FunctionReturnType<Consume>["status"]);
export const args: FunctionArgs<Consume> = { key: "a", expiresAt: 1, idempotency: { caller: "default", key: "b", call: "c" } };
// @ts-expect-error a key without a time
export const incomplete: FunctionArgs<Consume> = { key: "a" };
// @ts-expect-error the sweep is the component's own
export type Sweep = typeof components.countersign.sweep;

declare const t: { registerComponent(path: string, schema: SchemaDefinition<GenericSchema, boolean>, modules: Record<string, () => Promise<any>>): void; query(): void };
register(t);
component.register(t, "another");
// @ts-expect-error not what convexTest() returns
register({});
