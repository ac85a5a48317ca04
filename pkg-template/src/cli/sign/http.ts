import type { Command } from "../vendor/args.js";
import { isLoopback } from "../../client/deployment.js";
import { signMessage } from "../../http/index.js";
import type { Act, Context, Outcome } from "../command.js";
import { CliError } from "../errors.js";
import { curlCommand, forWhichShell } from "./curl.js";
import { addPlaceOptions, surroundings } from "./environment.js";
import type { PlaceOptions } from "./environment.js";
import type { HeaderField } from "./input.js";
import { oneOnStdin, parseHeader, parseUrl, readData, several } from "./input.js";
import { mistaken } from "./mistakes.js";
import { addSecretOptions, openNamedKeyring, refuseSecretArguments, signingSecret } from "./secrets.js";
import type { SecretOptions } from "./secrets.js";

/** The window of routes, unless they were given another. */
const WINDOW_S = 300;

interface SignHttpOptions extends SecretOptions, PlaceOptions {
  header?: readonly string[];
  data?: string;
  audience?: string;
  cover?: readonly string[];
  curl?: boolean;
}

export function registerSignHttp(sign: Command, act: Act): void {
  const command = sign.command("http <method> <url>").description("signs an HTTP request (RFC 9421), and prints the header lines to add");
  addPlaceOptions(addSecretOptions(command, "COUNTERSIGN_SECRET if left out"))
    .option("-H, --header <line>", "a header of the request, 'name: value'; several times", several)
    .option("--data <file>", "the body: a file, or stdin with -")
    .option("--audience <url>", "the origin that the receiver knows itself by (default: that of the URL)")
    .option("--cover <component>", "sign this as well: the name of a header that was given; several times", several)
    .option("--curl", "print the whole curl command")
    .addHelpText("after", "\nExample: npx countersign sign http POST https://app.example/api/orders -H 'content-type: application/json' --data order.json --curl")
    .action(act<SignHttpOptions>((context, options, method, url) => signOneRequest(context, options, method as string, url as string)));
}

async function signOneRequest(context: Context, options: SignHttpOptions, givenMethod: string, givenUrl: string): Promise<Outcome> {
  const { terminal } = context;
  refuseSecretArguments(options, [givenMethod, givenUrl]);
  // fetch writes these in capitals, whatever they were given as.
  const method = /^(delete|get|head|options|patch|post|put)$/i.test(givenMethod) ? givenMethod.toUpperCase() : givenMethod;
  const url = destination(givenUrl);
  const headers = (options.header ?? []).map(parseHeader);
  oneOnStdin([options.secretStdin === true ? "--secret-stdin" : undefined, options.data === "-" ? "--data -" : undefined]);
  const { environment } = surroundings(context, options);
  const body = options.data === undefined ? new Uint8Array(0) : await readData(context, options.data, "the body");
  const secret = await signingSecret(context, options, environment);
  const { keyring, keys } = openNamedKeyring([secret]);
  try {
    const audience = options.audience ?? url.origin;
    const message = { method, target: url.pathname + url.search, headers, body, audience };
    const fields = mistaken(() => signMessage(keyring, message, { components: options.cover ?? [] }));
    const curl = options.curl === true ? curlCommand({ method, url: url.href, headers: withFields(headers, fields), body: body.length === 0 ? undefined : { file: options.data as string } }) : undefined;
    terminal.line(curl ?? fields.map(([name, value]) => `${name}: ${value}`).join("\n"));
    const { dim, yellow } = terminal.colours;
    if (url.href !== givenUrl && url.href !== `${givenUrl}/`) terminal.notice(`${yellow("!")} Send it to exactly this URL, for which it is signed: ${url.href}`);
    terminal.notice(`${dim("·")} Signed with ${secret.variable} (${secret.source}), key ${keys[0]?.keyId}, for ${audience}. It is good once, within ${WINDOW_S} seconds of now.${curl === undefined ? "" : ` ${forWhichShell}`}`);
    return { status: 0, report: { headers: fields, method, url: url.href, keyId: keys[0]?.keyId, variable: secret.variable, audience, ...(curl === undefined ? {} : { curl }) } };
  } finally {
    keyring.free();
  }
}

/** A signature's fields are in the place of any before. */
function withFields(headers: readonly HeaderField[], fields: readonly HeaderField[]): HeaderField[] {
  const set = fields.map(([name]) => name.toLowerCase());
  return [...headers.filter(([name]) => !set.includes(name.toLowerCase())), ...fields];
}

/** The URL as signedFetch sends it: Next.js writes every query so before a route sees it. */
function destination(given: string): URL {
  const url = parseUrl(given, "What stands behind the method");
  if (url.protocol !== "https:" && !isLoopback(url.hostname)) throw new CliError(`${url.origin} is not encrypted, and whoever sees a signed request can send it again.`, "Use its https URL; http is for this machine only.");
  url.hash = "";
  url.search = url.searchParams.toString();
  return url;
}
