import { generateSecret } from "../../index.js";
import type { Facts } from "./facts.js";
import { VARIABLE } from "./facts.js";
import { problemOf, setOnDeployment } from "./secret.js";
import type { Step } from "./step.js";

/**
 * Production has a secret of its own: whoever can read a developer's files holds nothing of it.
 *
 * @param inProduction - What the production deployment has.
 * @param inDevelopment - What development has, if that is known.
 */
export function planProduction(facts: Facts, inProduction: string | undefined, inDevelopment: string | undefined): Step {
  const { fingerprints } = facts;
  const title = `The Convex production deployment has a ${VARIABLE} of its own.`;
  const step = { id: "convex_prod", title } as const;
  if (inProduction === undefined || inProduction === "") {
    return {
      ...step,
      state: "to_do",
      title: `The Convex production deployment gets a new ${VARIABLE} of its own.`,
      afterwards: `The Convex production deployment has a new ${VARIABLE} of its own.`,
      question: "Make another secret, and set it on the Convex production deployment?",
      run: async () => setOnDeployment(facts, generateSecret(), { prod: true }),
    };
  }
  const problem = problemOf(inProduction);
  if (problem !== undefined) return { ...step, state: "cannot", note: problem, fix: `${facts.convexWords(`env remove ${VARIABLE} --prod`)}, then run init again.` };
  if (inDevelopment !== undefined && fingerprints.same(inProduction, inDevelopment)) {
    return { ...step, state: "cannot", note: `it has that of development, ${fingerprints.show(inProduction)}`, fix: `${facts.words("countersign rotate --prod")} gives production another one.` };
  }
  return { ...step, state: "done", note: `fingerprint ${fingerprints.show(inProduction)}` };
}
