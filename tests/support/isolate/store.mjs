// A database for the isolate harness, as small as the tests allow: one call at a time, so no conflicts; texts and numbers in indexes;
// no filters, pages or searches. What it does not have it refuses.

/** @typedef {Record<string, any> & { _id: string, _creationTime: number }} Row in Convex's JSON form */
/** @typedef {{ type: string, fieldPath: string, value: unknown }} Bound */
/** @typedef {{ source: { type: string, tableName?: string, indexName?: string, range?: Bound[], order: "asc" | "desc" | null }, operators: { limit?: number }[] }} Query */

/** @type {Record<string, (order: number) => boolean>} */
const inBound = { Eq: (order) => order === 0, Lt: (order) => order < 0, Lte: (order) => order <= 0, Gt: (order) => order > 0, Gte: (order) => order >= 0 };

/** @param {unknown} one @param {unknown} other */
function compare(one, other) {
  if (typeof one !== typeof other || (typeof one !== "string" && typeof one !== "number")) {
    throw new Error(`The isolate's database compares texts with texts and numbers with numbers, not ${JSON.stringify(one)} with ${JSON.stringify(other)}.`);
  }
  // As bytes: texts of countersign's are ASCII, where the order of UTF-16 units is the same.
  return /** @type {any} */ (one) < /** @type {any} */ (other) ? -1 : one === other ? 0 : 1;
}

/**
 * The tables of one component, or of the app.
 * @param {string | undefined} schemaJson what the schema's `export()` gives; without one, any table, and no index
 */
export function createStore(schemaJson) {
  /** @type {{ tableName: string, indexes: { indexDescriptor: string, fields: string[] }[] }[] | undefined} */
  const schema = schemaJson === undefined ? undefined : JSON.parse(schemaJson).tables;
  /** @type {Map<string, Row[]>} */
  let tables = new Map();
  let ids = 0;

  /** @param {string} name @returns {Row[]} */
  function rowsOf(name) {
    if (schema?.some(({ tableName }) => tableName === name) === false) throw new Error(`There is no table "${name}".`);
    return tables.get(name) ?? [];
  }
  /** @param {unknown} id @param {Row | undefined} after */
  function change(id, after) {
    for (const [name, rows] of tables) {
      const index = rows.findIndex((row) => row._id === id);
      if (index < 0) continue;
      tables.set(name, rows.toSpliced(index, 1, ...(after === undefined ? [] : [after])));
      return rows[index];
    }
    throw new Error(`There is no document ${JSON.stringify(id)}.`);
  }

  /** @param {Query} query */
  function read({ source, operators }) {
    const [table, index] = (source.tableName ?? source.indexName ?? "").split(".");
    const fields = source.type === "FullTableScan" ? [] : schema?.find(({ tableName }) => tableName === table)?.indexes.find(({ indexDescriptor }) => indexDescriptor === index)?.fields;
    if (fields === undefined) throw new Error(`There is no index "${source.indexName}".`);
    const order = [...fields, "_creationTime"];
    let rows = rowsOf(table).filter((row) => (source.range ?? []).every(({ type, fieldPath, value }) => inBound[type](compare(row[fieldPath], value))));
    rows = rows.toSorted((one, other) => order.reduce((found, field) => found || compare(one[field], other[field]), 0));
    if (source.order === "desc") rows.reverse();
    for (const operator of operators) {
      if (operator.limit === undefined) throw new Error(`The isolate's database has no operator ${JSON.stringify(operator)}.`);
      rows = rows.slice(0, operator.limit);
    }
    return rows;
  }

  return {
    /** @type {Record<string, (args: any) => unknown>} by the syscall's name */
    syscalls: {
      "1.0/queryStream": ({ query }) => read(query),
      "1.0/insert": ({ table, value }) => {
        const row = { ...value, _id: `${++ids};${table}`, _creationTime: ids };
        tables.set(table, [...rowsOf(table), row]);
        return { _id: row._id };
      },
      "1.0/replace": ({ id, value }) => {
        const { _creationTime } = change(id, { ...value, _id: id, _creationTime: Number(id.split(";")[0]) });
        return { _creationTime };
      },
      "1.0/remove": ({ id }) => change(id, undefined),
    },
    rows: rowsOf,
    /** Everything as it is now; what it returns brings that back. */
    snapshot: () => {
      const before = new Map(tables);
      return () => {
        tables = before;
      };
    },
  };
}
