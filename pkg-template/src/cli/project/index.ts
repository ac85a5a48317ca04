export type { ProjectOptions } from "./options.js";
export { addProjectOptions } from "./options.js";
export type { PackageManager } from "./manager.js";
export { installWords, runWords } from "./manager.js";
export { findInstalled, findProject } from "./find.js";
export type { ConvexPart, NextPart, Project } from "./find.js";
