// Evaluated inside the fresh context, not imported: the value of this script is the function below.
//
// In Convex's runtime the web classes (Request, Blob, URL, ...) belong to the same realm as the functions. Node's belong to
// another realm, where `bytes instanceof ArrayBuffer` and `error instanceof TypeError` are false. `adopt` derives a class of
// this realm from each, which hands out results, promises and errors of this realm.
(function createAdopter(host) {
  "use strict";

  /** @type {Map<object, object>} prototype in the host's realm -> prototype in this one */
  const prototypes = new Map();
  const errors = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

  function inwardError(error) {
    if (host.isDOMException(error)) return new globalThis.DOMException(error.message, error.name);
    const Constructor = Object.hasOwn(errors, error.name) ? errors[error.name] : Error;
    const own = new Constructor(error.message);
    if (error.name !== own.name) own.name = error.name;
    // What a nested call's ConvexError holds, as JSON of this realm.
    if (typeof error.dataJson === "string") own.data = JSON.parse(error.dataJson);
    return own;
  }

  /** The same thing, in this realm. */
  function inward(value) {
    if ((typeof value !== "object" && typeof value !== "function") || value === null) return value;
    if (host.isPromise(value) && !(value instanceof Promise)) {
      return new Promise((resolve, reject) => {
        value.then(
          (result) => resolve(inward(result)),
          (reason) => reject(inward(reason)),
        );
      });
    }
    if (host.isError(value) && !(value instanceof Error)) return inwardError(value);
    if (host.isArrayBuffer(value) && !(value instanceof ArrayBuffer)) {
      const copy = new ArrayBuffer(value.byteLength);
      new Uint8Array(copy).set(new Uint8Array(value));
      return copy;
    }
    if (host.isUint8Array(value) && !(value instanceof Uint8Array)) return new Uint8Array(value);
    const own = prototypes.get(Object.getPrototypeOf(value));
    return own === undefined ? value : Object.setPrototypeOf(value, own);
  }

  function guard(fn) {
    return function (...args) {
      try {
        return inward(Reflect.apply(fn, this, args));
      } catch (error) {
        throw inward(error);
      }
    };
  }

  /** @param {Function} HostClass @param {(string | symbol)[]} [only] the members this realm's class has; all, if left out */
  function adopt(HostClass, only) {
    const Adopted = {
      [HostClass.name]: class extends HostClass {
        constructor(...args) {
          try {
            super(...args);
          } catch (error) {
            throw inward(error);
          }
        }
        static [Symbol.hasInstance](value) {
          return value instanceof HostClass;
        }
      },
    }[HostClass.name];
    const seen = new Set(["constructor"]);
    for (let proto = HostClass.prototype; proto !== null && proto !== host.objectPrototype; proto = Object.getPrototypeOf(proto)) {
      for (const key of Reflect.ownKeys(proto)) {
        if (seen.has(key)) continue;
        seen.add(key);
        const descriptor = Reflect.getOwnPropertyDescriptor(proto, key);
        if (only !== undefined && typeof key === "string" && !only.includes(key)) {
          Object.defineProperty(Adopted.prototype, key, { value: undefined, configurable: true });
          continue;
        }
        for (const part of ["value", "get", "set"]) {
          if (typeof descriptor[part] === "function") descriptor[part] = guard(descriptor[part]);
        }
        Object.defineProperty(Adopted.prototype, key, { ...descriptor, configurable: true });
      }
    }
    prototypes.set(HostClass.prototype, Adopted.prototype);
    return Adopted;
  }

  return { adopt, inward, guard };
});
