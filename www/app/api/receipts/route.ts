import { signedFetch } from "countersign/http";
import { signedRoute } from "countersign/next";

interface Order {
  readonly eventId: string;
  readonly amount: number;
}

// Convex asks for a receipt. Only who has the secret gets here, and the answer is signed for whoever asked.
const receipt = signedRoute(async (request, { keyId }) => {
  const { eventId, amount } = (await request.json()) as Order;
  const number = `R-${eventId.slice(-12)}`;
  // A file goes to an http action, which takes no arguments that could be signed: so the whole request is.
  const url = new URL("/receipts", process.env.CONVEX_SITE_URL);
  url.searchParams.set("event", eventId);
  const stored = await signedFetch(url, {
    method: "POST",
    headers: { "content-type": "text/plain; charset=utf-8" },
    body: `Receipt ${number}\nTotal: EUR ${(amount / 100).toFixed(2)}\n`,
  });
  if (!stored.ok) return Response.json({ problem: `The receipt was not stored: status ${stored.status}.` }, { status: 502 });
  const { bytes } = (await stored.json()) as { bytes: number };
  return Response.json({ number, bytes, askedWith: keyId });
});

// POST makes a receipt, PUT makes it anew; a request for one of them is none for the other.
export { receipt as POST, receipt as PUT };
