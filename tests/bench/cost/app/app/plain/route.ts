import { fetchMutation } from "convex/nextjs";
import { mutations, options, readOrder } from "../../calls";

export async function POST(request: Request): Promise<Response> {
  return Response.json(await fetchMutation(mutations.plain, await readOrder(request), options));
}
