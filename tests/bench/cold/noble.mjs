// The guard over @noble/hashes.
import { expand, extract } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { MISSING, callInfo, checkSecret, checked, createExports, equal, idInfo, list, named, readCall, salt, signed, toBase64url, toHex, verdict, writer } from "./stand-in.mjs";

export function standIn() {
  const exports = createExports();
  const { buffer } = exports.memory;
  return { ...exports, admit_call };

  /** @param {...number} lengths */
  function admit_call(...lengths) {
    const call = readCall(buffer, lengths);
    const { token } = call;
    const write = writer(buffer);
    /** @type {import("./stand-in.mjs").Listed[]} */
    const listed = [];
    /** @type {{ key: Uint8Array, index: number } | undefined} */
    let found;
    for (const [index, { caller, secret }] of call.secrets.entries()) {
      write.number(0, index);
      const text = checked(secret);
      const weakness = checkSecret(secret, text && sha256(text));
      if (weakness !== 0) return weakness;
      const base = extract(sha256, secret, salt);
      const id = toHex(expand(sha256, base, idInfo, 8));
      const conflict = list(listed, { caller, id });
      if (conflict !== 0) return conflict;
      write.id(index, id);
      if (typeof token === "object" && token.keyId === id) found = { key: expand(sha256, base, callInfo, 32), index };
    }
    if (call.secrets.length === 0) return MISSING;
    if (call.refusal !== 0) return call.refusal;
    if (typeof token === "number") return token;
    write.verdict(found?.index ?? 0, token, named(token, call).map((content) => sha256(content)));
    const isRight = found !== undefined && equal(toBase64url(hmac(sha256, found.key, signed(token, call))), token.mac);
    return verdict(found !== undefined, isRight, token, call);
  }
}
