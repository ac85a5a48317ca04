// Every secret of a material, used in every way there is: for tests that stop in the middle.

/** @param {import("./world.mjs").World} world */
export function tour(world) {
  const { api, inspection, m } = world;
  const keyring = world.keyring({ web: [m.secret, m.other], worker: m.third });
  for (const args of [{ field: m.field }, { field: m.largeField }]) {
    const token = world.sign(keyring, args);
    api.verifyCall(keyring, token, world.call(args));
  }
  const last = world.sign(keyring, undefined, { caller: "worker" });
  inspection.explainCall(keyring, last, world.call());
  keyring.free();
  for (const secret of [m.secret, m.other, m.third]) {
    api.verifySecret(secret, secret);
    const expected = world.handle(api.importSecret(secret));
    expected.matches(secret);
    expected.free();
    api.fingerprint(secret);
    inspection.inspectSecret(secret);
    api.hmacSha256(secret, "message");
  }
  for (const raw of [m.key, m.longKey, m.hugeKey]) {
    for (const message of [m.message, m.largeMessage]) {
      const key = world.handle(api.importKey(raw));
      api.verifyHmacSha256(key, message, api.hmacSha256(key, message));
      key.free();
    }
  }
  api.encodeValue({ field: m.field });
  const secret = api.generateSecret();
  world.hide("generated secret", secret);
  world.hide("its random bytes", Buffer.from(secret.slice(4, 47), "base64url"));
}

/** The keys that sign HTTP messages, which only the messages module knows. @param {typeof import("countersign/http")} http @param {import("./world.mjs").World} world */
export function signMessages(http, { m }) {
  for (const secret of [m.secret, m.other, m.third]) {
    const keyring = http.createKeyring(secret);
    http.signMessage(keyring, { method: "POST", target: "/", headers: [], body: m.field, audience: "https://app.example" });
    keyring.free();
  }
}
