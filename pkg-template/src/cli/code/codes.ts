/** What every finding in code has in common with the others of its code. www/docs/cli-code.md is held to this list. */
export interface Kind {
  severity: "error" | "warning";
  /** What is found. */
  what: string;
  /** Why it matters. */
  why: string;
  /** How to mend it. A finding may say it with its own names. */
  fix: string;
}

export const kinds = {
  code_secret_compared: {
    severity: "error",
    what: "A secret is compared with `===`, `!==` or the like.",
    why: "The time it takes tells how much of a guess is right, and whoever is to be let in has to send the secret itself.",
    fix: "In Convex, `signedMutation` (or `signedQuery`, `signedAction`) instead of the comparison; as a drop-in, `requireSecret(args.secret)` of countersign/convex. Elsewhere, `verifySecret(candidate, expected)` of countersign.",
  },
  code_fails_open_unset: {
    severity: "error",
    what: "A secret that may be missing is compared with a variable that may be unset.",
    why: "Where the variable is not set, a call without a secret is let in: `undefined === undefined`.",
    fix: "`requireSecret(args.secret)` of countersign/convex, or `verifySecret(candidate, expected)` of countersign: both refuse where the variable is not set.",
  },
  code_fails_open_text: {
    severity: "error",
    what: "A secret is compared as part of a text: ``header !== `Bearer ${process.env.X}` ``.",
    why: "Where the variable is not set, the right answer is the text `Bearer undefined`, which anybody can send.",
    fix: "`verifySecret(header?.replace(/^Bearer /, \"\"), process.env.X ?? \"\")` of countersign: it refuses where the variable is not set.",
  },
  code_fails_open_skipped: {
    severity: "error",
    what: "The comparison is left out where the variable or the caller's secret is missing: `if (secret && secret !== expected)`.",
    why: "A deployment without the variable, or a caller without a secret, passes without any check.",
    fix: "`requireSecret(args.secret)` of countersign/convex, or `verifySecret(candidate, expected)` of countersign, without a condition around it.",
  },
  code_fails_open_fallback: {
    severity: "error",
    what: "The expected secret has a default: `process.env.X ?? \"dev\"`.",
    why: "Where the variable is not set, the text in the code is the secret, and whoever reads the code knows it.",
    fix: "No default: `requireSecret` and `verifySecret` say which variable is missing.",
  },
  code_secret_sent: {
    severity: "error",
    what: "A secret is given to a Convex function as an argument.",
    why: "Arguments are shown by validation errors and stay in logs, and whoever sees one call can make others.",
    fix: "Import `fetchMutation` (`fetchQuery`, `fetchAction`) from countersign/next, or use `CountersignClient`, and make the function a `signedMutation`: the call is signed, and no secret is sent.",
  },
  code_secret_logged: {
    severity: "error",
    what: "A secret is written to the log.",
    why: "Logs are kept, forwarded and read by more people than may know the secret.",
    fix: "Log `fingerprint(secret)` of countersign instead, and rotate the secret: what was logged is known.",
  },
  code_secret_in_error: {
    severity: "error",
    what: "A secret is in an error's message or data.",
    why: "Errors reach logs, error trackers and, as a ConvexError, the caller.",
    fix: "Leave it out, or use `fingerprint(secret)` of countersign.",
  },
  code_secret_in_url: {
    severity: "error",
    what: "A secret is put into a URL.",
    why: "Proxies, hosts and browsers keep URLs in their logs and histories.",
    fix: "Sign the request with `signedFetch` of countersign/http; the receiver verifies it with `signedRoute` or `signedHttpAction`.",
  },
  code_secret_returned: {
    severity: "error",
    what: "A secret is returned to the caller by a route or a Convex function.",
    why: "Whoever can call it knows the secret.",
    fix: "Return something else, and rotate the secret: it may be known.",
  },
  code_secret_in_source: {
    severity: "error",
    what: "A secret is written in the code: a `csk_` text, or a literal that a caller's secret is compared with.",
    why: "Everybody who can read the repository, now or later, knows it.",
    fix: "Put a new one into an environment variable (`npx countersign keygen`), compare with `requireSecret` or `verifySecret`, and retire this one.",
  },
  code_unguarded_function: {
    severity: "warning",
    what: "A public Convex function looks as if only servers were to call it, and does not check who calls.",
    why: "Anybody who knows the deployment's URL, which is in the browser's code, can call it.",
    fix: "Make it a `signedMutation` (`signedQuery`, `signedAction`) of convex/countersign.ts, or an internal function if only Convex calls it. If it is public on purpose, say so: `// countersign-ignore: <reason>`.",
  },
  code_replay_off: {
    severity: "warning",
    what: "`replay: false`.",
    why: "Whoever records a signed call can send it again for two minutes.",
    fix: "`replay: components.countersign`, with `app.use(countersign)` in convex/convex.config.ts.",
  },
  code_replay_missing: {
    severity: "error",
    what: "`countersign({ ... })` without `replay`.",
    why: "Every call of its functions is refused as misconfigured.",
    fix: "`replay: components.countersign`, with `app.use(countersign)` in convex/convex.config.ts.",
  },
  code_explain_on: {
    severity: "warning",
    what: "`explain: true`, also in production.",
    why: "Every caller is told precisely why it was refused, which helps those who try.",
    fix: "Take `explain: true` out before production, or set it from an environment variable of your own that only development has.",
  },
  code_server_import_in_client: {
    severity: "error",
    what: "Code for browsers imports countersign/next, countersign/client, countersign/http or countersign/webhooks.",
    why: "They need the secret, and a browser must not have it.",
    fix: "Call them in a Route Handler or a Server Action (`\"use server\"`), and call that from the browser.",
  },
  code_secret_in_client: {
    severity: "error",
    what: "Code for browsers reads a secret's variable.",
    why: "There it is `undefined`; renamed or put into next.config, it would be in every visitor's hands.",
    fix: "Read it in a Route Handler, a Server Action or a Server Component, and give the browser the result only.",
  },
  code_secret_in_next_config: {
    severity: "error",
    what: "next.config gives a secret to `env` or `publicRuntimeConfig`.",
    why: "Next.js writes those values into the browser's code.",
    fix: "Remove the line: server code reads `process.env` without it. Rotate the secret if this was ever deployed.",
  },
  code_secret_named_public: {
    severity: "error",
    what: "A variable whose name begins with `NEXT_PUBLIC_` and says that it is a secret.",
    why: "Next.js writes its value into the browser's code.",
    fix: "Rename it without `NEXT_PUBLIC_`, read it on the server only, and rotate the secret.",
  },
  code_signature_compared: {
    severity: "error",
    what: "A signature or an HMAC is compared with `===`, `!==` or the like.",
    why: "The time it takes tells how much of a forged signature is right.",
    fix: "`webhookRoute` or `verifyWebhook` of countersign/webhooks (`hmac({ ... })` for a provider of your own); for other uses, `verifyHmacSha256` of countersign.",
  },
  code_unequal_lengths: {
    severity: "warning",
    what: "`timingSafeEqual` on values whose lengths may differ.",
    why: "It throws where they do, so a forged request ends in an error 500 instead of a refusal.",
    fix: "`verifySecret(candidate, expected)` of countersign, or for a webhook `webhookRoute` of countersign/webhooks.",
  },
  code_ignore_without_reason: {
    severity: "warning",
    what: "A comment `countersign-ignore` without a reason. It silences nothing.",
    why: "The next reader cannot tell whether it is still right.",
    fix: "`// countersign-ignore: <reason>`, or remove it.",
  },
} as const satisfies Record<string, Kind>;

export type Code = keyof typeof kinds;
