// Values that are found by way of other values: names that mean names, functions that call functions, in circles too.

interface Entry<Key, Value> {
  value: Value | undefined;
  state: "new" | "open" | "done";
  /** Those that asked for this one and were told "nothing". */
  askers: Key[] | undefined;
}

/**
 * Finds a value for each key once. `find` asks for the values of other keys with `ask`; `undefined` is "nothing there".
 *
 * There is no limit to how far a way leads, and none branches: the work grows with the number of keys and of questions.
 * In a circle, what is asked for and not known yet counts as nothing; whoever got that answer is looked at again once
 * there is something. A value that was found does not change any more, so this ends.
 */
export class Follow<Key, Value> {
  readonly #find: (key: Key, ask: (key: Key) => Value | undefined) => Value | undefined;
  readonly #entries = new Map<Key, Entry<Key, Value>>();

  constructor(find: (key: Key, ask: (key: Key) => Value | undefined) => Value | undefined) {
    this.#find = find;
  }

  get(root: Key): Value | undefined {
    const first = this.#entry(root);
    // With a stack of its own: chains in generated code are longer than calls may go.
    const waiting: Key[] = first.state === "done" ? [] : [root];
    for (let key = waiting.at(-1); key !== undefined; key = waiting.at(-1)) {
      const entry = this.#entry(key);
      if (entry.state === "done") {
        waiting.pop();
        continue;
      }
      entry.state = "open";
      const asker = key;
      const news: Key[] = [];
      entry.value = this.#find(asker, (next) => {
        const other = this.#entry(next);
        if (other.state === "new") news.push(next);
        if (other.value === undefined) (other.askers ??= []).push(asker);
        return other.value;
      });
      if (news.length > 0) {
        entry.value = undefined;
        // The first that was asked for is the first to be looked at.
        for (const next of news.reverse()) waiting.push(next);
        continue;
      }
      entry.state = "done";
      waiting.pop();
      if (entry.value !== undefined && entry.askers !== undefined) {
        this.#again(entry.askers, waiting);
        entry.askers = undefined;
      }
    }
    return first.value;
  }

  /** Looks again at those who were told "nothing" too early. Whoever is not done yet asks again anyway. */
  #again(askers: readonly Key[], waiting: Key[]): void {
    for (const each of askers) {
      const entry = this.#entry(each);
      if (entry.state !== "done" || entry.value !== undefined) continue;
      entry.state = "open";
      waiting.push(each);
    }
  }

  #entry(key: Key): Entry<Key, Value> {
    let entry = this.#entries.get(key);
    if (entry === undefined) this.#entries.set(key, (entry = { value: undefined, state: "new", askers: undefined }));
    return entry;
  }
}

/** Makes something for each object once, and keeps it in the object: garbage collection takes long over large WeakMaps. */
export function once<Key extends object, Made>(make: (key: Key) => Made): (key: Key) => Made {
  const made = Symbol("made");
  return (key: Key & { [made]?: { value: Made } }) => (key[made] ??= { value: make(key) }).value;
}
