// `internal` of `npx convex codegen`, as far as the tests need it. A file of its own, as the functions themselves import it.
import { anyApi } from "convex/server";
import type { ApiFromModules, FilterApi, FunctionReference } from "convex/server";
import type * as orders from "../orders.js";

type Internal = FilterApi<ApiFromModules<{ orders: typeof orders }>, FunctionReference<any, "internal">>;

export const internal: Internal = anyApi as unknown as Internal;
