import { CountersignError, encodeValue } from "../index.js";
import { convexToJson, jsonToConvex } from "convex/values";
import type { Value } from "convex/values";

/** The arguments of a call, as they will arrive. */
export type Arguments = Record<string, Value>;

/**
 * Copies the arguments as Convex will transport them, so that what is signed is what is sent, even if the caller
 * changes them meanwhile.
 *
 * @param args - The arguments of a call; `undefined` stands for none.
 * @throws CountersignError `value_unsupported` or `text_malformed`, with the path to what cannot be signed.
 */
export function snapshot(args: unknown): Arguments {
  if (args === undefined) return {};
  if (Object.prototype.toString.call(args) !== "[object Object]") {
    throw new CountersignError("type_invalid", "countersign: the arguments of a Convex function must be an object.");
  }
  // Convex's own conversion drops or changes some values in silence; the encoder refuses those by name,
  // but for the one field name that means a prototype to that conversion and a field to the encoder.
  encodeValue(args);
  refuseProtoField(args, "args");
  return jsonToConvex(convexToJson(args as Value)) as Arguments;
}

/**
 * Copies the arguments of a signed function: see {@link snapshot}. The signature is not among them yet.
 *
 * @param args - The arguments of a call; `undefined` stands for none.
 * @throws CountersignError as `snapshot`, and `type_invalid` if there is an argument `countersign`.
 */
export function snapshotUnsigned(args: unknown): Arguments {
  const copy = snapshot(args);
  if (Object.hasOwn(copy, "countersign")) {
    throw new CountersignError("type_invalid", "countersign: the argument `countersign` is added by the client; leave it out.");
  }
  return copy;
}

function refuseProtoField(value: unknown, path: string): void {
  if (Array.isArray(value)) {
    value.forEach((item: unknown, index) => refuseProtoField(item, `${path}[${index}]`));
  } else if (typeof value === "object" && value !== null) {
    if (Object.hasOwn(value, "__proto__")) {
      throw new CountersignError("value_unsupported", `countersign: ${path} has a field named __proto__, which Convex does not transport.`);
    }
    for (const [name, field] of Object.entries(value)) refuseProtoField(field, `${path}.${name}`);
  }
}
