// Installs a package of Debian's or Ubuntu's where that is possible without asking anybody.

import { existsSync } from "node:fs";
import { BuildError, attempt, step } from "../../pkg-template/build/process.mjs";

/**
 * @param {string} name the package
 * @param {string} missing what there is not, as a sentence
 * @param {string} how what a person can do instead, as a sentence
 */
export async function aptInstall(name, missing, how) {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !existsSync("/usr/bin/apt-get")) throw new BuildError(`${missing} ${how}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await step(`installing ${name} with apt-get (about a minute, once)`, async () => {
    for (const args of [["update"], ["install", "-y", "--no-install-recommends", name]]) {
      const result = await attempt("apt-get", args, { env });
      if (result.code !== 0) throw new BuildError(`apt-get ${args.join(" ")}: ${result.problem}\n${result.stderr}\n${how}`);
    }
  });
}
