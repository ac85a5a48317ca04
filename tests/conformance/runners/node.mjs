// Node, by import and by require, from the files as they are installed.
import { file, nodeBinary, nodeVersion, runChild } from "../lib.mjs";

export default [20, 22, 24].flatMap((major) =>
  /** @type {const} */ ([["import", "main.mjs"], ["require", "main.cjs"]]).map(([kind, main]) => ({
    name: `node ${major} ${kind}`,
    version: nodeVersion(major),
    run: () => runChild(nodeBinary(major), [file(main)]),
  })),
);
