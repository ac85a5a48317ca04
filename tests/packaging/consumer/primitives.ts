// The primitives, with no library but JavaScript's own: a user's project need not have DOM or Node types.
import { CountersignError, createKeyring, encodeValue, fingerprint, generateSecret, hmacSha256, importKey, importSecret, signCall, verifyCall, verifyHmacSha256, verifySecret } from "countersign";
import type { Data, FunctionType, ImportedSecret, Key, Keyring, Secret, SignCallOptions, VerifiedCall } from "countersign";
import { explainCall, inspectSecret } from "countersign/inspect";
import type { ExplainedStep, SecretReport } from "countersign/inspect";
import { exactly } from "./exactly.js";

const secret: Secret = generateSecret();
const data: Data = new Uint8Array(3);
const type: FunctionType = "mutation";
const keyring: Keyring = createKeyring({ web: [secret, "older"], worker: "other" });
const call: SignCallOptions = { audience: "https://a.convex.cloud", type, name: "webhooks:store", args: { id: "1" }, caller: "web" };
const token = signCall(keyring, call);

exactly<string>()(token);
exactly<VerifiedCall>()(verifyCall(keyring, token, { ...call, now: 0 }));
exactly<string>()(verifyCall(keyring, token, { ...call, now: 0, toleranceMs: 1000 }).caller);
exactly<boolean>()(verifySecret(null, secret));
exactly<ImportedSecret>()(importSecret(secret));
exactly<boolean>()(importSecret(secret).matches({}));
exactly<string>()(fingerprint(secret));
exactly<Key>()(importKey(data));
exactly<number>()(hmacSha256(data, "message").byteLength);
exactly<boolean>()(verifyHmacSha256(importKey("key"), data, new Uint8Array(32)));
exactly<number>()(encodeValue({ a: [1n, null, true] }).byteLength);
exactly<SecretReport>()(inspectSecret(undefined));
exactly<ExplainedStep[]>()(explainCall(keyring, token, { ...call, now: 0 }));

export function codeOf(error: unknown): string | null {
  return error instanceof CountersignError ? error.code : null;
}

// @ts-expect-error there are three kinds of functions
signCall(keyring, { ...call, type: "cron" });
// @ts-expect-error the time is the verifier's to give
verifyCall(keyring, token, { audience: call.audience, type, name: call.name, args: {} });
// @ts-expect-error a keyring is made by createKeyring
signCall({ keyIds: [] }, call);
// @ts-expect-error an expected secret is a text or bytes
verifySecret("candidate", 42);
