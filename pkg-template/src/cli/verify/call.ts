import { normalizeAudience } from "../../convex/audience.js";
import type { Act, Context, Outcome } from "../command.js";
import { CliError } from "../errors.js";
import { argumentsText, canonicalName, functionType, loadConvexValues, parseArguments } from "../sign/arguments.js";
import type { Arguments } from "../sign/arguments.js";
import type { CallOptions } from "../sign/call.js";
import { addCallOptions } from "../sign/call.js";
import { addPlaceOptions, surroundings } from "../sign/environment.js";
import type { PlaceOptions } from "../sign/environment.js";
import { oneOnStdin, readData, withoutLineEnd } from "../sign/input.js";
import { mistaken } from "../sign/mistakes.js";
import { addSecretOptions, namedSecrets, openNamedKeyring, projectSecrets, refuseSecretArguments } from "../sign/secrets.js";
import type { SecretOptions } from "../sign/secrets.js";
import type { Command } from "../vendor/args.js";
import { judgeCall } from "./judge.js";
import { addJudgeOptions, windowOf } from "./options.js";
import type { JudgeOptions } from "./options.js";
import { show } from "./show.js";

const WINDOW_S = 60;

interface VerifyCallOptions extends CallOptions, SecretOptions, PlaceOptions, JudgeOptions {
  tokenFile?: string;
}

export function registerVerifyCall(verify: Command, act: Act): void {
  const command = verify.command("call <function> [token]").description("shows each check of a signed call; the token may also come on stdin, or as the argument `countersign`");
  addJudgeOptions(addPlaceOptions(addSecretOptions(addCallOptions(command), "all of the project's if left out; several times")), WINDOW_S)
    .option("--token-file <file>", "the token from a file, or from stdin with -")
    .addHelpText("after", `\nExample: npx countersign verify call webhooks:markEventProcessed --type mutation --args '{"eventId":"evt_1"}' --now 2026-11-22T08:30:00Z --explain < token.txt`)
    .action(act<VerifyCallOptions>((context, options, name, token) => verifyOneCall(context, options, name as string, token)));
}

async function verifyOneCall(context: Context, options: VerifyCallOptions, name: string, given: string | undefined): Promise<Outcome> {
  refuseSecretArguments(options, [name, given, options.args, options.idempotencyKey]);
  const type = functionType(options.type);
  const window = windowOf(options, WINDOW_S);
  const around = surroundings(context, options);
  const args = parseArguments(await argumentsText(context, options), loadConvexValues(around));
  const inArgs = takeToken(args);
  if (given !== undefined && options.tokenFile !== undefined) throw new CliError("The token is given twice.", "Give it as an argument, or with --token-file.");
  const fromStdin = given === undefined && inArgs === undefined && (options.tokenFile ?? "-") === "-";
  oneOnStdin([fromStdin ? "The token" : undefined, options.secretStdin === true ? "--secret-stdin" : undefined, options.argsFile === "-" ? "--args-file -" : undefined]);
  const token = given ?? (inArgs !== undefined && options.tokenFile === undefined ? inArgs.token : withoutLineEnd((await readData(context, options.tokenFile ?? "-", "the token")).toString("utf8")));
  const idempotencyKey = options.idempotencyKey ?? inArgs?.idempotencyKey;
  const audience = audienceOf(options.audience ?? around.environment.get("NEXT_PUBLIC_CONVEX_URL")?.value);
  const secrets = (await namedSecrets(context, options, around.environment)) ?? projectSecrets(context, around.environment);
  const { keyring, keys } = openNamedKeyring(secrets);
  try {
    const verdict = mistaken(() => judgeCall(keyring, token, { audience, type, name, args, idempotencyKey, ...window }));
    const notes = ["Whether it was used before, only the deployment knows. What its guard allows this caller is not looked at either."];
    const outcome = show(context, verdict, { kind: "call", now: window.now, tried: keys, notes, explain: options.explain === true });
    const other = canonicalName(name);
    if (verdict.code === "signature_invalid" && other !== undefined) context.terminal.notice(`${context.terminal.colours.yellow("!")} Convex names a function otherwise: this one is ${other}.`);
    return outcome;
  } finally {
    keyring.free();
  }
}

interface CarriedToken {
  token: string;
  idempotencyKey: string | undefined;
}

/** The token as it travels: the argument `countersign`, which is not among those that are signed. */
function takeToken(args: Arguments): CarriedToken | undefined {
  const { countersign } = args;
  if (countersign === undefined) return undefined;
  delete args["countersign"];
  if (typeof countersign === "string") return { token: countersign, idempotencyKey: undefined };
  const { token, idempotencyKey } = (typeof countersign === "object" ? countersign : {}) as Record<string, unknown>;
  if (typeof token === "string" && (idempotencyKey === undefined || typeof idempotencyKey === "string")) return { token, idempotencyKey };
  throw new CliError("The argument `countersign` is no token, nor an object of a token and an idempotencyKey.");
}

function audienceOf(given: string | undefined): string {
  if (given === undefined || given === "") throw new CliError("A call is signed for one deployment, and NEXT_PUBLIC_CONVEX_URL is not set here.", "Give --audience https://happy-animal-123.convex.cloud.");
  return normalizeAudience(given);
}
