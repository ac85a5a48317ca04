interface Unpacker {
  readonly memory: WebAssembly.Memory;
  unpack(end: number): number;
}

/** Undoes the packing of the build (pkg-template/build/lz.mjs), with a WebAssembly module that does nothing else. */
export function unpack(packed: Uint8Array, unpacker: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const { memory, unpack } = new WebAssembly.Instance(new WebAssembly.Module(unpacker)).exports as unknown as Unpacker;
  const bytes = new Uint8Array(memory.buffer as ArrayBuffer);
  bytes.set(packed);
  return bytes.slice(0x10000, unpack(packed.length));
}
