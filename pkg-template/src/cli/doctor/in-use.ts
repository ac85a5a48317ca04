import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnvFile, readEnvFile } from "../environment/index.js";
import type { Environment } from "../command.js";
import type { ConvexPart } from "../project/index.js";

/** The deployment that the convex CLI is set to, as far as variables and files say. */
export interface InUse {
  /** Where that stands, for people: `CONVEX_DEPLOYMENT`. */
  from: string;
  /** `happy-animal-123`, in the cloud. */
  name?: string;
  /** Its URL: of a self-hosted one and of a local one. */
  url?: string;
  /** It runs on this machine, by `npx convex dev`. */
  isLocal: boolean;
}

/** As the convex CLI looks: the environment, then .env.local and .env of the package with convex/. */
export function deploymentInUse(convex: ConvexPart, environment: Environment): InUse | undefined {
  const files = [".env.local", ".env"].map((name) => readEnvFile(join(convex.folder, name))?.text ?? "").map((text) => new Map(parseEnvFile(text).entries.map((entry) => [entry.name, entry.value])));
  const get = (name: string): string | undefined => [environment[name], ...files.map((file) => file.get(name))].find((value) => value !== undefined && value !== "");
  const key = get("CONVEX_DEPLOY_KEY") ?? get("CONVEX_DEPLOYMENT_TOKEN");
  if (key !== undefined) {
    // dev:happy-animal-123|... ; keys of projects and of previews name no deployment.
    const [, name] = /^(?:dev|prod|preview):([a-z\d-]+)\|/.exec(key) ?? [];
    return name === undefined ? undefined : { from: "CONVEX_DEPLOY_KEY", name, isLocal: false };
  }
  const selfHosted = get("CONVEX_SELF_HOSTED_URL");
  if (selfHosted !== undefined) return { from: "CONVEX_SELF_HOSTED_URL", url: selfHosted, isLocal: false };
  const deployment = get("CONVEX_DEPLOYMENT");
  if (deployment === undefined) return undefined;
  const from = "CONVEX_DEPLOYMENT";
  const name = deployment.split(":").at(-1) as string;
  if (!/^(?:local|anonymous):/.test(deployment) && !/^(?:local|anonymous)-/.test(name)) return { from, name, isLocal: false };
  const url = localUrl(convex.folder);
  return { from, isLocal: true, ...(url === undefined ? {} : { url }) };
}

/** What the CLI keeps of a local deployment, in the project since 1.31. */
function localUrl(folder: string): string | undefined {
  const path = join(folder, ".convex/local/default/config.json");
  if (!existsSync(path)) return undefined;
  const { ports } = JSON.parse(readFileSync(path, "utf8")) as { ports?: { cloud?: unknown } };
  return typeof ports?.cloud === "number" ? `http://127.0.0.1:${ports.cloud}` : undefined;
}
