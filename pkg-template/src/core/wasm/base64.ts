// `Buffer` by its bare name would make Next.js add a copy of it to client bundles, and not every runtime has it.
interface Decoders {
  readonly Uint8Array: { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> };
  readonly Buffer?: { from(text: string, encoding: "base64"): Uint8Array<ArrayBuffer> };
  readonly atob: (text: string) => string;
}

/** Decodes our own, well-formed base64. The fast ways first: `atob` takes a millisecond where the others take 20 us. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const host = globalThis as unknown as Decoders;
  if (host.Uint8Array.fromBase64 !== undefined) return host.Uint8Array.fromBase64(text);
  if (host.Buffer !== undefined) return host.Buffer.from(text, "base64");
  const binary = host.atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
