import { serverReport } from "../../lib/server-report";

export const runtime = "edge";

export async function GET(): Promise<Response> {
  return Response.json(await serverReport());
}
