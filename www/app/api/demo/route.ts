import { problem } from "@/app/lib/delivery";

// Hands the form's wish to the demo's own process: it sends the delivery, and it is also the attacker.
// An app has no such route; it exists only while `npm run demo` runs.
export async function POST(request: Request): Promise<Response> {
  const control = process.env.DEMO_CONTROL_URL;
  if (control === undefined) return problem(404, "This form works while `npm run demo` runs.");
  const response = await fetch(control, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: (await request.text()).slice(0, 4096),
    cache: "no-store",
    signal: AbortSignal.timeout(30_000),
  });
  return new Response(response.body, {
    status: response.status,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
  });
}
