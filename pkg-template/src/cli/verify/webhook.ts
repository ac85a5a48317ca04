import type { Act, Context, Outcome } from "../command.js";
import { CliError } from "../errors.js";
import { addPlaceOptions, surroundings } from "../sign/environment.js";
import type { PlaceOptions } from "../sign/environment.js";
import type { HeaderField } from "../sign/input.js";
import { oneOnStdin, parseHeader, readData, several } from "../sign/input.js";
import { mistaken } from "../sign/mistakes.js";
import { addSchemeOption, readProvider, webhookSecrets } from "../sign/providers.js";
import type { SchemeOption } from "../sign/providers.js";
import { addSecretOptions, refuseSecretArguments } from "../sign/secrets.js";
import type { SecretOptions } from "../sign/secrets.js";
import type { Command } from "../vendor/args.js";
import { judgeWebhook } from "./judge.js";
import { addJudgeOptions, windowOf } from "./options.js";
import type { JudgeOptions } from "./options.js";
import { readMessage } from "./raw-message.js";
import { show } from "./show.js";

const WINDOW_S = 300;

interface VerifyWebhookOptions extends SecretOptions, PlaceOptions, JudgeOptions, SchemeOption {
  message?: string;
  header?: readonly string[];
  data?: string;
  url?: string;
}

export function registerVerifyWebhook(verify: Command, act: Act): void {
  const command = verify.command("webhook <provider>").description("shows each check of a provider's delivery: a whole message, on stdin or in a file, or its headers and body");
  addJudgeOptions(addPlaceOptions(addSchemeOption(addSecretOptions(command, "the provider's usual one if left out; several times"))), WINDOW_S)
    .option("--message <file>", "the request: its first line, headers, an empty line, the body")
    .option("-H, --header <line>", "instead of a message: a header, 'name: value'; several times", several)
    .option("--data <file>", "instead of a message: the body, a file or stdin with -")
    .option("--url <url>", "qstash: the address that the message was sent to")
    .addHelpText("after", "\nExample: npx countersign verify webhook stripe -H 'stripe-signature: t=1700000000,v1=...' --data event.json --now 2023-11-14T22:13:20Z")
    .action(act<VerifyWebhookOptions>((context, options, provider) => verifyOneDelivery(context, options, provider as string)));
}

async function verifyOneDelivery(context: Context, options: VerifyWebhookOptions, given: string): Promise<Outcome> {
  refuseSecretArguments(options, [given, options.scheme]);
  const provider = readProvider(given, options);
  const window = windowOf(options, WINDOW_S);
  if (given === "qstash" && options.url === undefined) throw new CliError("QStash signs the address too.", "Give --url with the address that the message was sent to, as QStash was told it.");
  const { headers, body, note } = await readGiven(context, options);
  if (note !== undefined) context.terminal.notice(`${context.terminal.colours.dim("·")} ${note}`);
  const secrets = await webhookSecrets(context, provider, options, surroundings(context, options).environment);
  const verdict = mistaken(() => judgeWebhook(provider.provider, { secret: secrets.map(({ value }) => value), headers, body, url: options.url, ...window }));
  const tried = secrets.map(({ variable, source }) => ({ variable, source }));
  const { id, event, idempotencyKey } = verdict.found ?? {};
  const notes = verdict.found === undefined ? [] : [`Its id is ${id}${event === undefined ? "" : `, its event ${event}`}, its idempotency key ${idempotencyKey}.`];
  const outcome = show(context, verdict, { kind: "webhook", now: window.now, tried, notes, explain: options.explain === true });
  return verdict.found === undefined ? outcome : { ...outcome, report: { ...outcome.report, found: verdict.found } };
}

async function readGiven(context: Context, options: VerifyWebhookOptions): Promise<{ headers: HeaderField[]; body: Uint8Array; note?: string }> {
  const { message, header, data } = options;
  const inParts = header !== undefined || data !== undefined;
  if (inParts && message !== undefined) throw new CliError("--message is a whole message, and the other options are parts of one.", "Give one of them.");
  oneOnStdin([!inParts && (message ?? "-") === "-" ? "The message" : undefined, data === "-" ? "--data -" : undefined, options.secretStdin === true ? "--secret-stdin" : undefined]);
  if (inParts) {
    if (data === undefined) throw new CliError("The body is what is signed.", "Give --data event.json, or --data - and the body on stdin.");
    return { headers: (header ?? []).map(parseHeader), body: await readData(context, data, "the body") };
  }
  const { request, note } = readMessage(await readData(context, message ?? "-", "the message"), "The message");
  if (request === undefined) throw new CliError("This is a response, and a delivery is a request.");
  return { ...request, ...(note === undefined ? {} : { note }) };
}
