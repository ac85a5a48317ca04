// The packages in this folder are put into the package when it is built (with their licences), so that users install none of them.
export { Command, CommanderError, Option } from "commander";
