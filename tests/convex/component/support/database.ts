// A database with Convex's optimistic concurrency control, in memory. A transaction reads from a snapshot and notes every index range it reads, up to where it
// stopped reading. It commits only if nothing was committed since its snapshot, before or after the change, that falls into one of those ranges. Convex lets those through
// that have only read; here they run again too, so that no conflict is missed.

import { getFunctionName } from "convex/server";
import { RangeBuilder, compareKeys, covers, keyOf } from "./ranges.js";
import type { Range, Row } from "./ranges.js";

type Tables = ReadonlyMap<string, ReadonlyMap<string, Row>>;
export type Indexes = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

export interface Write {
  readonly table: string;
  readonly before: Row | null;
  readonly after: Row | null;
}

interface Commit {
  readonly version: number;
  readonly by: string;
  readonly writes: readonly Write[];
}

/** Why a transaction has to run again: it read what `by` has written. */
export interface Conflict {
  readonly transaction: string;
  readonly by: string;
  readonly at: string;
}

export interface Scheduled {
  readonly name: string;
  readonly args: unknown;
}

export class Database {
  readonly indexes: Indexes;
  #tables: Tables;
  #version = 0;
  #commits: Commit[] = [];
  #ids = 0;

  constructor(indexes: Indexes) {
    this.indexes = indexes;
    this.#tables = new Map(Object.keys(indexes).map((table) => [table, new Map()]));
  }

  get snapshot(): { tables: Tables; version: number } {
    return { tables: this.#tables, version: this.#version };
  }

  rows(table: string): Row[] {
    return [...(this.#tables.get(table) ?? []).values()];
  }

  newId(): number {
    return ++this.#ids;
  }

  /** Rows that are there before anything runs. */
  fill(table: string, rows: readonly Record<string, unknown>[]): void {
    const writes = rows.map((fields) => {
      const id = this.newId();
      return { table, before: null, after: { ...fields, _id: `${table}:${id}`, _creationTime: id } };
    });
    this.#apply("fill", writes);
  }

  /** All conflicts, or none, and then the writes are done. */
  commit(by: string, version: number, reads: readonly Range[], writes: readonly Write[]): Conflict[] {
    const conflicts: Conflict[] = [];
    for (const commit of this.#commits) {
      if (commit.version <= version) continue;
      for (const range of reads) {
        const isTouched = commit.writes.some(({ table, before, after }) => table === range.table && [before, after].some((row) => row !== null && covers(range, row)));
        if (isTouched) conflicts.push({ transaction: by, by: commit.by, at: `${range.table}.${range.index}` });
      }
    }
    if (conflicts.length === 0 && writes.length > 0) this.#apply(by, writes);
    return conflicts;
  }

  #apply(by: string, writes: readonly Write[]): void {
    const tables = new Map(this.#tables);
    for (const table of new Set(writes.map((write) => write.table))) {
      const rows = new Map(tables.get(table));
      for (const { before, after } of writes.filter((write) => write.table === table)) {
        if (before !== null) rows.delete(before._id);
        if (after !== null) rows.set(after._id, after);
      }
      tables.set(table, rows);
    }
    this.#tables = tables;
    this.#commits.push({ version: ++this.#version, by, writes });
  }
}

/** One attempt of a mutation: its context, and what it read and wrote. */
export class Transaction {
  readonly reads: Range[] = [];
  readonly scheduled: Scheduled[] = [];
  readonly #database: Database;
  readonly #pause: () => Promise<void>;
  readonly #tables: Tables;
  readonly #version: number;
  readonly #writes = new Map<string, Write>();

  /** @param pause - Lets others run; called at each call of the database. */
  constructor(database: Database, pause: () => Promise<void>) {
    this.#database = database;
    this.#pause = pause;
    ({ tables: this.#tables, version: this.#version } = database.snapshot);
  }

  get writes(): Write[] {
    return [...this.#writes.values()].filter(({ before, after }) => before !== null || after !== null);
  }

  commit(name: string): Conflict[] {
    return this.#database.commit(name, this.#version, this.reads, this.writes);
  }

  /** What a handler gets. Whatever is not here throws, by its name. */
  readonly ctx = strict("ctx", {
    db: strict("ctx.db", {
      query: (table: string) => this.#query(table),
      insert: async (table: string, fields: Record<string, unknown>) => {
        await this.#pause();
        const id = this.#database.newId();
        const row = { ...fields, _id: `${table}:${id}`, _creationTime: id };
        this.#writes.set(row._id, { table, before: null, after: row });
        return row._id;
      },
      delete: async (id: string) => this.#change(id, () => null),
      replace: async (id: string, fields: Record<string, unknown>) => this.#change(id, ({ _id, _creationTime }) => ({ ...fields, _id, _creationTime })),
      patch: async (id: string, fields: Record<string, unknown>) => this.#change(id, (row) => ({ ...row, ...fields })),
    }),
    scheduler: strict("ctx.scheduler", {
      runAfter: async (_ms: number, reference: never, args: unknown) => {
        await this.#pause();
        this.scheduled.push({ name: getFunctionName(reference), args });
      },
    }),
  });

  #rows(table: string): Map<string, Row> {
    const committed = this.#tables.get(table);
    if (committed === undefined) throw new Error(`there is no table ${table}`);
    const rows = new Map(committed);
    for (const [id, write] of this.#writes) {
      if (write.table !== table) continue;
      if (write.after === null) rows.delete(id);
      else rows.set(id, write.after);
    }
    return rows;
  }

  async #change(id: string, change: (row: Row) => Row | null): Promise<void> {
    await this.#pause();
    const [table = ""] = id.split(":");
    const bound = { values: [id], inclusive: true };
    this.reads.push({ table, index: "by_id", fields: ["_id"], lower: bound, upper: bound });
    const row = this.#rows(table).get(id);
    if (row === undefined) throw new Error(`${id} is not there`);
    const before = this.#writes.has(id) ? (this.#writes.get(id)?.before ?? null) : row;
    this.#writes.set(id, { table, before, after: change(row) });
  }

  #query(table: string, index = "by_creation_time", bounds = new RangeBuilder([]).bounds(), order: "asc" | "desc" = "asc"): object {
    const named = index === "by_creation_time" ? [] : this.#database.indexes[table]?.[index];
    if (named === undefined) throw new Error(`there is no index ${index} of ${table}`);
    const fields = [...named, "_creationTime", "_id"];
    const read = async (limit: number) => {
      await this.#pause();
      const range = { table, index, fields, ...bounds };
      const rows = [...this.#rows(table).values()].filter((row) => covers(range, row));
      rows.sort((a, b) => compareKeys(keyOf(a, fields), keyOf(b, fields)) * (order === "asc" ? 1 : -1));
      const found = rows.slice(0, limit);
      const last = found.length === limit ? found.at(-1) : undefined;
      // Whoever has enough reads no further.
      const end = last === undefined ? {} : { [order === "asc" ? "upper" : "lower"]: { values: keyOf(last, fields), inclusive: true } };
      this.reads.push({ ...range, ...end });
      return found.map((row) => ({ ...row }));
    };
    return strict("a query", {
      withIndex: (name: string, build: (range: RangeBuilder) => RangeBuilder) => {
        const builder = new RangeBuilder([...(this.#database.indexes[table]?.[name] ?? [])]);
        return this.#query(table, name, build(builder).bounds(), order);
      },
      order: (direction: "asc" | "desc") => this.#query(table, index, bounds, direction),
      take: read,
      collect: () => read(Infinity),
      first: async () => (await read(1))[0] ?? null,
    });
  }
}

function strict<Value extends object>(name: string, value: Value): Value {
  return new Proxy(value, {
    get: (target, property, receiver) => {
      // A promise resolves to a thing without `then` at once.
      if (property !== "then" && !Object.hasOwn(target, property)) throw new Error(`${name}.${String(property)} is not in this database`);
      return Reflect.get(target, property, receiver);
    },
  });
}
