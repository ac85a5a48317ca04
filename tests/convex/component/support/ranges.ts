// Index ranges: what a transaction of Convex has read, and whether a row falls into that.

export type Value = string | number;
export type Row = Readonly<Record<string, unknown>> & { readonly _id: string; readonly _creationTime: number };

/** The first values of an index's key; `inclusive` counts the keys that begin with them. */
export interface Bound {
  readonly values: readonly Value[];
  readonly inclusive: boolean;
}

export interface Range {
  readonly table: string;
  readonly index: string;
  /** Every field of the index, down to the one that makes its keys unique. */
  readonly fields: readonly string[];
  readonly lower: Bound;
  readonly upper: Bound;
}

/** What `withIndex` gives to its function, with Convex's order: equal fields first, then bounds of one more. */
export class RangeBuilder {
  readonly #fields: readonly string[];
  readonly #equal: Value[] = [];
  #lower: Bound | undefined;
  #upper: Bound | undefined;

  constructor(fields: readonly string[]) {
    this.#fields = fields;
  }

  #expect(field: string): void {
    const expected = this.#fields[this.#equal.length];
    if (field !== expected) throw new Error(`the index wants ${expected} here, not ${field}`);
  }

  eq(field: string, value: Value): this {
    this.#expect(field);
    if (this.#lower !== undefined || this.#upper !== undefined) throw new Error("eq after a bound");
    this.#equal.push(value);
    return this;
  }

  #bound(side: "lower" | "upper", field: string, value: Value, inclusive: boolean): this {
    this.#expect(field);
    const bound = { values: [...this.#equal, value], inclusive };
    if (side === "lower") this.#lower = bound;
    else this.#upper = bound;
    return this;
  }

  gt = (field: string, value: Value): this => this.#bound("lower", field, value, false);
  gte = (field: string, value: Value): this => this.#bound("lower", field, value, true);
  lt = (field: string, value: Value): this => this.#bound("upper", field, value, false);
  lte = (field: string, value: Value): this => this.#bound("upper", field, value, true);

  bounds(): { lower: Bound; upper: Bound } {
    const whole = { values: this.#equal, inclusive: true };
    return { lower: this.#lower ?? whole, upper: this.#upper ?? whole };
  }
}

/** The row's key in an index. */
export function keyOf(row: Row, fields: readonly string[]): Value[] {
  return fields.map((field) => {
    const value = row[field];
    if (typeof value !== "string" && typeof value !== "number") throw new Error(`no order is known for ${field} of ${typeof value}`);
    return value;
  });
}

/** As far as the shorter one goes. */
export function compareKeys(a: readonly Value[], b: readonly Value[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const [left, right] = [a[i] as Value, b[i] as Value];
    if (typeof left !== typeof right) throw new Error("a text and a number in one index");
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

export function covers(range: Range, row: Row): boolean {
  const key = keyOf(row, range.fields);
  const [low, high] = [compareKeys(key, range.lower.values), compareKeys(key, range.upper.values)];
  return (low > 0 || (low === 0 && range.lower.inclusive)) && (high < 0 || (high === 0 && range.upper.inclusive));
}

/** `nonces.by_shard_and_expiry ["AAA"] .. ["AAA",1]`, for people and for assertions. */
export function print({ table, index, lower, upper }: Range): string {
  const [from, to] = [JSON.stringify(lower.values), JSON.stringify(upper.values)];
  return `${table}.${index} ${lower.inclusive ? "" : "after "}${from} .. ${upper.inclusive ? "" : "before "}${to}`;
}
