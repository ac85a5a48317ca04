import { Cursor, freed } from "./area.js";
import { CountersignError, refuse, typeInvalid } from "./errors.js";
import { record, text } from "./input.js";
import { DUPLICATE, withLean } from "./lean.js";
import type { Lean } from "./lean.js";
import { LoadedKey } from "./loaded-key.js";

const ID_LEN = 16;
const KEY_LEN = 32;
/** Key id, stamp, number of the caller (src/wasm/lean.rs). */
const ENTRY_LEN = ID_LEN + 8;
/** The caller's name where there is only one. */
const ONLY_CALLER = "default";

/** One key: its public id, who holds its secret, and the key itself. @internal */
export interface KeyringEntry {
  readonly keyId: string;
  readonly caller: string;
  readonly key: LoadedKey;
}

/** The keys one side accepts. The first one signs. It holds derived keys, never the secrets, and shows neither. */
export class Keyring {
  #entries: readonly KeyringEntry[] | undefined;
  #block: Uint8Array<ArrayBuffer>;

  /** @internal Use {@link createKeyring}. */
  constructor(entries: readonly KeyringEntry[], block: Uint8Array<ArrayBuffer>) {
    this.#entries = entries;
    this.#block = block;
  }

  /** The ids of the keys, 16 lower-case hexadecimal digits each, in order. Safe to print. */
  get keyIds(): string[] {
    return this.#entries?.map(({ keyId }) => keyId) ?? [];
  }

  /** @internal */
  static entriesOf(keyring: unknown): readonly KeyringEntry[] {
    if (typeof keyring !== "object" || keyring === null || !(#entries in keyring)) {
      throw typeInvalid("keyring", "what createKeyring returns");
    }
    if (keyring.#entries === undefined) throw freed("keyring");
    return keyring.#entries;
  }

  /** Writes the entries as Rust reads them, each with the stamp its key has in this instance. @internal */
  static write(keyring: Keyring, cursor: Cursor): number {
    const entries = Keyring.entriesOf(keyring);
    const view = new DataView(keyring.#block.buffer);
    // Loading a key uses the area, so that comes before anything is written.
    entries.forEach(({ key }, i) => view.setUint32(i * ENTRY_LEN + ID_LEN, key.stamp(cursor.lean), true));
    cursor.bytes(keyring.#block);
    return entries.length;
  }

  /** Wipes the keys. The keyring cannot be used afterwards. */
  free(): void {
    for (const { key } of this.#entries ?? []) key.free();
    this.#entries = undefined;
  }

  [Symbol.dispose](): void {
    this.free();
  }

  get [Symbol.toStringTag](): string {
    return "Keyring";
  }
}

/**
 * Derives the keys of secrets (HKDF-SHA256, RFC 5869).
 *
 * @param keys - One secret; or several of one caller, the newest first; or the secrets of each caller by the caller's name, for
 *   example `{ web: [...], worker: "..." }`. Without names the caller is `default`. The first key of all is the one that signs.
 * @returns A keyring. `free()` wipes it; one that is forgotten is garbage like anything else.
 * @throws CountersignError `secret_missing`, `secret_weak`, `secret_malformed`; `key_conflict` if two callers have the same secret;
 *   `misconfigured` for more than 64 keys; `type_invalid`, `text_malformed`.
 */
export function createKeyring(keys: string | readonly string[] | Readonly<Record<string, string | readonly string[]>>): Keyring {
  const callers = callersOf(keys);
  const entries: KeyringEntry[] = [];
  let block = new Uint8Array(new ArrayBuffer(0));
  try {
    callers.forEach(([caller, secrets], number) => {
      for (const secret of secrets) {
        const found = withLean((lean) => derive(lean, block, entries.length, number, secret));
        if (found === undefined) continue;
        entries.push({ keyId: found.keyId, caller, key: new LoadedKey(found.key) });
        block = appended(block, found.keyId, number);
      }
    });
  } catch (error) {
    for (const { key } of entries) key.free();
    throw error;
  }
  if (entries.length === 0) throw new CountersignError("secret_missing");
  return new Keyring(entries, block);
}

function callersOf(keys: unknown): [string, string[]][] {
  if (typeof keys === "string" || Array.isArray(keys) || keys === undefined || keys === null) return [[ONLY_CALLER, secretsOf(keys, "keys")]];
  return Object.entries(record(keys, "keys")).map(([caller, secrets]) => [text(caller, "a caller's name"), secretsOf(secrets, `keys.${caller}`)]);
}

function secretsOf(secrets: unknown, name: string): string[] {
  const list: unknown[] = Array.isArray(secrets) ? secrets : [secrets];
  // By index: a hole in the list must not pass for the end of it.
  return Array.from(list, (secret) => {
    if (secret === undefined || secret === null) throw new CountersignError("secret_missing");
    return text(secret, name);
  });
}

function derive(lean: Lean, block: Uint8Array, count: number, caller: number, secret: string): { keyId: string; key: Uint8Array<ArrayBuffer> } | undefined {
  const cursor = new Cursor(lean);
  cursor.bytes(block);
  const answer = lean.call.derive_key(count, caller, cursor.secret(secret));
  if (answer === DUPLICATE) return undefined;
  refuse(answer);
  const derived = { keyId: lean.resultText(ID_LEN), key: lean.result(KEY_LEN, ID_LEN) };
  lean.wipeResult();
  return derived;
}

function appended(block: Uint8Array, keyId: string, caller: number): Uint8Array<ArrayBuffer> {
  const longer = new Uint8Array(new ArrayBuffer(block.length + ENTRY_LEN));
  longer.set(block);
  for (let i = 0; i < ID_LEN; i++) longer[block.length + i] = keyId.charCodeAt(i);
  new DataView(longer.buffer).setUint32(block.length + ID_LEN + 4, caller, true);
  return longer;
}
