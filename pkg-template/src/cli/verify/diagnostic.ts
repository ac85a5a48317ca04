/** CBOR as text (RFC 8949, section 8): the types that a signed call has, and no others. It shows; it decides nothing. */
export type Item = { text: string } | { list: Item[] } | { map: [key: string, value: Item][] };

/** @throws RangeError if this is no such CBOR. */
export function readCbor(bytes: Uint8Array): Item {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const item = read();
  if (at !== bytes.length) throw new RangeError(`${bytes.length - at} bytes stand behind the item.`);
  return item;

  function read(): Item {
    const first = view.getUint8(at);
    at += 1;
    if (first === 0xfb) {
      at += 8;
      return { text: float(view.getFloat64(at - 8)) };
    }
    const [major, length] = [first >> 5, argument(first & 31)];
    switch (major) {
      case 0:
        return { text: String(length) };
      case 1:
        return { text: String(-1n - length) };
      case 2:
        return { text: `h'${Buffer.from(take(length)).toString("hex")}'` };
      case 3:
        return { text: quoted(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(take(length))) };
      case 4:
        return { list: Array.from({ length: Number(length) }, read) };
      case 5:
        return { map: Array.from({ length: Number(length) }, () => [lineOf(read()), read()]) };
      default: {
        const simple = major === 7 ? { 20: "false", 21: "true", 22: "null" }[Number(length)] : undefined;
        if (simple === undefined) throw new RangeError(`No signed call has the item 0x${first.toString(16)}.`);
        return { text: simple };
      }
    }
  }

  function argument(info: number): bigint {
    if (info < 24) return BigInt(info);
    const size = { 24: 1, 25: 2, 26: 4, 27: 8 }[info];
    if (size === undefined) throw new RangeError(`No signed call has the length ${info}.`);
    return BigInt(`0x${Buffer.from(take(BigInt(size))).toString("hex")}`);
  }

  function take(length: bigint): Uint8Array {
    const end = at + Number(length);
    if (end > bytes.length) throw new RangeError("The bytes end within an item.");
    const taken = bytes.subarray(at, end);
    at = end;
    return taken;
  }
}

/** On one line. */
export function lineOf(item: Item): string {
  if ("text" in item) return item.text;
  if ("list" in item) return `[${item.list.map(lineOf).join(", ")}]`;
  return `{${item.map.map(([key, value]) => `${key}: ${lineOf(value)}`).join(", ")}}`;
}

/** On as many lines as it takes to be read. */
export function linesOf(item: Item, indent = ""): string {
  const line = lineOf(item);
  if ("text" in item || indent.length + line.length <= 100) return line;
  const inner = `${indent}  `;
  const [open, close, parts] = "list" in item ? ["[", "]", item.list.map((each) => linesOf(each, inner))] : ["{", "}", item.map.map(([key, value]) => `${key}: ${linesOf(value, inner)}`)];
  return `${open}\n${parts.map((part) => inner + part).join(",\n")}\n${indent}${close}`;
}

/** With a decimal point, and with `_3` where a shorter float would hold the number: signed are 8 bytes always. */
function float(value: number): string {
  const text = Object.is(value, -0) ? "-0.0" : Number.isInteger(value) && !String(value).includes("e") ? `${value}.0` : String(value);
  return Number.isNaN(value) || Math.fround(value) === value ? `${text}_3` : text;
}

/** A JSON string, as the notation has it, without anything in it that a terminal would act on. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
