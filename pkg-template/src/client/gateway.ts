import type { FunctionType } from "convex/server";
import { CountersignError } from "../index.js";
import { own } from "../core/input.js";
import { idempotencyKeyOf } from "./idempotency.js";
import type { MutationOptions } from "./options.js";
import { nameOf } from "./reference.js";
import type { Sender } from "./sender.js";
import { snapshot } from "./snapshot.js";
import type { InternalArgs, InternalArgsAndOptions, InternalFunction, OwnFunction, ReturnOf } from "./types.js";

/**
 * Checks the option `gateway`.
 *
 * @param path - The module path of the file that exports the gateway; `"gateway"` if left out.
 * @throws CountersignError `misconfigured` if it is no module path.
 */
export function gatewayPath(path: unknown = "gateway"): string {
  if (typeof path === "string" && /^\w+(\/\w+)*$/.test(path)) return path;
  throw new CountersignError(
    "misconfigured",
    'countersign: the `gateway` option is the path of a file in the convex folder, without its ending: "gateway" for convex/gateway.ts, "api/gateway" for convex/api/gateway.ts.',
  );
}

/**
 * Calls internal Convex functions through the deployment's gateway: {@link CountersignClient.gateway}. What is signed
 * is the internal function's own type and name, with its arguments; the gateway runs those on its list, and refuses
 * all others.
 */
export class GatewayCalls {
  readonly #sender: Sender;
  readonly #path: string;

  /** @internal */
  constructor(sender: Sender, path: string) {
    this.#sender = sender;
    this.#path = path;
  }

  /**
   * Calls an internal query, once. It cannot be subscribed to.
   *
   * @param reference - The function, for example `internal.orders.list`.
   * @param args - Its arguments; they may be left out if it has none.
   * @returns What the query returns.
   * @throws CountersignError if the call is refused, cannot be signed, or the secret or the gateway is missing.
   */
  async query<Query extends InternalFunction<"query">>(
    reference: Query & OwnFunction<Query>,
    ...args: InternalArgs<Query>
  ): Promise<ReturnOf<Query>> {
    return (await this.#sender.send(this.#call("query", reference, args[0]))) as ReturnOf<Query>;
  }

  /**
   * Calls an internal mutation. It waits for its turn among all mutations of this client, unless `skipQueue` is set.
   *
   * @param reference - The function, for example `internal.orders.create`.
   * @param args - Its arguments, which may be left out if it has none, and {@link MutationOptions}.
   * @returns What the mutation returns.
   * @throws CountersignError if the call is refused, cannot be signed, or the secret or the gateway is missing;
   *   `idempotency_conflict` if the idempotency key was used for other arguments.
   */
  async mutation<Mutation extends InternalFunction<"mutation">>(
    reference: Mutation & OwnFunction<Mutation>,
    ...args: InternalArgsAndOptions<Mutation, MutationOptions>
  ): Promise<ReturnOf<Mutation>> {
    const options = args[1];
    const call = { ...this.#call("mutation", reference, args[0]), idempotencyKey: idempotencyKeyOf(options) };
    const atOnce = options !== undefined && own(options, "skipQueue") === true;
    return (await (atOnce ? this.#sender.send(call) : this.#sender.enqueue(call))) as ReturnOf<Mutation>;
  }

  /**
   * Calls an internal action.
   *
   * @param reference - The function, for example `internal.mail.send`.
   * @param args - Its arguments; they may be left out if it has none.
   * @returns What the action returns.
   * @throws CountersignError if the call is refused, cannot be signed, or the secret or the gateway is missing.
   */
  async action<Action extends InternalFunction<"action">>(
    reference: Action & OwnFunction<Action>,
    ...args: InternalArgs<Action>
  ): Promise<ReturnOf<Action>> {
    return (await this.#sender.send(this.#call("action", reference, args[0]))) as ReturnOf<Action>;
  }

  #call(type: FunctionType, reference: unknown, args: unknown) {
    return { type, name: nameOf(reference), args: snapshot(args), gateway: `${this.#path}:${type}`, idempotencyKey: undefined };
  }
}
