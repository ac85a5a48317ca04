import type { Command } from "../vendor/args.js";
import { signWebhook } from "../../webhooks/index.js";
import type { Act, Context, Outcome } from "../command.js";
import { CliError } from "../errors.js";
import { curlCommand, forWhichShell } from "./curl.js";
import { addPlaceOptions, surroundings } from "./environment.js";
import type { PlaceOptions } from "./environment.js";
import type { HeaderField } from "./input.js";
import { oneOnStdin, parseTime, parseUrl, readData } from "./input.js";
import { mistaken } from "./mistakes.js";
import { addSchemeOption, readProvider, webhookSecrets } from "./providers.js";
import type { SchemeOption } from "./providers.js";
import { addSecretOptions, refuseSecretArguments } from "./secrets.js";
import type { SecretOptions } from "./secrets.js";

interface SignWebhookOptions extends SecretOptions, SchemeOption, PlaceOptions {
  data?: string;
  id?: string;
  timestamp?: string;
  event?: string;
  url?: string;
  curl?: string;
}

export function registerSignWebhook(sign: Command, act: Act): void {
  const command = sign.command("webhook <provider>").description("signs a delivery as a provider does, and prints its header lines");
  addPlaceOptions(addSchemeOption(addSecretOptions(command, "the provider's usual one if left out")))
    .option("--data <file>", "the body: a file, or stdin with -")
    .option("--id <id>", "the delivery's id, where a header has it (default: a new one)")
    .option("--timestamp <time>", "when it was sent: milliseconds since 1970, or a date with its zone (default: now)")
    .option("--event <name>", "the event's name, for providers that have a header for it")
    .option("--url <url>", "qstash: the address that the message is sent to")
    .option("--curl <url>", "print the curl command that delivers it there")
    .addHelpText("after", "\nExample: npx countersign sign webhook stripe --data event.json --curl http://localhost:3000/api/webhooks/stripe")
    .action(act<SignWebhookOptions>((context, options, provider) => signOneDelivery(context, options, provider as string)));
}

async function signOneDelivery(context: Context, options: SignWebhookOptions, given: string): Promise<Outcome> {
  const { terminal } = context;
  const { data, id, event } = options;
  refuseSecretArguments(options, [given, id, event, options.scheme]);
  const provider = readProvider(given, options);
  const timestamp = options.timestamp === undefined ? Date.now() : parseTime(options.timestamp, "--timestamp");
  const to = options.curl === undefined ? undefined : parseUrl(options.curl, "What stands behind --curl").href;
  const url = options.url ?? (given === "qstash" ? to : undefined);
  if (data === undefined) throw new CliError("The body is what is signed.", "Give --data event.json, or --data - and the body on stdin.");
  oneOnStdin([options.secretStdin === true ? "--secret-stdin" : undefined, data === "-" ? "--data -" : undefined]);
  const { environment } = surroundings(context, options);
  const body = await readData(context, data, "the body");
  const secrets = await webhookSecrets(context, provider, options, environment);
  const secret = secrets.map(({ value }) => value);
  const headers: HeaderField[] = mistaken(() => signWebhook(provider.provider, { secret, body, timestamp, id, event, url }));
  const curl = to === undefined ? undefined : curlCommand({ method: "POST", url: to, headers: [["content-type", "application/json"], ...headers], body: { file: data } });
  terminal.line(curl ?? headers.map(([name, value]) => `${name}: ${value}`).join("\n"));
  terminal.notice(`${terminal.colours.dim("·")} Signed as ${given} signs, with ${secrets.map(({ variable, source }) => `${variable} (${source})`).join(" and ")}.${curl === undefined ? "" : ` ${forWhichShell}`}`);
  return { status: 0, report: { provider: given, headers, timestamp, variables: secrets.map(({ variable }) => variable), ...(curl === undefined ? {} : { curl }) } };
}
