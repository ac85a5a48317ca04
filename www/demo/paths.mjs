import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const www = dirname(dirname(fileURLToPath(import.meta.url)));
export const root = dirname(www);
export const tarball = join(root, ".cache", "countersign.tgz");
