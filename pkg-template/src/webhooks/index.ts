/**
 * Webhooks, verified by the same code as everything else.
 *
 * @module
 */
export { CountersignError } from "../index.js";
