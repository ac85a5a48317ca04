import { fetchMutation } from "convex/nextjs";
import { mutations, options, readOrder } from "../../calls";

export async function POST(request: Request): Promise<Response> {
  const secret = process.env["COUNTERSIGN_SECRET"] ?? "";
  return Response.json(await fetchMutation(mutations.secret, { ...(await readOrder(request)), secret }, options));
}
