import { failing, route, streaming } from "../../../lib/signed";

export const runtime = "edge";

export { route as DELETE, route as GET, route as POST, failing as PATCH, streaming as PUT };
