import { freed, putBytes, rewind } from "./area.js";
import { nextStamp } from "./lean.js";
import { withLean } from "./lean-full.js";
import type { Lean } from "./lean-full.js";

/** A key's bytes, and where they are loaded. The module keeps a few keys prepared; any may be displaced, and is loaded again when needed. */
export class LoadedKey {
  #bytes: Uint8Array<ArrayBuffer> | undefined;
  #home: Lean | undefined;
  #stamp = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
  }

  /** The key's stamp in this instance, where it has been loaded. It may have been displaced since. */
  stamp(lean: Lean): number {
    if (this.#home !== lean) {
      this.#home = lean;
      this.#stamp = nextStamp();
      this.load(lean);
    }
    return this.#stamp;
  }

  /** Loads the key into its slot. */
  load(lean: Lean): void {
    rewind();
    lean.load_key(this.#stamp, putBytes(lean, this.#present()));
  }

  /** Copies the key's bytes. Whoever asks wipes them. */
  copyTo(target: Uint8Array, at: number): void {
    target.set(this.#present(), at);
  }

  /** Wipes the bytes, here and in the module. */
  free(): void {
    this.#bytes?.fill(0);
    // Zeros would be a key that everybody knows.
    this.#bytes = undefined;
    const home = this.#home;
    if (home === undefined) return;
    // Throws while a value is being encoded; whoever asks again finds the key where it was.
    withLean((lean) => {
      if (lean === home) lean.free_key(this.#stamp);
    });
    this.#home = undefined;
  }

  #present(): Uint8Array {
    if (this.#bytes === undefined) throw freed("key");
    return this.#bytes;
  }
}
