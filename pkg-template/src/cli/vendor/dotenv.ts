// The versions that Next.js has in it: others read `$` differently.
export { parse } from "dotenv";
export { expand } from "dotenv-expand";
