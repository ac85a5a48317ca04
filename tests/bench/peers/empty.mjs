/** What loading and calling cost by themselves. */
export function verify() {
  return true;
}
