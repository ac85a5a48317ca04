/** Whether two types are the same, and not only assignable to each other. `any` equals only `any`. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only if the two types are the same: `expectType<Equal<A, B>>()`. */
export function expectType<_Same extends true>(): void {}
