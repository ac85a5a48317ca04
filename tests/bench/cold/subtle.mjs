// The guard over crypto.subtle: the same with `await`.
import { MISSING, callInfo, checkSecret, checked, createExports, equal, idInfo, list, named, readCall, salt, signed, toBase64url, toHex, verdict, writer } from "./stand-in.mjs";

const hmac = { name: "HMAC", hash: "SHA-256" };

export function standIn() {
  const exports = createExports();
  const { buffer } = exports.memory;
  return { ...exports, admit_call };

  /** @param {...number} lengths */
  async function admit_call(...lengths) {
    const { subtle } = crypto;
    const digest = async (/** @type {Uint8Array<ArrayBuffer>} */ content) => new Uint8Array(await subtle.digest("SHA-256", content));
    const call = readCall(buffer, lengths);
    const { token } = call;
    const write = writer(buffer);
    /** @type {import("./stand-in.mjs").Listed[]} */
    const listed = [];
    /** @type {{ key: ArrayBuffer, index: number } | undefined} */
    let found;
    for (const [index, { caller, secret }] of call.secrets.entries()) {
      write.number(0, index);
      const text = checked(secret);
      const weakness = checkSecret(secret, text && (await digest(text)));
      if (weakness !== 0) return weakness;
      const base = await subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
      const derive = (/** @type {Uint8Array<ArrayBuffer>} */ info, /** @type {number} */ length) => subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, base, 8 * length);
      const [idBytes, key] = await Promise.all([derive(idInfo, 8), derive(callInfo, 32)]);
      const id = toHex(new Uint8Array(idBytes));
      const conflict = list(listed, { caller, id });
      if (conflict !== 0) return conflict;
      write.id(index, id);
      if (typeof token === "object" && token.keyId === id) found = { key, index };
    }
    if (call.secrets.length === 0) return MISSING;
    if (call.refusal !== 0) return call.refusal;
    if (typeof token === "number") return token;
    const mac = async () => found && new Uint8Array(await subtle.sign("HMAC", await subtle.importKey("raw", found.key, hmac, false, ["sign"]), signed(token, call)));
    const [right, ...digests] = await Promise.all([mac(), ...named(token, call).map(digest)]);
    write.verdict(found?.index ?? 0, token, /** @type {Uint8Array[]} */ (digests));
    return verdict(found !== undefined, right !== undefined && equal(toBase64url(right), token.mac), token, call);
  }
}
