/** What was verified. */
export type Kind = "call" | "request" | "response" | "webhook";

const clocks = "Compare the clocks of both sides. To judge something old as of then, give --now with that time.";
const otherSecret = "npx countersign doctor compares the secrets of both sides. If the secret is in another variable, name it with --var.";

/** What to do about each check that fails: the step and the code, or the code alone. */
const advice: Readonly<Record<Kind, Readonly<Record<string, string | undefined>>>> = {
  call: {
    signature_missing: "Call the function with countersign/next or CountersignClient: the clients of Convex itself do not sign.",
    signature_malformed: "Compare the token with the one that was sent, character by character: it was cut, or something was put around it.",
    version_unsupported: "Install the same version of countersign on both sides.",
    key_unknown: otherSecret,
    signature_invalid: "Look at the audience first: it is the deployment's own URL, on both sides. Then at the function's name, its type and the arguments. --explain shows the bytes that this call must have been signed as.",
    expired: clocks,
    not_yet_valid: clocks,
  },
  request: {
    message: "Give method and target as they stand in the request's first line.",
    signature_missing: "Send it with signedFetch, or sign it with signRequest. If it was: some of its headers are missing here.",
    signature_malformed: "Something on the way changed the signature's headers, or the sender does not keep to the format: see www/docs/http-format.md in the repository.",
    header_invalid: "Look for a header with another character than printable ASCII.",
    key_unknown: otherSecret,
    mac: "Look at the audience first: it is the origin that the receiver knows itself by, on both sides. Then compare the lines that --explain shows with those of the signer.",
    digest: "Give the body's bytes as they came: JSON that was parsed and written again, another line end, or one more at the end is another body.",
    expired: clocks,
    not_yet_valid: clocks,
  },
  response: {
    request: "Give the request as it was sent, with all of its headers, with --request.",
    "same key": "The answer is another server's, or that of another caller.",
    signature_missing: "Does the other side sign its answers? Those of a signedRoute or a signedHttpAction are signed, unless signedResponse is false; a refusal never is.",
    mac: "Is this the answer to this very request? Then compare the lines that --explain shows with those of the signer.",
  },
  webhook: {
    signature_missing: "Is this the provider? If it is, some of the delivery's headers are missing here.",
    signature_malformed: "Is this the provider? Something on the way changed the header, or another signs.",
    header_invalid: "Each of the provider's headers is there once, as it came.",
    mac: "Compare the secret with the one in the provider's dashboard: each endpoint has its own, and so has the test mode. Then the body: its bytes as they came, not parsed and written again.",
    claims: "Is --url the address that the message was sent to, exactly as QStash was told it?",
    expired: clocks,
    not_yet_valid: clocks,
  },
};

/** @returns Nothing where the step's own words say all there is. */
export function adviceFor(kind: Kind, step: string, code: string): string | undefined {
  const own = advice[kind];
  return own[step] ?? own[code] ?? (kind === "response" ? adviceFor("request", step, code) : undefined);
}
