// The versions of Node.js that are measured, and how a program is run in one.

import { run } from "../../../pkg-template/build/process.mjs";
import { nodeBinary, nodeVersion } from "../../conformance/lib.mjs";

/** @typedef {{ version: string, binary: string }} NodeVersion */

/** @param {readonly number[]} majors @returns {NodeVersion[]} */
export const installedNodes = (majors) => majors.map((major) => ({ version: nodeVersion(major), binary: nodeBinary(major) }));

/** @type {NodeVersion} */
export const thisNode = { version: process.versions.node, binary: process.execPath };

/** What a script prints as JSON. @param {NodeVersion} node @param {URL} script @param {readonly string[]} args @param {readonly string[]} [flags] @returns {Promise<any>} */
export async function runIn({ binary }, script, args, flags = []) {
  // Nobody's flags but ours.
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { stdout } = await run(binary, [...flags, script.pathname, ...args], { env });
  return JSON.parse(stdout);
}
