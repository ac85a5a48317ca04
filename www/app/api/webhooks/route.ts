import { notRecorded, readDelivery } from "@/app/lib/delivery";
import { api } from "@/convex/_generated/api";
import { fetchMutation } from "countersign/next";

export async function POST(request: Request): Promise<Response> {
  const delivery = await readDelivery(request);
  if (delivery instanceof Response) return delivery;
  try {
    // Providers post an event again when they are not sure that it arrived. Under its id it is recorded once.
    await fetchMutation(api.webhooks.markEventProcessed, { ...delivery, route: "node" }, { idempotencyKey: delivery.eventId });
  } catch (error) {
    return notRecorded(error);
  }
  return Response.json({ recorded: delivery.eventId });
}
