import { CountersignError } from "countersign/next";

/** One webhook delivery: what a payment provider would post. */
export interface Delivery {
  readonly eventId: string;
  readonly provider: string;
  readonly type: string;
  readonly amount: number;
}

const maxBodyBytes = 16 * 1024;
const name = /^[\w.-]{1,64}$/;

/** The problem with a request, as RFC 9457 would have it; never with a detail that helps an attacker. */
export function problem(status: number, title: string): Response {
  return new Response(JSON.stringify({ type: "about:blank", title, status }), {
    status,
    headers: { "content-type": "application/problem+json", "cache-control": "no-store" },
  });
}

// A real route checks the provider's own signature over these bytes first.
export async function readDelivery(request: Request): Promise<Delivery | Response> {
  const text = await readText(request);
  if (text === undefined) return problem(413, "The delivery is too large.");
  const delivery = parseDelivery(text);
  return delivery ?? problem(400, "The delivery is not one this route understands.");
}

/** What to tell the sender after a failed call: that it failed. Why is for the server's log. */
export function notRecorded(error: unknown): Response {
  console.error("webhook not recorded:", describe(error));
  // Posting it again would not help.
  if (error instanceof CountersignError && error.code === "idempotency_conflict") return problem(409, "Another event is recorded under this id.");
  return problem(502, "The delivery was not recorded.");
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? `code=${error.code} ` : "";
  return `${code}${error.message}`;
}

function parseDelivery(text: string): Delivery | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { id, provider, type, amount } = value as Record<string, unknown>;
  if (!isName(id) || !isName(provider) || !isName(type)) return undefined;
  if (typeof amount !== "number" || !Number.isSafeInteger(amount) || amount < 0) return undefined;
  return { eventId: id, provider, type, amount };
}

function isName(value: unknown): value is string {
  return typeof value === "string" && name.test(value);
}

/** The body as text, or `undefined` once it proves larger than a delivery can be. */
async function readText(request: Request): Promise<string | undefined> {
  if (request.body === null) return "";
  const reader = request.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.byteLength;
    if (size > maxBodyBytes) {
      await reader.cancel();
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}
