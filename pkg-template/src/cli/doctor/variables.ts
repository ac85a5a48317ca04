/** A variable that doctor looks at, on both sides. */
export interface Variable {
  name: string;
  /** Without `_NEXT` or `_PREVIOUS`. */
  base: string;
  /** `caller`: a secret that only Convex knows by this name, for `keys`. */
  role: "current" | "next" | "previous" | "caller";
  /** Nobody else may know it. */
  isPrivate: boolean;
  /** Its strength is looked at: a private one that is no URL. */
  isJudged: boolean;
}

export const OWN = "COUNTERSIGN_SECRET";

const plainName = /(?:^|_)(?:URL|URI|ORIGIN|HOST|HOSTNAME|DOMAIN|PORT|ENV|MODE|REGION|ISSUER|AUDIENCE)$/;
const url = /^https?:\/\//;

/** Only what can be told from a name and a value: a URL is none, unless it has a password in it. */
export function describeVariable(name: string, values: readonly string[]): Pick<Variable, "isPrivate" | "isJudged"> {
  const hasPassword = values.some((value) => /^[a-z][a-z\d+.-]*:\/\/[^/\s]*:[^/\s]*@/i.test(value));
  const isPlain = name.startsWith("NEXT_PUBLIC_") || plainName.test(name) || (values.length > 0 && values.every((value) => url.test(value)));
  return { isPrivate: !isPlain || hasPassword, isJudged: !isPlain && !hasPassword };
}

/** Those of a rotation belong to the variable that they rotate. */
export function rotated(name: string): { base: string; role: Variable["role"] } {
  const [, base, role] = /^(.+)_(NEXT|PREVIOUS)$/.exec(name) ?? [];
  return base === undefined ? { base: name, role: "current" } : { base, role: role === "NEXT" ? "next" : "previous" };
}

/**
 * The variables to look at.
 *
 * @param named - What was named with `--var`, or countersign's own.
 * @param sides - Everything that is set anywhere, by name.
 */
export function chooseVariables(named: readonly string[], sides: readonly ReadonlyMap<string, string>[]): Variable[] {
  const valuesOf = (name: string) => sides.flatMap((side) => side.get(name) ?? []).filter((value) => value.trim() !== "");
  const make = (name: string, base: string, role: Variable["role"]): Variable => ({ name, base, role, ...describeVariable(name, valuesOf(name)) });
  const family = (base: string, role: Variable["role"]) => [
    make(base, base, role),
    ...(["next", "previous"] as const).flatMap((suffix) => {
      const name = `${base}_${suffix.toUpperCase()}`;
      return valuesOf(name).length > 0 && !named.includes(name) ? [make(name, base, suffix)] : [];
    }),
  ];
  const callers = named.includes(OWN) ? callerNames(sides).filter((base) => !named.includes(base)) : [];
  return [...[...new Set(named)].flatMap((name) => family(name, "current")), ...callers.flatMap((base) => family(base, "caller"))];
}

/** The secrets of callers, as the documents name them: COUNTERSIGN_WEB, COUNTERSIGN_WORKER. */
function callerNames(sides: readonly ReadonlyMap<string, string>[]): string[] {
  const names = sides.flatMap((side) => [...side].filter(([, value]) => value.trim() !== "").map(([name]) => name));
  const bases = names.filter((name) => /^COUNTERSIGN_[A-Z\d_]+$/.test(name)).map((name) => rotated(name).base);
  return [...new Set(bases)].filter((base) => base !== OWN).sort();
}
