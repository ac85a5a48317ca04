import { signedCalls } from "../../lib/calls";
import { report } from "../../lib/report";

export async function GET(): Promise<Response> {
  return Response.json(await report(await signedCalls()));
}
