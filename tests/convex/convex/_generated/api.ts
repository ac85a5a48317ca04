// What `npx convex codegen` would write, as far as the tests need it.
import { componentsGeneric } from "convex/server";
import type { ComponentApi } from "countersign/_generated/component.js";

export const components = componentsGeneric() as unknown as { countersign: ComponentApi<"countersign"> };
