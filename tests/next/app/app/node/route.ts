import { serverReport } from "../../lib/server-report";

export async function GET(): Promise<Response> {
  return Response.json(await serverReport());
}
