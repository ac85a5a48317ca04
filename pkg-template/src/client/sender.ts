import type { ConvexHttpClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import type { FunctionType } from "convex/server";
import { signCall } from "../index.js";
import { openLocalKeyring } from "./local-secret.js";
import type { LocalSecret } from "./local-secret.js";
import { isOutage } from "./outage.js";
import { explainRefusal } from "./refusal.js";
import type { Arguments } from "./snapshot.js";

/** How often a call with an idempotency key is sent, at most. */
const TRIES = 3;
/** The wait before the second try is up to this long, in milliseconds, and before each further one twice as long. */
const BASE_WAIT_MS = 200;

/** A call, as it is signed. */
export interface Call {
  readonly type: FunctionType;
  /** The function's name, such as `orders:create`. */
  readonly name: string;
  readonly args: Arguments;
  /** The public function that takes the call on to `name`, if it is for an internal one: `gateway:mutation`. */
  readonly gateway: string | undefined;
  readonly idempotencyKey: string | undefined;
}

/** What a {@link Sender} is made of. */
export interface SenderParts {
  readonly convex: ConvexHttpClient;
  readonly secret: LocalSecret | undefined;
  readonly audience: string;
  readonly clock: () => number;
}

/** Signs calls and sends them. */
export class Sender {
  readonly #parts: SenderParts;
  #lastMutation: Promise<unknown> = Promise.resolve();

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /**
   * Sends a call when the earlier ones of this queue are through. Each is signed when its turn comes.
   *
   * @param call - What to call.
   */
  async enqueue(call: Call): Promise<unknown> {
    const send = () => this.send(call);
    // A failed mutation does not keep the next ones from running; its own caller gets the error.
    const result = this.#lastMutation.then(send, send);
    this.#lastMutation = result;
    return await result;
  }

  /**
   * Sends a call now. One with an idempotency key, which takes effect once however often it arrives, is sent again
   * after an outage, each time with a signature of its own.
   *
   * @param call - What to call.
   */
  async send(call: Call): Promise<unknown> {
    for (let tries = 1; ; tries += 1) {
      const { token, keyId } = this.#sign(call);
      try {
        return await this.#post(call, token);
      } catch (error) {
        if (call.idempotencyKey === undefined || tries === TRIES || !isOutage(error)) {
          throw explainRefusal(error, { ...call, keyId, audience: this.#parts.audience });
        }
      }
      // "Full jitter": clients that failed together do not come back together.
      const wait = Math.random() * BASE_WAIT_MS * 2 ** (tries - 1);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  async #post({ type, name, args, gateway, idempotencyKey }: Call, token: string): Promise<unknown> {
    const { convex } = this.#parts;
    const countersign = idempotencyKey === undefined ? token : { token, idempotencyKey };
    const signed: Arguments = gateway === undefined ? { ...args, countersign } : { name, args, countersign };
    const path = gateway ?? name;
    switch (type) {
      case "query":
        return await convex.query(makeFunctionReference<"query">(path), signed);
      case "mutation":
        return await convex.mutation(makeFunctionReference<"mutation">(path), signed, { skipQueue: true });
      case "action":
        return await convex.action(makeFunctionReference<"action">(path), signed);
    }
  }

  #sign({ type, name, args, idempotencyKey }: Call): { token: string; keyId: string } {
    const { secret, audience, clock } = this.#parts;
    const keyring = openLocalKeyring(secret);
    try {
      const token = signCall(keyring, { audience, type, name, args, now: clock(), idempotencyKey });
      return { token, keyId: keyring.keyIds[0] ?? "-" };
    } finally {
      keyring.free();
    }
  }
}
