// Changing HTTP messages, as somebody on their way would.

/** @typedef {import("../relay.mjs").Message} Message */

/** The value of a header. @param {Message} message @param {string} name */
export function header({ headers }, name) {
  return headers.find(([each]) => each.toLowerCase() === name)?.[1] ?? "";
}

/**
 * Applies a change, which must change something: otherwise the row would pass for the wrong reason.
 * @param {Message} message
 * @param {(message: Message) => Message} change
 */
export function alter(message, change) {
  const altered = change(message);
  if (same(message, altered)) throw new Error("nothing was changed");
  return altered;
}

export const withBody = (change) => (message) => ({ ...message, body: Buffer.from(change(message.body.toString("utf8"))) });
export const withHeader = (name, value) => (message) => ({ ...message, headers: message.headers.map(([each, was]) => [each, each.toLowerCase() === name ? value : was]) });
export const withoutHeader = (...names) => (message) => ({ ...message, headers: message.headers.filter(([each]) => !names.includes(each.toLowerCase())) });

/** Whether two messages are the same, byte for byte. */
function same(one, other) {
  const parts = ({ method, path, status, headers, body }) => JSON.stringify([method, path, status, headers, body.toString("base64")]);
  return parts(one) === parts(other);
}
