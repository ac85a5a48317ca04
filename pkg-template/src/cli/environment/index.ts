export { removeVariable, setVariable } from "./edit.js";
export type { Mode, NextEnvironment, NextVariable, Source } from "./next.js";
export { nextEnvFiles, readEnvFile, readNextEnvironment } from "./next.js";
export type { EnvEntry, EnvFile } from "./parse.js";
export { parseEnvFile } from "./parse.js";
export { writePrivately } from "./write.js";
