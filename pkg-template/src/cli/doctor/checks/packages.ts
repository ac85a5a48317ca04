import { finding } from "../codes.js";
import type { Check, Facts } from "../facts.js";
import type { Finding } from "../finding.js";
import { findInstalled } from "../../project/index.js";
import { importer, sourceFiles } from "../sources.js";

/** Whether the packages are there, new enough, and the same on both sides. */
export const packages: Check = async (facts) => [...tooOld(facts), ...(await own(facts))];

const oldest = { convex: [1, 37], next: [15, 0], node: [20, 19] } as const;

function tooOld({ project: { next, convex }, relative, nodeVersion, words }: Facts): Finding[] {
  const found: Finding[] = [];
  if (convex?.version !== undefined && isBelow(convex.version, oldest.convex)) {
    found.push(finding("convex_too_old", { where: manifest(relative(convex.folder)), message: `convex ${convex.version} is installed, and the guards need 1.37.`, fix: words.install("convex@latest", convex.folder) }));
  }
  if (next?.version !== undefined && isBelow(next.version, oldest.next)) {
    found.push(finding("next_too_old", { where: manifest(relative(next.folder)), message: `next ${next.version} is installed, and countersign/next needs 15.`, fix: words.install("next@latest", next.folder) }));
  }
  if (isBelow(nodeVersion, oldest.node)) found.push(finding("node_too_old", { where: "Node.js", message: `This is Node.js ${nodeVersion}.`, fix: "nvm install 22 && nvm use 22" }));
  return found;
}

const manifest = (folder: string) => (folder === "." ? "package.json" : `${folder}/package.json`);

function isBelow(version: string, [major, minor]: readonly [number, number]): boolean {
  const [, hasMajor, hasMinor] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  if (hasMajor === undefined || hasMinor === undefined) return false;
  return Number(hasMajor) < major || (Number(hasMajor) === major && Number(hasMinor) < minor);
}

async function own(facts: Facts): Promise<Finding[]> {
  const { project, relative, words } = facts;
  const parts = [project.next, project.convex].flatMap((part) => (part === undefined ? [] : [{ folder: part.folder, version: findInstalled(part.folder, "countersign")?.version }]));
  const found: Finding[] = [];
  for (const [index, { folder, version }] of parts.entries()) {
    if (version !== undefined || parts.findIndex((part) => part.folder === folder) !== index) continue;
    const user = await importer(folder === project.convex?.folder ? await sourceFiles(project.convex.functions) : await sourceFiles(folder), /\bfrom\s+["']countersign(?:\/[\w.]+)?["']/);
    if (user === undefined) continue;
    found.push(
      finding("package_missing", {
        where: manifest(relative(folder)),
        message: `${relative(user)} imports countersign, which is not installed for ${manifest(relative(folder))}.`,
        fix: words.install("countersign", folder),
      }),
    );
  }
  const [next, convex] = parts;
  if (next?.version !== undefined && convex?.version !== undefined && next.version !== convex.version) {
    const older = isOlder(next.version, convex.version) ? next : convex;
    found.push(
      finding("version_differs", {
        where: manifest(relative(older.folder)),
        message: `The Next.js app has countersign ${next.version}, and the package with convex/ has ${convex.version}.`,
        fix: words.install(`countersign@${older === next ? convex.version : next.version}`, older.folder),
      }),
    );
  }
  return found;
}

function isOlder(a: string, b: string): boolean {
  const parts = (version: string) => version.split(/[.-]/).map(Number);
  const [left, right] = [parts(a), parts(b)];
  const at = left.findIndex((part, index) => part !== right[index]);
  return at !== -1 && (left[at] as number) < (right[at] ?? 0);
}
