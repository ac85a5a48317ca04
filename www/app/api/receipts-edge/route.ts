// Next.js deprecates the edge runtime; the same route shows that signed requests are verified and answered there all the same.
export const runtime = "edge";

export { POST } from "../receipts/route";
