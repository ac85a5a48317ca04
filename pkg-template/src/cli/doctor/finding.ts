/** Something that is wrong, or soon will be. None of its texts holds a value. */
export interface Finding {
  /** Stable, in the words of www/docs/cli.md: `variable_differs`. */
  code: string;
  /** `error`: calls fail, or a secret is or may be known to others. `warning`: works today. Both end with exit status 1. */
  severity: "error" | "warning";
  /** A file with its line, relative to the project, or a side: `.env.local:3`, `Convex (dev)`. */
  where: string;
  /** What is wrong, in one sentence. */
  message: string;
  /** Why it matters, in one sentence. */
  why: string;
  /** The command or the edit that mends it. */
  fix: string;
  /** The environment variable it is about, if it is about one. */
  variable?: string;
  /** What `--fix` may do about it: only what loses nothing and opens nothing. */
  repair?: Repair;
}

export interface Repair {
  /** What is done, for the line that says so. */
  description: string;
  run(): Promise<void>;
}
