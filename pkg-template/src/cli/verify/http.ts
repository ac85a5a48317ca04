import type { RequestMessage, ResponseMessage } from "../../http/index.js";
import type { Act, Context, Outcome } from "../command.js";
import { CliError } from "../errors.js";
import { addPlaceOptions, surroundings } from "../sign/environment.js";
import type { PlaceOptions, Surroundings } from "../sign/environment.js";
import { oneOnStdin, parseHeader, parseUrl, readData, several } from "../sign/input.js";
import { mistaken } from "../sign/mistakes.js";
import { addSecretOptions, namedSecrets, openNamedKeyring, projectSecrets, refuseSecretArguments } from "../sign/secrets.js";
import type { SecretOptions } from "../sign/secrets.js";
import type { Command } from "../vendor/args.js";
import { judgeMessage } from "./judge.js";
import { addJudgeOptions, windowOf } from "./options.js";
import type { JudgeOptions } from "./options.js";
import { readMessage } from "./raw-message.js";
import type { RawMessage, RawRequest } from "./raw-message.js";
import { show } from "./show.js";

const WINDOW_S = 300;

interface VerifyHttpOptions extends SecretOptions, PlaceOptions, JudgeOptions {
  message?: string;
  request?: string;
  method?: string;
  url?: string;
  header?: readonly string[];
  data?: string;
  audience?: string;
}

export function registerVerifyHttp(verify: Command, act: Act): void {
  const command = verify.command("http").description("shows each check of a signed HTTP request or response: a whole message, on stdin or in a file");
  addJudgeOptions(addPlaceOptions(addSecretOptions(command, "all of the project's if left out; several times")), WINDOW_S)
    .option("--message <file>", "the message: request or status line, headers, an empty line, the body")
    .option("--request <file>", "with a response: the request that it answers, in the same form")
    .option("--method <method>", "instead of a message: the request's method (default: GET)")
    .option("--url <url>", "instead of a message: the request's URL")
    .option("-H, --header <line>", "instead of a message: a header, 'name: value'; several times", several)
    .option("--data <file>", "instead of a message: the body, a file or stdin with -")
    .option("--audience <url>", "the origin that the receiver knows itself by (default: that of --url, or SITE_URL)")
    .addHelpText("after", "\nExample: npx countersign verify http --message request.txt --audience https://app.example --now 2026-11-22T08:30:00Z --explain")
    .action(act<VerifyHttpOptions>((context, options) => verifyOneMessage(context, options)));
}

async function verifyOneMessage(context: Context, options: VerifyHttpOptions): Promise<Outcome> {
  refuseSecretArguments(options);
  const window = windowOf(options, WINDOW_S);
  const { request, response, note } = await readGiven(context, options);
  if (note !== undefined) context.terminal.notice(`${context.terminal.colours.dim("·")} ${note}`);
  const around = surroundings(context, options);
  const audience = audienceOf(options, around);
  const secrets = (await namedSecrets(context, options, around.environment)) ?? projectSecrets(context, around.environment);
  let message: RequestMessage | ResponseMessage;
  if (response !== undefined) message = { ...response, request: { ...(await answered(context, options)), audience } };
  else message = { ...(request as RawRequest), audience };
  const { keyring, keys } = openNamedKeyring(secrets);
  try {
    const verdict = mistaken(() => judgeMessage(keyring, message, window));
    const notes = response === undefined ? ["Whether it was used before, only the receiver's replay store knows."] : [];
    return show(context, verdict, { kind: response === undefined ? "request" : "response", now: window.now, tried: keys, notes, explain: options.explain === true });
  } finally {
    keyring.free();
  }
}

async function readGiven(context: Context, options: VerifyHttpOptions): Promise<RawMessage> {
  const { message, url, method, header, data, request } = options;
  const inParts = [method, url, header, data].some((part) => part !== undefined);
  if (inParts && message !== undefined) throw new CliError("--message is a whole message, and the other options are parts of one.", "Give one of them.");
  const stdin = { message: !inParts && (message ?? "-") === "-", data: data === "-", request: request === "-", secret: options.secretStdin === true };
  oneOnStdin([stdin.message ? "The message" : undefined, stdin.data ? "--data -" : undefined, stdin.request ? "--request -" : undefined, stdin.secret ? "--secret-stdin" : undefined]);
  if (!inParts) return readMessage(await readData(context, message ?? "-", "the message"), "The message");
  if (url === undefined) throw new CliError("A message in parts needs its --url.", "For example --method POST --url https://app.example/api/orders.");
  if (request !== undefined) throw new CliError("--request goes with a response, which is given as a whole message.");
  const body = data === undefined ? new Uint8Array(0) : await readData(context, data, "the body");
  return { request: { method: method ?? "GET", target: targetOf(url), headers: (header ?? []).map(parseHeader), body } };
}

async function answered(context: Context, options: VerifyHttpOptions): Promise<RawRequest> {
  const hint = "Give the request as it was sent, with --request request.txt: an answer is signed for one request.";
  if (options.request === undefined) throw new CliError("This is a response, and which request it answers is signed too.", hint);
  const { request } = readMessage(await readData(context, options.request, "the request"), "The request");
  if (request === undefined) throw new CliError("What --request names is a response.", hint);
  return request;
}

/** Path and query as they were given: whether they are in their one form is a part of the verdict. */
function targetOf(url: string): string {
  parseUrl(url, "What stands behind --url");
  const target = /^[a-z]+:\/\/[^/?#]*([^#]*)/i.exec(url)?.[1] ?? "";
  return target.startsWith("/") ? target : `/${target}`;
}

/** Never from a header of the message: the sender writes those. */
function audienceOf({ audience, url }: VerifyHttpOptions, { environment }: Surroundings): string {
  if (audience !== undefined) return audience;
  if (url !== undefined) return new URL(url).origin;
  const site = environment.get("SITE_URL")?.value;
  if (site !== undefined && site !== "") return parseUrl(site, "SITE_URL").origin;
  throw new CliError("A request is signed for one receiver, and it is not known here which.", "Give --audience with the origin that the receiver knows itself by, for example https://app.example.");
}
