/** All of the lean module, for whoever does more than a guard. */
import { wasmSource } from "#lean";
import { fullInstance, within } from "./lean.js";
import type { Lean as Any } from "./lean.js";

/** What the lean module exports. */
export interface Lean extends Any {
  generate_secret(): void;
  verify_secret(expectedLen: number, candidateLen: number): number;
  digest_secret(len: number): number;
  matches_digest(candidateLen: number): number;
  fingerprint(len: number): number;
  derive_key(count: number, caller: number, secretLen: number): number;
  load_key(stamp: number, len: number): void;
  free_key(stamp: number): void;
  sign_mac(stamp: number, len: number): number;
  verify_mac(stamp: number, macLen: number, len: number): number;
  begin_mac(stamp: number): number;
  update_mac(len: number): void;
  end_mac(): number;
  end_mac_verify(macLen: number): number;
  hash_key(len: number): void;
  end_hash_key(): void;
  check_value(len: number, inLarge: number): number;
  sign_call(...lengths: number[]): number;
  verify_call(...lengths: number[]): number;
}

/** The instance, made on first use. */
export function enter(): Lean {
  return fullInstance(wasmSource) as Lean;
}

/**
 * Runs `use` with the instance. The functions that are called most do the same without a closure: {@link enter}, and `failed` for whatever is
 * thrown.
 */
export function withLean<T>(use: (lean: Lean) => T): T {
  return within(enter(), use);
}
