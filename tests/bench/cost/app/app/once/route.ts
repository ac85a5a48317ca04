import { fetchMutation } from "countersign/next";
import { mutations, options, readOrder } from "../../calls";

export async function POST(request: Request): Promise<Response> {
  return Response.json(await fetchMutation(mutations.once, await readOrder(request), options));
}
