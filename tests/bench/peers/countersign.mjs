import { createKeyring, verifyCall } from "countersign";

/** @param {string} secret @param {string} token @param {Omit<import("./format.mjs").Expected, "type"> & { type: "mutation" }} expected */
export function verify(secret, token, expected) {
  const keyring = createKeyring(secret);
  try {
    return verifyCall(keyring, token, expected).caller === "default";
  } finally {
    keyring.free();
  }
}
