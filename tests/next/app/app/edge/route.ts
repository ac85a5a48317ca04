import { signedCalls } from "../../lib/calls";
import { report } from "../../lib/report";

export const runtime = "edge";

export async function GET(): Promise<Response> {
  return Response.json(await report(await signedCalls()));
}
