export { confirm, isCancel, password } from "@clack/prompts";
export { default as colours } from "picocolors";
