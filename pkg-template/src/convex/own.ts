/**
 * Reads a field only if the object itself has it, so that a polluted `Object.prototype` adds no option.
 *
 * @param object - The object a caller passed.
 * @param name - The field to read.
 * @returns The field's value, or `undefined` if the object does not have it as its own.
 */
export function own<T extends object, K extends keyof T>(object: T, name: K): T[K] | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
