import { signedRoute } from "countersign/next";

// The other thing that Convex may ask for. A request for a receipt must never become one for a refund.
export const POST = signedRoute(async (request) => {
  const { eventId } = (await request.json()) as { eventId: string };
  console.log(`refunded ${eventId}`);
  return Response.json({ refunded: eventId });
});
