import { finding } from "../codes.js";
import type { Check, Facts } from "../facts.js";
import { convexValue, serverValue } from "../facts.js";
import type { Finding } from "../finding.js";
import type { Variable } from "../variables.js";

/** Whether a rotation was begun and not finished. */
export const rotation: Check = async (facts) =>
  facts.variables.filter(({ role }) => role === "next" || role === "previous").flatMap((variable) => places(facts, variable).map((place) => left(facts, variable, place)));

interface Place {
  where: string;
  remove: string;
  /** Whether the server signs with this one already: then it must not simply go. */
  isInUse: boolean;
}

function places(facts: Facts, { name, base }: Variable): Place[] {
  const { next, dev, production, words, fingerprints } = facts;
  const setting = serverValue(facts, name) === undefined ? undefined : next.get(name);
  const onServer: Place[] = setting === undefined ? [] : [{ where: setting.where, remove: setting.file === undefined ? `unset ${name}` : `Take ${name} out of ${setting.where}`, isInUse: false }];
  const onConvex = [dev, production].flatMap((deployment): Place[] => {
    const there = convexValue(deployment, name);
    if (there === undefined) return [];
    const here = serverValue(facts, base);
    return [{ where: deployment.label, remove: words.removeFromConvex(name, deployment.production), isInUse: here !== undefined && fingerprints.same(here, there) }];
  });
  return [...onServer, ...onConvex];
}

function left({ words, isOwn }: Facts, { name, base, role }: Variable, { where, remove, isInUse }: Place): Finding {
  const goOn = words.countersign(isOwn ? "rotate" : `rotate --var ${base}`);
  return finding("rotation_unfinished", {
    where,
    variable: name,
    message: role === "next" ? `A rotation of ${base} was begun: ${name} is set${isInUse ? ", and the server signs with it" : ""}.` : `A rotation of ${base} is not finished: ${name} is still set.`,
    fix: role === "next" || isInUse ? goOn : `${remove}${remove.startsWith("Take") ? "." : ""}`,
  });
}
