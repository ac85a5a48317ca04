// Looking through WebAssembly memories: what is in them, where they differ, and whether a text or a key is in them.

const PAGE = 4096;
const zeros = Buffer.alloc(PAGE);

/** What is in a memory: the pages that are not zeros, by number. @typedef {{ length: number, pages: Map<number, Buffer> }} Snapshot */

/** @param {WebAssembly.Memory} memory @param {number} [end] how much of it @returns {Snapshot} */
export function capture({ buffer }, end = buffer.byteLength) {
  const bytes = Buffer.from(/** @type {ArrayBuffer} */ (buffer), 0, Math.min(end, buffer.byteLength));
  const pages = new Map();
  for (let at = 0; at < bytes.length; at += PAGE) {
    const page = bytes.subarray(at, at + PAGE);
    if (!page.equals(zeros)) pages.set(at / PAGE, Buffer.from(page));
  }
  return { length: bytes.length, pages };
}

/** What is in a memory without holes: pages that lie side by side as one. @param {Snapshot} snapshot @returns {{ start: number, bytes: Buffer }[]} */
function runs({ pages }) {
  /** @type {{ start: number, pages: Buffer[] }[]} */
  const found = [];
  for (const [number, page] of pages) {
    const last = found.at(-1);
    if (last !== undefined && last.start + last.pages.length * PAGE === number * PAGE) last.pages.push(page);
    else found.push({ start: number * PAGE, pages: [page] });
  }
  return found.map(({ start, pages: parts }) => ({ start, bytes: Buffer.concat(parts) }));
}

/** @typedef {Map<number, { name: string, bytes: Buffer }[]>} Index patterns by their first four bytes */

/** @param {ReadonlyMap<string, Buffer>} patterns @returns {Index} */
export function indexOf(patterns) {
  /** @type {Index} */
  const index = new Map();
  for (const [name, bytes] of patterns) {
    const word = bytes.readUInt32LE(0);
    // Where there are four zeros, the search does not look.
    if (bytes.length < 12 || word === 0) throw new Error(`${name} is no pattern to search for`);
    const others = index.get(word);
    if (others === undefined) index.set(word, [{ name, bytes }]);
    else others.push({ name, bytes });
  }
  return index;
}

/** Every place in a memory where one of the patterns lies. @param {Snapshot} snapshot @param {Index} index */
export function search(snapshot, index) {
  /** @type {{ name: string, from: number, to: number }[]} */
  const found = [];
  for (const { start, bytes } of runs(snapshot)) {
    let word = 0;
    for (let at = 0; at < bytes.length; at++) {
      word = (word >>> 8) | (bytes[at] << 24);
      if (word === 0) continue;
      const candidates = index.get(word >>> 0);
      if (candidates === undefined) continue;
      const from = at - 3;
      for (const { name, bytes: wanted } of candidates) {
        if (from >= 0 && bytes.subarray(from, from + wanted.length).equals(wanted)) found.push({ name, from: start + from, to: start + from + wanted.length });
      }
    }
  }
  return found;
}

/** Where two memories differ. @param {Snapshot} one @param {Snapshot} other @returns {number[]} the addresses */
export function differences(one, other) {
  if (one.length !== other.length) throw new Error(`memories of ${one.length} and ${other.length} bytes`);
  /** @type {number[]} */
  const found = [];
  for (const number of new Set([...one.pages.keys(), ...other.pages.keys()])) {
    const [a, b] = [one.pages.get(number) ?? zeros, other.pages.get(number) ?? zeros];
    if (a.equals(b)) continue;
    for (let i = 0; i < PAGE; i++) if (a[i] !== b[i]) found.push(number * PAGE + i);
  }
  return found;
}

/** Addresses as ranges, for a message: `0x12f0-0x130f`. @param {readonly number[]} addresses */
export function ranges(addresses) {
  /** @type {[number, number][]} */
  const found = [];
  for (const address of addresses) {
    const last = found.at(-1);
    // A few bytes that happen to be equal do not begin another range.
    if (last !== undefined && address - last[1] <= 8) last[1] = address;
    else found.push([address, address]);
  }
  return found.slice(0, 12).map(([from, to]) => `0x${from.toString(16)}-0x${to.toString(16)}`).join(", ") + (found.length > 12 ? ", ..." : "");
}
