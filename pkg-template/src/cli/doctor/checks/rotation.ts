import { finding } from "../codes.js";
import type { Check, Facts } from "../facts.js";
import { convexValue, serverValue } from "../facts.js";
import type { Finding } from "../finding.js";
import type { Variable } from "../variables.js";
import { rotate } from "./exposure.js";

/** Whether a rotation was begun and not finished. */
export const rotation: Check = async (facts) =>
  facts.variables.filter(({ role }) => role === "next" || role === "previous").flatMap((variable) => places(facts, variable).map((place) => left(facts, variable, place)));

interface Place {
  where: string;
  remove: string;
  /** Whether the server signs with this one already: then it must not simply go. */
  isInUse: boolean;
  production: boolean;
}

function places(facts: Facts, { name, base }: Variable): Place[] {
  const { next, dev, production, words, fingerprints } = facts;
  const setting = serverValue(facts, name) === undefined ? undefined : next.get(name);
  const onServer: Place[] = setting === undefined ? [] : [{ where: setting.where, remove: setting.file === undefined ? `unset ${name}` : `Take ${name} out of ${setting.where}`, isInUse: false, production: false }];
  const onConvex = [dev, production].flatMap((deployment): Place[] => {
    const there = convexValue(deployment, name);
    if (there === undefined) return [];
    const here = serverValue(facts, base);
    return [{ where: deployment.label, remove: words.removeFromConvex(name, deployment.production), isInUse: here !== undefined && fingerprints.same(here, there), production: deployment.production }];
  });
  return [...onServer, ...onConvex];
}

function left(facts: Facts, { name, base, role }: Variable, { where, remove, isInUse, production }: Place): Finding {
  return finding("rotation_unfinished", {
    where,
    variable: name,
    message: role === "next" ? `A rotation of ${base} was begun: ${name} is set${isInUse ? ", and the server signs with it" : ""}.` : `A rotation of ${base} is not finished: ${name} is still set.`,
    fix: role === "next" || isInUse ? rotate(facts, base, production) : `${remove}${remove.startsWith("Take") ? "." : ""}`,
  });
}
