// Next's edge runtime, where code from strings and WebAssembly from bytes are both refused.
import { host, runChild, versionOf } from "../lib.mjs";

export default { name: "edge-runtime", version: versionOf("@edge-runtime/vm"), run: () => runChild(process.execPath, [host("edge")]) };
