// What the host lends to a context: one object of plain functions for each call, which `guest/globals.js` closes over.
// The rules are those of get-convex/convex-backend: crates/isolate/src/environment/{udf,action}/phase.rs (clock, randomness),
// environment/udf/mod.rs (`not_allowed_in_udf`), ops/text.rs (text encoding).
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { webcrypto } from "node:crypto";
import { inspect, types } from "node:util";

/**
 * @typedef {object} Call
 * @property {"importing" | "executing"} phase
 * @property {"query" | "mutation" | "action"} type
 * @property {string} name          "path/to/module:function"
 * @property {Record<string, string>} env
 * @property {ReturnType<typeof import("./rng.mjs").createRng>} importRng
 * @property {ReturnType<typeof import("./rng.mjs").createRng>} rng
 * @property {number} deployedAt    the clock at module scope
 * @property {number} now           the clock at the start of the function
 * @property {number} startedAt     `performance.now()` of the host at that moment
 * @property {{ level: string, message: string }[]} logs
 * @property {(reason: unknown) => void} fail      ends the call, whatever the function catches
 * @property {string[] | null} uses what of the runtime was used and when, each once: "importing: env COUNTERSIGN_SECRET"; null: not noted
 * @property {(name: string, json: string) => string} syscall
 * @property {(name: string, json: string) => Promise<string>} asyncSyscall
 * @property {() => Promise<Uint8Array | undefined>} requestPart   the next part of an http action's request; nothing after the last
 * @property {(body: Promise<ArrayBuffer>) => void} respond
 */

/** @param {Call} call @param {string} what */
export function noteUse(call, what) {
  const use = `${call.phase}: ${what}`;
  if (call.uses?.includes(use) === false) call.uses.push(use);
}

/** @param {Call} call */
export function createOps(call) {
  const note = (/** @type {string} */ what) => noteUse(call, what);
  const rng = () => {
    note("randomness");
    return call.phase === "importing" ? call.importRng : call.rng;
  };
  const elapsed = () => Math.max(0, performance.now() - call.startedAt);

  /** @param {string} description */
  function onlyInActions(description) {
    note(description);
    if (call.phase === "importing") throw new Error(`${description} unsupported at import time`);
    if (call.type !== "action") {
      throw new Error(
        `Can't use ${description} in queries and mutations. Please consider using an action. ` +
          "See https://docs.convex.dev/functions/actions for more details.",
      );
    }
  }
  /** @param {string} message */
  function fatal(message) {
    const error = new Error(message);
    call.fail(error);
    return error;
  }

  return {
    fatal,
    note,
    now: () => {
      note("clock");
      if (call.phase === "importing") return call.deployedAt;
      return call.type === "action" ? Math.floor(call.now + elapsed()) : call.now;
    },
    performanceNow: () => {
      note("clock");
      if (call.phase === "importing") return 0;
      const start = call.now - call.deployedAt;
      return call.type === "query" ? start : start + elapsed();
    },
    performanceTimeOrigin: () => call.deployedAt,
    randomFloat: () => rng().float(),
    randomUUID: () => rng().uuid(),
    /** @param {number} length */
    randomBytes: (length) => {
      if (length > 65536) {
        throw new TypeError(`Byte length (${length}) exceeds the number of bytes of entropy available via this API (65536)`);
      }
      return rng().bytes(length);
    },
    /** @param {string} name */
    env: (name) => {
      note(`env ${name}`);
      return Object.hasOwn(call.env, name) ? call.env[name] : undefined;
    },
    /** @param {string} level @param {unknown[]} args */
    log: (level, args) => {
      call.logs.push({ level, message: args.map((arg) => (typeof arg === "string" ? arg : inspect(arg))).join(" ") });
    },

    /** @param {string} text */
    encode: (text) => new TextEncoder().encode(text),
    /** @param {string} text @param {number} space */
    encodeInto: (text, space) => {
      const bytes = new Uint8Array(space);
      const { read, written } = new TextEncoder().encodeInto(text, bytes);
      return { bytes: bytes.subarray(0, written), read, written };
    },
    /** @param {string} label */
    encodingLabel: (label) => {
      try {
        return new TextDecoder(label).encoding;
      } catch (error) {
        if (/** @type {{ code?: string }} */ (error).code === "ERR_ENCODING_NOT_SUPPORTED") return undefined;
        throw error;
      }
    },
    /** @param {string} label @param {boolean} isFatal @param {boolean} ignoreBOM */
    newDecoder: (label, isFatal, ignoreBOM) => new TextDecoder(label, { fatal: isFatal, ignoreBOM }),
    /** @param {TextDecoder} decoder @param {ArrayBuffer} input @param {boolean} stream */
    decode: (decoder, input, stream) => {
      try {
        return decoder.decode(input, { stream });
      } catch (error) {
        if (/** @type {{ code?: string }} */ (error).code === "ERR_ENCODING_INVALID_ENCODED_DATA") return undefined;
        throw error;
      }
    },
    atob: (/** @type {string} */ text) => atob(text),
    btoa: (/** @type {string} */ text) => btoa(text),

    /** @param {string} name @param {unknown[]} args */
    subtle: (name, args) => {
      note(`crypto.subtle.${name}`);
      if (name === "wrapKey" || name === "unwrapKey") throw fatal(`Not implemented: ${name} for SubtleCrypto`);
      if (name === "generateKey") onlyInActions("cryptographic randomness");
      const subtle = /** @type {Record<string, (...args: unknown[]) => Promise<unknown>>} */ (/** @type {unknown} */ (webcrypto.subtle));
      return subtle[name](...args);
    },
    /** @param {string} name @param {number} delay */
    sleep: (name, delay) => {
      onlyInActions(name);
      return new Promise((resolve) => setTimeout(() => resolve(undefined), delay));
    },
    /** @param {string} resource @param {RequestInit} [options] */
    fetch: (resource, options) => {
      onlyInActions("fetch()");
      return fetch(resource, options);
    },

    syscall: call.syscall,
    asyncSyscall: call.asyncSyscall,
    requestPart: () => call.requestPart(),
    respond: (/** @type {Promise<ArrayBuffer>} */ body) => call.respond(body),

    domExceptionCode: (/** @type {string} */ name) => new DOMException("", name).code,
    isDOMException: (/** @type {unknown} */ value) => value instanceof DOMException,
    isError: (/** @type {unknown} */ value) => types.isNativeError(value) || value instanceof DOMException,
    isPromise: types.isPromise,
    isArrayBuffer: types.isArrayBuffer,
    isUint8Array: types.isUint8Array,
    objectPrototype: Object.prototype,
    // 00_url.ts to 23_response.ts, in order; `set_default_context` in udf_runtime.rs adds CryptoKey.
    webClasses: [
      URL, URLSearchParams, CryptoKey, Event, EventTarget, AbortSignal, AbortController, ReadableStream, ReadableStreamBYOBReader,
      ReadableStreamDefaultReader, TransformStream, WritableStream, WritableStreamDefaultWriter, TextDecoderStream, TextEncoderStream,
      Blob, File, Headers, FormData, Request, Response,
    ],
    asyncHooksClasses: [AsyncLocalStorage, AsyncResource],
  };
}
