import { hmac } from "../../webhooks/index.js";
import type { HmacOptions, WebhookProvider } from "../../webhooks/index.js";
import { schemeOf } from "../../webhooks/providers.js";
import { usualVariables } from "../../webhooks/variables.js";
import type { Context } from "../command.js";
import { CliError } from "../errors.js";
import type { Command } from "../vendor/args.js";
import type { Variable } from "./environment.js";
import { mistaken } from "./mistakes.js";
import { namedSecrets, secretOf } from "./secrets.js";
import type { FoundSecret, SecretOptions } from "./secrets.js";

/** A provider, and where its secret usually is. */
export interface Provider {
  name: string;
  provider: WebhookProvider;
  /** What a secret of it looks like. */
  secret: string;
}

export interface SchemeOption {
  scheme?: string;
}

/** Adds the option that describes a provider without a name. */
export function addSchemeOption(command: Command): Command {
  return command.option("--scheme <json>", `with the provider hmac: how it signs, for example '{"header":"x-acme-signature","encoding":"hex"}'`);
}

/** Reads which provider it is. */
export function readProvider(name: string, { scheme }: SchemeOption): Provider {
  if (name !== "hmac") {
    if (scheme !== undefined) throw new CliError("--scheme describes a provider that has no name here.", "Give hmac for the provider.");
    if (!Object.hasOwn(variables, name)) throw new CliError(`There is no such provider. There are: ${Object.keys(variables).join(", ")}.`, "hmac takes --scheme, which describes any other that signs with HMAC-SHA256.");
    return { name, provider: name as WebhookProvider, secret: schemeOf(name).secret };
  }
  if (scheme === undefined) throw new CliError("The provider hmac needs --scheme, which says how it signs: what hmac() takes, as JSON.", `For example --scheme '{"header":"x-acme-signature","encoding":"hex"}'.`);
  let options: unknown;
  try {
    options = JSON.parse(scheme);
  } catch {
    throw new CliError("--scheme is not JSON.", `For example --scheme '{"header":"x-acme-signature","encoding":"hex"}'.`);
  }
  const provider = mistaken(() => hmac(options as HmacOptions));
  return { name, provider, secret: schemeOf(provider).secret };
}

/** Where the secrets usually are; also of a provider that has no name here. */
const variables: Readonly<Record<string, readonly string[]>> = { ...usualVariables, hmac: ["WEBHOOK_SECRET"] };

/** The secrets that were named, or those in the provider's usual variables. */
export async function webhookSecrets(context: Context, { name }: Provider, options: SecretOptions, environment: ReadonlyMap<string, Variable>): Promise<FoundSecret[]> {
  const named = await namedSecrets(context, options, environment);
  if (named !== undefined) return named;
  const usual = variables[name] ?? [];
  const found = usual.flatMap((variable) => secretOf(context, environment, variable) ?? []);
  if (found.length > 0) return found;
  throw new CliError(`${usual[0]} is not set here, neither in the environment nor in an .env file that Next.js reads.`, "Name the variable that holds this provider's secret with --var, or pipe it in with --secret-stdin.");
}
