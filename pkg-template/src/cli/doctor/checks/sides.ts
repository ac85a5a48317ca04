import { finding } from "../codes.js";
import type { Check, Deployment, Facts, Setting } from "../facts.js";
import { convexValue, serverValue, set } from "../facts.js";
import type { Finding } from "../finding.js";
import { cleaned, isUsable } from "../secrets.js";
import type { Variable } from "../variables.js";
import { OWN } from "../variables.js";

/** Whether both sides have each variable, and the same value. */
export const sides: Check = async (facts) =>
  facts.variables
    .filter(({ role }) => role === "current")
    .flatMap((variable) => [...onServer(facts, variable), ...onConvex(facts, variable, facts.dev), ...onConvex(facts, variable, facts.production)]);

function onServer(facts: Facts, { name, isJudged }: Variable): Finding[] {
  const { server, words, next, dev } = facts;
  if (serverValue(facts, name) !== undefined) return [];
  const setting = next.get(name);
  const there = convexValue(dev, name);
  // A secret that is there already is fetched by --fix; one that nobody has is made.
  const copy = there !== undefined && (!isJudged || isUsable(there)) && setting === undefined;
  return [
    finding("variable_unset", {
      where: setting === undefined ? server.label : setting.where,
      variable: name,
      message: setting === undefined ? `${name} is not set for ${server.label}.` : `${name} is there, and it is empty.`,
      fix: copy ? words.fix() : make(facts, name),
      repair: copy ? facts.repairs.writeOnServer(name, there) : undefined,
    }),
  ];
}

function make({ isOwn, words, server }: Facts, name: string): string {
  if (isOwn && name === OWN) return words.countersign("init");
  return `${words.countersign(`keygen --var ${name}`)} >> ${words.path(`${server.folder}/.env.local`)}`;
}

function onConvex(facts: Facts, variable: Variable, deployment: Deployment): Finding[] {
  const { name } = variable;
  if (deployment.variables === undefined) return [];
  const there = convexValue(deployment, name);
  if (there !== undefined) return isSame(facts, variable, deployment, there) ? [] : [differs(facts, variable, deployment)];
  const callers = facts.variables.filter((each) => each.role === "caller" && convexValue(deployment, each.name) !== undefined);
  if (name === OWN && callers.length > 0) return withCallers(facts, variable, deployment, callers);
  return [unset(facts, variable, deployment)];
}

function unset(facts: Facts, { name, isJudged }: Variable, deployment: Deployment): Finding {
  const { words, next, isOwn } = facts;
  const here = serverValue(facts, name);
  const usable = here !== undefined && (!isJudged || isUsable(here));
  // One command makes it for both sides.
  const nobodyHas = isOwn && name === OWN && here === undefined;
  const repair = usable && !deployment.production ? facts.repairs.setInDev(name, here) : undefined;
  return finding("variable_unset", {
    where: deployment.label,
    variable: name,
    message: `${name} is not set in ${deployment.label}.`,
    fix: (usable && !deployment.production ? words.copyToConvex(name, next.get(name), false) : undefined) ?? (deployment.production ? newInProduction(facts, name) : nobodyHas ? words.countersign("init") : words.enterInConvex(name, false)),
    repair,
  });
}

/** Production has a secret of its own. */
function newInProduction({ words, isOwn }: Facts, name: string): string {
  return isOwn && name === OWN ? words.countersign("init --prod") : `${words.enterInConvex(name, true)}, and enter what the server has in production`;
}

/** What the server has that belongs to this deployment; `undefined` if that cannot be known, or is not set. */
function settingFor({ next, nextInProduction }: Facts, name: string, { production }: Deployment): Setting | undefined {
  const setting = (production ? nextInProduction : next).get(name);
  if (!production) return setting === undefined || set(setting.value) === undefined ? undefined : setting;
  // The shell and .env.local are this machine's, .env is for everywhere: what production really has stands in the settings of the host, or in a file for production.
  return setting === undefined ? undefined : [setting, ...setting.shadows].find(({ file, value }) => file !== undefined && /\.production(?:\.local)?$/.test(file) && set(value) !== undefined);
}

function isSame(facts: Facts, { name, base }: Variable, deployment: Deployment, there: string): boolean {
  const here = settingFor(facts, name, deployment)?.value;
  if (here === undefined || facts.fingerprints.same(here, there)) return true;
  const { fingerprints, next } = facts;
  // In the middle of a rotation Convex accepts several; and what a finding about the value itself explains is not said twice.
  const accepted = [convexValue(deployment, `${base}_NEXT`), convexValue(deployment, `${base}_PREVIOUS`)];
  const explained = [cleaned(here), next.get(name)?.written];
  return accepted.some((each) => each !== undefined && fingerprints.same(here, each)) || explained.some((each) => each !== undefined && fingerprints.same(each, cleaned(there)));
}

function differs(facts: Facts, { name, isJudged }: Variable, deployment: Deployment): Finding {
  const { words, server } = facts;
  const setting = settingFor(facts, name, deployment);
  const usable = setting !== undefined && (!isJudged || isUsable(setting.value));
  return finding("variable_differs", {
    where: deployment.label,
    variable: name,
    message: `${name} is another one in ${deployment.label} than in ${setting?.where ?? server.label}.`,
    fix: (usable ? words.copyToConvex(name, setting, deployment.production) : undefined) ?? words.enterInConvex(name, deployment.production),
  });
}

/** With `keys`, Convex has the server's secret under a caller's name. */
function withCallers(facts: Facts, variable: Variable, deployment: Deployment, callers: readonly Variable[]): Finding[] {
  const { name } = variable;
  const here = settingFor(facts, name, deployment)?.value;
  const names = facts.variables.filter(({ base }) => callers.some((caller) => caller.base === base)).map((each) => each.name);
  const isKnown = names.some((each) => {
    const there = convexValue(deployment, each);
    return here !== undefined && there !== undefined && facts.fingerprints.same(here, there);
  });
  if (here === undefined || isKnown) return [];
  const [first] = callers;
  return [
    finding("variable_differs", {
      where: deployment.label,
      variable: name,
      message: `The server's ${name} is that of no caller in ${deployment.label}: ${callers.map((caller) => caller.name).join(", ")}.`,
      fix: `${facts.words.enterInConvex(callers.length === 1 && first !== undefined ? first.name : "COUNTERSIGN_<caller>", deployment.production)}, and enter the server's ${name}`,
    }),
  ];
}
