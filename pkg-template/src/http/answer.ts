import { CountersignError, errorCodes } from "../core/errors.js";
import { own } from "../core/input.js";
import type { Keyring } from "../core/keyring.js";
import { readBody } from "./body.js";
import { verifyResponse } from "./response.js";
import type { VerifyResponseOptions } from "./response.js";

/** A problem (RFC 9457) is a few hundred bytes. */
const MAX_PROBLEM = 16 * 1024;

const compare = "Run `npx countersign doctor` to compare both sides.";

/**
 * Verifies the answer to a signed request.
 *
 * @param keyring - The key that signed the request.
 * @param request - The request as it was sent.
 * @param response - The answer.
 * @param options - See {@link VerifyResponseOptions}.
 * @returns The answer, with its body unread.
 * @throws CountersignError with a message that says what to do.
 */
export async function verified(keyring: Keyring, request: Request, response: Response, options: VerifyResponseOptions): Promise<Response> {
  const audience = own(options, "audience") ?? new URL(request.url).origin;
  // Without the query, where people keep what should not get into a message.
  const about = `${request.method} ${request.url.replace(/[?#].*/s, "")}`;
  const local = `The request was signed with the key ${keyring.keyIds[0] ?? "-"} for ${audience}.`;
  if (!response.headers.has("signature-input")) throw await unsigned(response, about, local);
  try {
    const [maxBodyBytes, toleranceMs] = [own(options, "maxBodyBytes"), own(options, "toleranceMs")];
    return (await verifyResponse(keyring, request, response, { audience, maxBodyBytes, toleranceMs })).response;
  } catch (error) {
    if (!(error instanceof CountersignError)) throw error;
    const { code, message } = error;
    throw new CountersignError(
      code,
      `countersign: the answer to ${about} (status ${response.status}) is not accepted (${code}): ${message.replace(/^countersign: /, "")} ${local} ${compare}`,
      { cause: error },
    );
  }
}

async function unsigned(response: Response, about: string, local: string): Promise<CountersignError> {
  const { status } = response;
  const location = response.headers.get("location");
  const code = await refusalOf(response);
  if (code !== undefined) {
    return new CountersignError(code, `countersign: ${about} was refused (${code}, status ${status}). ${local} The reason is in the other side's log. ${compare}`);
  }
  return new CountersignError(
    "signature_missing",
    `countersign: the answer to ${about} (status ${status}) is not signed, so nothing is known of whose it is. ${local} ` +
      `Is what answers there a signedRoute or a signedHttpAction that signs its responses? If it failed, its log says why. ${location === null ? "" : "If the redirect is right, call the URL that it leads to. "}${compare}`,
  );
}

/** What a refusal of ours says: a code and no more, as nothing of it is signed. */
async function refusalOf(response: Response): Promise<string | undefined> {
  if (!/^application\/problem\+json\b/i.test(response.headers.get("content-type") ?? "")) {
    response.body?.cancel().catch(() => "the connection has ended already");
    return undefined;
  }
  const said = codeIn(await problemText(response));
  return (errorCodes as readonly unknown[]).includes(said) && said !== "" ? said : meant[response.status];
}

/** What the other side's refusals mean where it does not explain itself. */
const meant: Readonly<Record<number, string | undefined>> = { 401: "unauthorized", 403: "caller_forbidden", 413: "body_too_large", 500: "misconfigured" };

async function problemText(response: Response): Promise<string> {
  try {
    return new TextDecoder().decode(await readBody(response, MAX_PROBLEM));
  } catch (error) {
    if (error instanceof CountersignError) return ""; // too long for a problem of ours
    throw error;
  }
}

function codeIn(text: string): string | undefined {
  try {
    const problem: unknown = JSON.parse(text);
    const code = typeof problem === "object" && problem !== null ? own(problem as { code?: unknown }, "code") : undefined;
    return typeof code === "string" ? code : undefined;
  } catch {
    return undefined; // no JSON, so no problem of ours
  }
}
