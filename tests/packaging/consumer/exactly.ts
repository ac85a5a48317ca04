type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** `exactly<T>()(value)` compiles only if the value's type is T: neither wider, nor narrower, nor any. */
export function exactly<Expected>() {
  return <Actual>(_value: Same<Actual, Expected> extends true ? Actual : never): void => undefined;
}
