/**
 * A command that cannot go on: wrong usage, or something missing around it. Ends with exit status 2. Neither text may hold a secret.
 */
export class CliError extends Error {
  override readonly name = "CliError";
  /** What to do, if that can be said: a command, an option, a place to look. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** The user said no, or pressed Ctrl-C at a prompt. */
export class Cancelled extends CliError {
  constructor(message = "Stopped.") {
    super(message);
  }
}
