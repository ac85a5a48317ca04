import { finding } from "../codes.js";
import type { Check, Facts } from "../facts.js";
import { convexValue, serverValue } from "../facts.js";
import type { Finding } from "../finding.js";
import type { Variable } from "../variables.js";
import { referencedCallers } from "../sources.js";
import { rotate } from "./exposure.js";

/** Whether one secret serves two purposes, and whether each caller has one. */
export const shared: Check = async (facts) => [...inTwoPlaces(facts), ...bySeveral(facts), ...(await withoutSecret(facts))];

/** One finding a variable, wherever its twin in production has its name: a rotation may have moved it. */
function inTwoPlaces(facts: Facts): Finding[] {
  const { dev, production, variables, fingerprints } = facts;
  const secrets = variables.filter(({ isJudged }) => isJudged);
  return secrets.flatMap(({ name, base }) => {
    const inProduction = convexValue(production, name);
    if (inProduction === undefined) return [];
    const same = (value: string | undefined) => value !== undefined && fingerprints.same(value, inProduction);
    const twin = secrets.find((other) => same(convexValue(dev, other.name)) || same(serverValue(facts, other.name)));
    if (twin === undefined) return [];
    return [
      finding("secret_dev_is_prod", {
        where: production.label,
        variable: name,
        message: `${name} in ${production.label} is the secret that development has${twin.name === name ? "" : ` as ${twin.name}`}.`,
        fix: rotate(facts, base, true),
      }),
    ];
  });
}

function bySeveral(facts: Facts): Finding[] {
  const { dev, production, variables } = facts;
  const found: Finding[] = [];
  for (const deployment of [dev, production]) {
    // The server knows its secret as COUNTERSIGN_SECRET, and Convex under a caller's name: only on one side are two the same by mistake.
    found.push(...sharedAmong(facts, variables.filter(({ isJudged, name }) => isJudged && convexValue(deployment, name) !== undefined), (name) => convexValue(deployment, name) as string, deployment.label, deployment.production));
  }
  return found;
}

function sharedAmong(facts: Facts, variables: readonly Variable[], valueOf: (name: string) => string, where: string, production: boolean): Finding[] {
  return variables.flatMap((variable, index) => {
    const first = variables.slice(0, index).find((other) => other.base !== variable.base && facts.fingerprints.same(valueOf(other.name), valueOf(variable.name)));
    if (first === undefined) return [];
    return [
      finding("secret_shared", {
        where,
        variable: variable.name,
        message: `${variable.name} and ${first.name} are the same secret in ${where}.`,
        fix: `${facts.words.countersign("keygen")} | ${facts.words.enterInConvex(variable.name, production)}`,
      }),
    ];
  });
}

/** Callers that convex/ names in `keys` and that have no secret: one of them is enough to keep everybody out. */
async function withoutSecret(facts: Facts): Promise<Finding[]> {
  const { dev, production, project, variables, words } = facts;
  if (project.convex === undefined || !facts.isOwn) return [];
  const named = await referencedCallers(project.convex.functions);
  return [dev, production].flatMap((deployment) => {
    if (deployment.variables === undefined) return [];
    return [...named].flatMap(([base, where]) => {
      const family = [base, `${base}_NEXT`, `${base}_PREVIOUS`];
      if (variables.some(({ name, role }) => role === "current" && name === base) || family.some((name) => convexValue(deployment, name) !== undefined)) return [];
      return [
        finding("caller_unset", {
          where: deployment.label,
          variable: base,
          message: `${facts.relative(where)} reads ${base}, which is not set in ${deployment.label}.`,
          fix: words.enterInConvex(base, deployment.production),
        }),
      ];
    });
  });
}
