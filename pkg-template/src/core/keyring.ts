import { freed, putData, putNumber, putSecret, rewind } from "./area.js";
import { CountersignError, refuse, typeInvalid } from "./errors.js";
import { record, text } from "./input.js";
import { DUPLICATE, resultBytes, resultText } from "./lean.js";
import { withLean } from "./lean-full.js";
import type { Lean } from "./lean-full.js";
import { LoadedKey } from "./loaded-key.js";

const ID_LEN = 16;
const KEY_LEN = 32;
/** The caller's name where there is only one. */
const ONLY_CALLER = "default";

/** One key: its public id, who holds its secret, and the key itself. @internal */
export interface KeyringEntry {
  readonly keyId: string;
  readonly caller: string;
  /** The caller's place among the callers. */
  readonly number: number;
  /** Signs calls. */
  readonly key: LoadedKey;
  /** Signs HTTP messages. */
  readonly httpKey: LoadedKey;
}

/** The keys one side accepts. The first one signs. It holds derived keys, never the secrets, and shows neither. */
export class Keyring {
  #entries: readonly KeyringEntry[] | undefined;

  /** @internal Use {@link createKeyring}. */
  constructor(entries: readonly KeyringEntry[]) {
    this.#entries = entries;
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

  /** Wipes the keys. The keyring cannot be used afterwards. */
  free(): void {
    wipe(this.#entries ?? []);
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
  try {
    callers.forEach(([caller, secrets], number) => {
      for (const secret of secrets) withLean((lean) => derive(lean, entries, caller, number, secret));
    });
  } catch (error) {
    wipe(entries);
    throw error;
  }
  if (entries.length === 0) throw new CountersignError("secret_missing");
  return new Keyring(entries);
}

function callersOf(keys: unknown): [string, string[]][] {
  if (typeof keys === "string" || Array.isArray(keys) || keys === undefined || keys === null) return [[ONLY_CALLER, secretsOf(keys, "keys")]];
  return Object.entries(record(keys, "keys")).map(([caller, secrets]) => [text(caller, "a caller's name"), secretsOf(secrets, "each caller's secret")]);
}

function secretsOf(secrets: unknown, name: string): string[] {
  const list: unknown[] = Array.isArray(secrets) ? secrets : [secrets];
  // By index: a hole in the list must not pass for the end of it.
  return Array.from(list, (secret) => {
    if (secret === undefined || secret === null) throw new CountersignError("secret_missing");
    return text(secret, name);
  });
}

/** Adds the key of a secret, unless the same caller has it already. */
function derive(lean: Lean, entries: KeyringEntry[], caller: string, number: number, secret: string): void {
  rewind();
  putEntries(lean, entries, false);
  const answer = lean.derive_key(entries.length, number, putSecret(lean, secret));
  if (answer === DUPLICATE) return;
  refuse(answer);
  const key = (from: number) => new LoadedKey(resultBytes(lean, KEY_LEN, from));
  entries.push({ keyId: resultText(lean, ID_LEN), caller, number, key: key(ID_LEN), httpKey: key(ID_LEN + KEY_LEN) });
}

function wipe(entries: readonly KeyringEntry[]): void {
  for (const { key, httpKey } of entries) {
    key.free();
    httpKey.free();
  }
}

/** Writes entries as Rust reads them: key id, the stamp of the key in this instance (only where the keys are to be used), the caller's number. @internal */
export function putEntries(lean: Lean, entries: readonly KeyringEntry[], areUsed: boolean): void {
  for (const { keyId, key, number } of entries) {
    putData(lean, keyId);
    putNumber(lean, areUsed ? key.stamp(lean) : 0);
    putNumber(lean, number);
  }
}
