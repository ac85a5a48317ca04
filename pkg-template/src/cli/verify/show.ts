import type { Context, Outcome } from "../command.js";
import { printable } from "../printable.js";
import type { NamedKeyring } from "../sign/secrets.js";
import { adviceFor } from "./advice.js";
import type { Kind } from "./advice.js";
import { hexDump, plainText } from "./bytes.js";
import { linesOf, readCbor } from "./diagnostic.js";
import type { Verdict } from "./judge.js";

/** What was judged, besides its verdict. */
export interface Judged {
  kind: Kind;
  now: number;
  /** Which secrets were tried. */
  tried: readonly (Omit<NamedKeyring["keys"][number], "keyId"> & { keyId?: string })[];
  /** What holds in any case: `It is not known here whether it was used before.` */
  notes: readonly string[];
  /** Whether to show the bytes. */
  explain: boolean;
}

/** Shows each check, the first that fails with what to do about it, and the bytes. */
export function show({ terminal }: Context, { code, steps, signed }: Verdict<unknown>, { kind, now, tried, notes, explain }: Judged): Outcome {
  const { green, red, dim } = terminal.colours;
  const width = Math.max(...steps.map(({ step }) => step.length));
  terminal.line(`${dim("·")} Judged at ${new Date(now).toISOString()} with ${tried.map(nameOf).join(", ")}.`);
  for (const { step, ok, detail } of steps) terminal.line(`${ok ? green("✔") : red("✖")} ${step.padEnd(width)}  ${printable(detail)}`);
  const failed = steps.find(({ ok }) => !ok);
  const advice = failed === undefined || code === undefined ? undefined : [adviceFor(kind, failed.step, code), ageOf(failed.detail)].filter((part) => part !== undefined).join(" ") || undefined;
  terminal.line();
  if (failed === undefined) {
    terminal.line(`${green("✔")} The signature is right.`);
    for (const note of notes) terminal.line(`${dim("·")} ${printable(note)}`);
  } else {
    terminal.line(`${red("✖")} Refused: ${code}, at the check "${failed.step}".${advice === undefined ? "" : `\n  ${advice}`}`);
  }
  const shown = explain ? showBytes(signed, kind) : undefined;
  if (shown !== undefined) terminal.line(`\n${dim("·")} ${shown.title}\n${shown.text}`);
  const report = {
    ok: failed === undefined,
    ...(failed === undefined ? {} : { code, failed: failed.step, ...(advice === undefined ? {} : { advice }) }),
    steps: steps.map(({ step, ok, detail }) => ({ step, ok, detail })),
    now,
    tried,
    ...(shown?.report === undefined ? {} : { signed: shown.report }),
  };
  return { status: failed === undefined ? 0 : 1, report };
}

function nameOf({ variable, source, keyId }: Judged["tried"][number]): string {
  return `${variable} (${source}${keyId === undefined ? "" : `, key ${keyId}`})`;
}

/** The time of signing of something that is too old or too new, as a person reads it. */
function ageOf(detail: string): string | undefined {
  const [, at] = /^(?:expired|not_yet_valid): .*\bsigned at (\d{1,15})\b/.exec(detail) ?? [];
  return at === undefined ? undefined : `It was signed at ${new Date(Number(at)).toISOString()}.`;
}

interface ShownBytes {
  title: string;
  text: string;
  report?: object;
}

function showBytes(signed: Uint8Array | undefined, kind: Kind): ShownBytes {
  if (signed === undefined) return { title: "It did not come to the signature, so there are no signed bytes to show.", text: "" };
  const base64 = Buffer.from(signed).toString("base64");
  const count = `${signed.length} bytes`;
  if (kind === "call") {
    const notation = linesOf(readCbor(signed));
    return {
      title: `The signature must be over these ${count}, CBOR (RFC 8949):`,
      text: `${hexDump(signed)}\n\nThe same in diagnostic notation:\n${notation}`,
      report: { base64, diagnostic: notation },
    };
  }
  const text = plainText(signed);
  if (text === undefined) return { title: `The signature must be over these ${count}, shown in hexadecimal because not all of them can be shown as text:`, text: hexDump(signed), report: { base64 } };
  return { title: `The signature must be over these ${count}, ${text.endsWith("\n") ? "the last of them a line end" : "with no line end behind the last"}:`, text, report: { base64, text } };
}
