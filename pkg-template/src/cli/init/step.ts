/** One thing that must be so in the end. */
export interface Step {
  /** Stable, for `--json`. */
  id: "gitignore" | "env_file" | "convex_dev" | "convex_prod" | "config" | "guards" | "example_function" | "example_route";
  /** `done`: it is so already. `cannot`: a person has to look at it. */
  state: "done" | "to_do" | "cannot";
  /** What will be done, or is so already: a sentence. */
  title: string;
  /** The same once it is done, if that is said differently. */
  afterwards?: string;
  /** Why it cannot be done, or what else there is to know. */
  note?: string;
  /** What a person does about it, for a paste. */
  fix?: string;
  /** The change of a file, as a unified diff; no file that may hold a secret has one. */
  diff?: string;
  /** Asked before it is done. Steps with the same question are one thing. */
  question?: string;
  /** Does it, or throws; it may be done again after it threw. */
  run?: () => Promise<void>;
  /** Steps without which this one is not done. */
  needs?: readonly Step["id"][];
}

/** What became of a step. */
export interface Outcome {
  step: Step;
  /** `declined`: the answer was no. `skipped`: one that it needs is missing. `failed`: it was tried. */
  result: "already_done" | "done" | "cannot" | "declined" | "skipped" | "failed" | "not_done";
}
