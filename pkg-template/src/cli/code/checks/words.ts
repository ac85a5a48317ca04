/** A name for a message: what has the form of a secret is left out. */
export function safeText(name: string): string {
  return /^[\w.$-]{1,40}$/.test(name) && !name.includes("csk_") ? name : "…";
}
