import type { Command } from "../vendor/args.js";
import { originOfDeployment } from "../../client/deployment.js";
import { normalizeAudience } from "../../convex/audience.js";
import { signCall } from "../../index.js";
import type { Act, Context, Outcome } from "../command.js";
import { CliError } from "../errors.js";
import { argumentsText, functionName, functionType, loadConvexValues, parseArguments } from "./arguments.js";
import type { ArgumentOptions, Arguments } from "./arguments.js";
import { curlCommand, forWhichShell } from "./curl.js";
import { addPlaceOptions, surroundings } from "./environment.js";
import type { PlaceOptions, Surroundings } from "./environment.js";
import { oneOnStdin } from "./input.js";
import { mistaken } from "./mistakes.js";
import { addSecretOptions, namedSecrets, openNamedKeyring, refuseSecretArguments, signingSecret } from "./secrets.js";
import type { SecretOptions } from "./secrets.js";

/** The window of guards, unless they were given another. */
const WINDOW_S = 60;

/** What says which call it is. */
export interface CallOptions extends ArgumentOptions {
  type?: string;
  audience?: string;
  idempotencyKey?: string;
}

interface SignCallOptions extends CallOptions, SecretOptions, PlaceOptions {
  url?: string;
  gateway?: string | true;
  curl?: boolean;
}

/** Adds the options of a call. */
export function addCallOptions(command: Command): Command {
  return command
    .option("--type <type>", "query, mutation or action")
    .option("--args <json>", "the arguments, in Convex's JSON form")
    .option("--args-file <file>", "the same from a file, or from stdin with -")
    .option("--audience <url>", "the deployment that the call is for (default: NEXT_PUBLIC_CONVEX_URL)")
    .option("--idempotency-key <key>", "of a mutation that is to run once however often it is sent");
}

export function registerSignCall(sign: Command, act: Act): void {
  const command = sign.command("call <function>").description("signs a call of a Convex function, and prints the token");
  addPlaceOptions(addSecretOptions(addCallOptions(command), "COUNTERSIGN_SECRET if left out"))
    .option("--url <url>", "with --curl: the deployment's URL (default: NEXT_PUBLIC_CONVEX_URL)")
    .option("--gateway [path]", "with --curl: send it to the gateway, for an internal function")
    .option("--curl", "print the whole curl command for Convex's HTTP API")
    .addHelpText("after", `\nExample: npx countersign sign call webhooks:markEventProcessed --type mutation --args '{"eventId":"evt_1","provider":"polar"}' --curl`)
    .action(act<SignCallOptions>((context, options, name) => signOneCall(context, options, name as string)));
}

async function signOneCall(context: Context, options: SignCallOptions, given: string): Promise<Outcome> {
  const { terminal } = context;
  refuseSecretArguments(options, [given, options.args, options.idempotencyKey]);
  const [name, type] = [functionName(given), functionType(options.type)];
  oneOnStdin([options.secretStdin === true ? "--secret-stdin" : undefined, options.argsFile === "-" ? "--args-file -" : undefined]);
  const around = surroundings(context, options);
  const values = loadConvexValues(around);
  const args = parseArguments(await argumentsText(context, options), values);
  if (Object.hasOwn(args, "countersign")) throw new CliError("The argument `countersign` is where the token goes.", "Leave it out of the arguments.");
  const { url, audience } = deployment(options, around);
  const secret = await signingSecret(context, options, around.environment);
  const { idempotencyKey } = options;
  const now = Date.now();
  const { keyring, keys } = openNamedKeyring([secret]);
  try {
    const token = mistaken(() => signCall(keyring, { audience, type, name, args, now, idempotencyKey }));
    const curl = options.curl === true ? curlFor({ url, type, name, args: values.convexToJson(args) as Arguments, token, idempotencyKey, gateway: options.gateway }) : undefined;
    terminal.line(curl ?? token);
    terminal.notice(`${terminal.colours.dim("·")} Signed with ${secret.variable} (${secret.source}), key ${keys[0]?.keyId}, for ${audience}. It is good once, within ${WINDOW_S} seconds of now.${curl === undefined ? "" : ` ${forWhichShell}`}`);
    return { status: 0, report: { token, keyId: keys[0]?.keyId, variable: secret.variable, audience, type, name, issuedAt: now, ...(curl === undefined ? {} : { curl }) } };
  } finally {
    keyring.free();
  }
}

/** Where the call goes, and whom it is signed for: the same, unless the deployment knows itself by another URL. */
function deployment(options: SignCallOptions, { environment }: Surroundings): { url: string; audience: string } {
  const url = options.url ?? environment.get("NEXT_PUBLIC_CONVEX_URL")?.value ?? options.audience;
  if (url === undefined || url === "") throw new CliError("The call is signed for one deployment, and NEXT_PUBLIC_CONVEX_URL is not set here.", "npx convex dev writes it into .env.local; or give --audience https://happy-animal-123.convex.cloud.");
  const origin = mistaken(() => originOfDeployment(url));
  return { url: url.replace(/\/$/, ""), audience: options.audience === undefined ? origin : normalizeAudience(options.audience) };
}

interface SentCall {
  url: string;
  type: string;
  name: string;
  args: Arguments;
  token: string;
  idempotencyKey: string | undefined;
  gateway: string | true | undefined;
}

function curlFor({ url, type, name, args, token, idempotencyKey, gateway }: SentCall): string {
  const countersign = idempotencyKey === undefined ? token : { token, idempotencyKey };
  const [path, sent] = gateway === undefined ? [name, { ...args, countersign }] : [`${gateway === true ? "gateway" : gateway}:${type}`, { name, args, countersign }];
  const body = JSON.stringify({ path, args: sent, format: "json" });
  return curlCommand({ method: "POST", url: `${url}/api/${type}`, headers: [["content-type", "application/json"]], body: { text: body } });
}
