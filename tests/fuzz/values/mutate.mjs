// JSON texts near another one: the same value spelled otherwise, or another value, or no JSON at all.

/** @typedef {import("./random.mjs").Random} Random */
/** @typedef {null | boolean | number | string | Json[] | { [name: string]: Json }} Json */

/** The same JSON value in another spelling. @param {Random} random @param {Json} json @returns {string} */
export function respell(random, json) {
  const space = () => (random.once(6) ? random.pick([" ", "\n", "\t", "\r\n "]) : "");
  return `${space()}${spell(json)}${space()}`;

  /** @param {Json} part @returns {string} */
  function spell(part) {
    if (typeof part === "string") return text(part);
    if (typeof part === "number") return number(part);
    if (typeof part !== "object" || part === null) return String(part);
    if (Array.isArray(part)) return `[${space()}${part.map(spell).join(`,${space()}`)}]`;
    const fields = random.shuffle(Object.entries(part)).flatMap(([name, value]) => {
      const field = `${text(name)}${space()}:${space()}${spell(value)}`;
      // Of two fields with one name the last one counts. But setting __proto__ twice is not setting it once.
      return random.once(15) && name !== "__proto__" ? [`${text(name)}:0`, field] : [field];
    });
    return `{${space()}${fields.join(`,${space()}`)}}`;
  }
  /** @param {string} part */
  function text(part) {
    const spelled = JSON.stringify(part);
    if (!random.once(4)) return spelled;
    return `"${Array.from({ length: part.length }, (_, i) => `\\u${part.charCodeAt(i).toString(16).padStart(4, "0")}`).join("")}"`;
  }
  /** @param {number} part */
  function number(part) {
    if (random.once(3)) return part.toExponential();
    return random.once(3) && Number.isInteger(part) && Math.abs(part) < 1e15 ? `${part}.0` : JSON.stringify(part);
  }
}

/** JSON with something in it changed; sometimes into what it was. @param {Random} random @param {Json} json @returns {Json} */
export function change(random, json) {
  /** @type {Json} */
  const changed = structuredClone(json);
  /** @type {{ owner: any, name: string | number }[]} */
  const places = [];
  collect([changed], 0);
  const { owner, name } = random.pick(places);
  const value = other(owner[name]);
  Object.defineProperty(owner, name, { value, enumerable: true, writable: true, configurable: true });
  return owner === places[0].owner ? owner[0] : changed;

  /** @param {any} owner @param {string | number} name */
  function collect(owner, name) {
    places.push({ owner, name });
    const part = owner[name];
    if (typeof part === "object" && part !== null) for (const inner of Object.keys(part)) collect(part, inner);
  }
  /** @param {Json} part @returns {Json} */
  function other(part) {
    if (random.once(3)) return leaf();
    if (random.once(6)) return random.pick([() => [part], () => ({ a: part }), () => JSON.stringify(part)])();
    if (typeof part === "number") return random.pick([part + 1, -part, String(part), integer(BigInt(Math.trunc(Number.isFinite(part) ? part : 0)))]);
    if (typeof part === "string") {
      const at = random.below(part.length + 1);
      return random.pick([`${part} `, part.slice(0, at), part.slice(at), part.normalize("NFC"), part.normalize("NFD"), part.toUpperCase(), part.slice(0, at) + part]);
    }
    if (typeof part !== "object" || part === null) return leaf();
    return Array.isArray(part) ? otherList(part) : otherObject(part);
  }
  /** @param {Json[]} list */
  function otherList(list) {
    const at = random.below(list.length + 1);
    return random.pick([list.toSpliced(at, 1), list.toSpliced(at, 0, leaf()), random.shuffle(list), list.toReversed(), list.flat(1)]);
  }
  /** @param {{ [name: string]: Json }} object */
  function otherObject(object) {
    const fields = Object.entries(object);
    const at = random.below(fields.length + 1);
    const name = random.pick(["a", "b", "isAdmin", "__proto__", "$a", "$integer", "$commitTs", "", "\u00e9"]);
    const renamed = fields.map(([old, value], i) => (i === at ? [name, value] : [old, value]));
    return Object.fromEntries(random.pick([fields.toSpliced(at, 1), [...fields, [name, leaf()]], renamed]));
  }
  /** @returns {Json} */
  function leaf() {
    return random.pick([
      null, true, false, 0, 1, -1, 1.5, "", "1", "\ud800", [], {}, 9007199254740993, { $integer: "AQAAAAAAAAA=" }, { $integer: "AQAAAAAAAAB=" }, { $integer: "AQ==" },
      { $float: "AAAAAAAAAIA=" }, { $float: "AAAAAAAA+H8=" }, { $float: "AQAAAAAA+H8=" }, { $float: "AAAAAAAA8D8=" }, { $bytes: "" }, { $bytes: "AQ==" }, { $bytes: "AR==" },
      { $bytes: 1 }, { $commitTs: null }, { $set: [] }, integer(random.wide()), JSON.parse('{"__proto__":null}'), JSON.parse('{"__proto__":{"isAdmin":true}}'),
    ]);
  }
}

/** A text with a character changed, one more or one less. @param {Random} random @param {string} text */
export function scratch(random, text) {
  const at = random.below(text.length);
  const char = random.pick([..."0123456789ABCabc$-+eE.\"\\[]{},: \u00e9", text[random.below(text.length)]]);
  return text.slice(0, at) + random.pick([char, char + text[at], ""]) + text.slice(at + 1);
}

/** @param {bigint} value @returns {Json} */
function integer(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt.asIntN(64, value));
  return { $integer: bytes.toString("base64") };
}
