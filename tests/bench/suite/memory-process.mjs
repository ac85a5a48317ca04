// Run in a process of its own with --expose-gc: a million verifications of all kinds, every eighth of something wrong. Prints how many pages of
// WebAssembly's memory, and how many bytes of the process's, there are more at the end than after a quarter as many.
//   memory-process.mjs <how many>

/** Everything that WebAssembly makes here. @type {Set<WebAssembly.Memory>} */
const memories = new Set();
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(target, args, newTarget) {
    const instance = Reflect.construct(target, args, newTarget);
    for (const each of Object.values(instance.exports)) if (each instanceof WebAssembly.Memory) memories.add(each);
    return instance;
  },
});

const { createKeyring, generateSecret, hmacSha256, importKey, importSecret, signCall, verifyCall, verifyHmacSha256, verifySecret } = await import("countersign");
const { signMessage, verifyMessage } = await import("countersign/http");
const { signWebhook, verifyWebhook } = await import("countersign/webhooks");

const { gc } = globalThis;
if (gc === undefined) throw new Error("Run this with --expose-gc.");
const times = Number(process.argv[2]);

const now = Date.now();
const message = crypto.getRandomValues(new Uint8Array(300));
const key = importKey(crypto.getRandomValues(new Uint8Array(32)));
const mac = hmacSha256(key, message);
const wrongMac = mac.map((byte) => byte ^ 1);
const secret = generateSecret();
const keyring = createKeyring(secret);
const imported = importSecret(secret);
const wrong = generateSecret();
const call = { audience: "https://happy-animal-123.convex.cloud", type: /** @type {const} */ ("mutation"), name: "a:b", args: { id: "x".repeat(40), amount: 1, list: [1, 2, 3], test: false, note: "y".repeat(40) }, now };
const token = signCall(keyring, call);
const body = JSON.stringify({ id: "evt_1", data: "z".repeat(960) });
const whsec = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const headers = Object.fromEntries(signWebhook("stripe", { secret: whsec, body }));
/** @type {import("countersign/http").RequestMessage} */
const request = { method: "POST", target: "/api?page=1", headers: [["content-type", "application/json"]], body, audience: "https://app.example" };
const signed = { ...request, headers: [...request.headers, ...signMessage(keyring, request, { now })] };

const refuses = (/** @type {() => unknown} */ verify) => {
  try {
    verify();
    return false;
  } catch {
    return true; // what it must do
  }
};
/** Twenty verifications, mostly of what is quick. @param {boolean} isWrong */
function cycle(isWrong) {
  let good = 0;
  for (let i = 0; i < 6; i++) {
    good += verifyHmacSha256(key, message, isWrong ? wrongMac : mac) === !isWrong ? 1 : 0;
    good += verifyHmacSha256(key, body, mac) ? 0 : 1;
  }
  for (let i = 0; i < 4; i++) good += (isWrong ? refuses(() => verifyCall(keyring, token, { ...call, name: "a:c" })) : verifyCall(keyring, token, call).issuedAt === now) ? 1 : 0;
  good += verifySecret(isWrong ? wrong : secret, secret) === !isWrong ? 1 : 0;
  good += imported.matches(isWrong ? wrong : secret) === !isWrong ? 1 : 0;
  good += (isWrong ? refuses(() => verifyWebhook("stripe", { secret: whsec, headers, body: `${body} ` })) : verifyWebhook("stripe", { secret: whsec, headers, body }) !== undefined) ? 1 : 0;
  good += (isWrong ? refuses(() => verifyMessage(keyring, { ...signed, body: "" }, { now })) : verifyMessage(keyring, signed, { now }).caller === "default") ? 1 : 0;
  if (good !== 20) throw new Error(`${20 - good} of 20 verifications were wrong`);
}

/** @param {number} count of verifications */
async function verify(count) {
  for (let i = 0; i < count / 20; i++) {
    cycle(i % 8 === 0);
    if (i % 1000 === 0) await new Promise((done) => setImmediate(done));
  }
}
async function look() {
  for (let i = 0; i < 3; i++) {
    gc?.();
    await new Promise((done) => setTimeout(done, 20));
  }
  return { pages: [...memories].reduce((sum, { buffer }) => sum + buffer.byteLength / 65_536, 0), rss: process.memoryUsage.rss() };
}

// Until V8 has grown what it wants to have.
await verify(times / 4);
const before = await look();
await verify(times);
const after = await look();
console.log(JSON.stringify({ modules: memories.size, pages: after.pages - before.pages, rss: after.rss - before.rss }));
