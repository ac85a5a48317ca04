import type { Environment } from "../../command.js";
import { finding } from "../codes.js";
import type { Check, Facts } from "../facts.js";
import { set } from "../facts.js";
import type { Finding } from "../finding.js";
import type { InUse } from "../in-use.js";
import { deploymentInUse } from "../in-use.js";

const URL_NAME = "NEXT_PUBLIC_CONVEX_URL";

/** Whether the app calls the deployment that is in use, and whether the clocks agree. */
export const deployment: Check = async (facts) => {
  const { project, environment } = facts;
  const inUse = project.convex === undefined ? undefined : deploymentInUse(project.convex, environment);
  const found = project.next === undefined ? [] : url(facts, inUse);
  return [...found, ...(await clock(facts, inUse))];
};

function url(facts: Facts, inUse: InUse | undefined): Finding[] {
  const { next, server, environment } = facts;
  const setting = next.get(URL_NAME);
  const value = set(setting?.value);
  const shouldBe = inUse === undefined ? undefined : (inUse.url ?? (inUse.name === undefined ? undefined : `https://${inUse.name}.convex.cloud`));
  if (setting === undefined || value === undefined) {
    return [finding("convex_url_unset", { where: server.label, variable: URL_NAME, message: `${URL_NAME} is not set for ${server.label}.`, fix: howToSet(facts, shouldBe) })];
  }
  const wrong = whatIsWrong(value, inUse, environment);
  if (wrong === undefined) return [];
  const fix = setting.file === undefined ? `Set ${URL_NAME}${shouldBe === undefined ? "" : ` to ${shouldBe}`} where the server is started.` : `In ${setting.where}: ${shouldBe === undefined ? `the URL that ${facts.words.convex("dashboard")} shows` : `${URL_NAME}=${shouldBe}`}`;
  return [finding("convex_url_wrong", { where: setting.where, variable: URL_NAME, message: `${URL_NAME} ${wrong}.`, fix })];
}

function howToSet({ words, server, project }: Facts, shouldBe: string | undefined): string {
  // In one package, the CLI writes it itself.
  if (shouldBe === undefined) return project.convex?.folder === server.folder ? words.convex("dev --once") : `${words.convex("dev --once")}, then put ${URL_NAME} into ${words.path(`${server.folder}/.env.local`)}`;
  return `echo ${URL_NAME}=${shouldBe} >> ${words.path(`${server.folder}/.env.local`)}`;
}

const loopback = new Set(["localhost", "127.0.0.1", "[::1]"]);

function whatIsWrong(value: string, inUse: InUse | undefined, environment: Environment): string | undefined {
  const parsed = URL.canParse(value) ? new URL(value) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) return "is no URL";
  if (parsed.hostname.endsWith(".convex.site")) return "is the URL for HTTP actions: functions are called at .convex.cloud";
  if (inUse === undefined) return undefined;
  const [label] = parsed.hostname.split(".");
  const isCloud = parsed.hostname.endsWith(".convex.cloud");
  if (inUse.name !== undefined) {
    // A domain of one's own may lead anywhere, and so does what a provisioning service that is not Convex's says.
    if (isCloud ? label === inUse.name : !loopback.has(parsed.hostname) || environment["CONVEX_PROVISION_HOST"] !== undefined) return undefined;
    return `is ${parsed.host}, and the convex CLI uses ${inUse.name} (${inUse.from})`;
  }
  if (inUse.url === undefined) return inUse.isLocal && !loopback.has(parsed.hostname) ? `is ${parsed.host}, and the convex CLI uses a local deployment (${inUse.from})` : undefined;
  return place(parsed) === place(new URL(inUse.url)) ? undefined : `is ${parsed.host}, and the convex CLI uses ${new URL(inUse.url).host} (${inUse.from})`;
}

/** One machine has several names for itself. */
function place({ protocol, hostname, port }: URL): string {
  return `${protocol}//${loopback.has(hostname) ? "localhost" : hostname}:${port}`;
}

const ERROR_FROM_MS = 30_000;
const WARNING_FROM_MS = 5_000;
const PATIENCE_MS = 5_000;

async function clock(facts: Facts, inUse: InUse | undefined): Promise<Finding[]> {
  const given = inUse?.url ?? set(facts.next.get(URL_NAME)?.value);
  const address = given !== undefined && URL.canParse(given) ? new URL(given) : undefined;
  if (facts.offline || address === undefined || !/^https?:$/.test(address.protocol)) return [];
  const skew = await clockSkew(new URL("/version", address)).catch((error: unknown) => error as Error);
  if (skew instanceof Error) {
    const cause = skew.cause instanceof Error ? ` (${(skew.cause as NodeJS.ErrnoException).code ?? skew.cause.message})` : "";
    facts.unchecked({ what: "The clock", because: `${address.host} did not say what time it is: ${skew.message}${cause}.`, isSide: false });
    return [];
  }
  if (Math.abs(skew) < WARNING_FROM_MS) return [];
  const seconds = Math.round(Math.abs(skew) / 1000);
  return [
    finding(Math.abs(skew) >= ERROR_FROM_MS ? "clock_skew" : "clock_drift", {
      where: "this machine",
      message: `This machine's clock is ${seconds} s ${skew > 0 ? "behind" : "ahead of"} that of ${address.host}.`,
      fix: setClock[process.platform] ?? "Set the clock by a time server.",
    }),
  ];
}

const setClock: Partial<Record<NodeJS.Platform, string>> = { linux: "sudo timedatectl set-ntp true", darwin: "sudo sntp -sS time.apple.com", win32: "w32tm /resync" };

/**
 * How far the deployment's clock is ahead of ours, in milliseconds, at least: the Date header (RFC 9110, section 6.6.1) has whole seconds, and was made at some time between question and answer.
 *
 * @throws Error if there is no answer, or none with a date of its own.
 */
async function clockSkew(url: URL): Promise<number> {
  const before = Date.now();
  const response = await fetch(url, { redirect: "manual", headers: { "cache-control": "no-cache" }, signal: AbortSignal.timeout(PATIENCE_MS) });
  const after = Date.now();
  await response.body?.cancel();
  const from = Date.parse(response.headers.get("date") ?? "");
  // What a cache keeps has the date at which it was made.
  if (Number.isNaN(from) || Number(response.headers.get("age") ?? 0) > 0) throw new Error("the answer has no date of its own");
  const until = from + 999;
  if (from > after) return from - after;
  if (until < before) return until - before;
  return 0;
}
