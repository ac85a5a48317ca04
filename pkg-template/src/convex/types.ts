import type {
  ArgsArray,
  ArgsArrayForOptionalValidator,
  ArgsArrayToObject,
  DefaultArgsForOptionalValidator,
  DefaultFunctionArgs,
  FunctionVisibility,
  RegisteredAction,
  RegisteredMutation,
  RegisteredQuery,
  ReturnValueForOptionalValidator,
} from "convex/server";
import type { PropertyValidators, Validator } from "convex/values";
import type { SignedHttpActionHandler, SignedHttpActionOptions } from "./signed-http-action.js";

/** Who made a signed call, as `ctx.caller` has it in a guarded function's handler. */
export interface Caller {
  /** The name the secret has in `keys`; `"default"` where only one caller exists. */
  readonly name: string;
  /** The id of the key that signed: 16 lower-case hex digits, safe to print. */
  readonly keyId: string;
  /** When the call was signed, in milliseconds since 1970, by the caller's clock. */
  readonly issuedAt: number;
}

/** What comes with a signed call, as its argument `countersign`: the token, and beside it an idempotency key where there is one. */
export type CallSignature = string | { token: string; idempotencyKey: string };

/** The three kinds of Convex functions that a guard wraps. */
export type FunctionKind = "query" | "mutation" | "action";

/**
 * A builder of Convex functions: `query`, `mutation` or `action` from `./_generated/server`, or one made from them,
 * for example by `customMutation` of convex-helpers.
 */
export type FunctionBuilder = (definition: never) => unknown;

/** `httpAction` from `./_generated/server`. */
export type HttpActionBuilder = (handler: never) => unknown;

/** The guarded form of `httpAction`: the handler also gets who signed the request, and what was signed. */
export type SignedHttpActionBuilder<Builder extends HttpActionBuilder> = [Builder] extends [never]
  ? never
  : (handler: SignedHttpActionHandler<HttpActionCtx<Builder>>, options?: SignedHttpActionOptions) => ReturnType<Builder>;

type HttpActionCtx<Builder> = Builder extends (handler: (ctx: infer Ctx, request: Request) => Promise<Response>) => unknown ? Ctx : never;

/**
 * The guarded form of a builder. It is called like the builder it was made from; the handler's `ctx` also has
 * {@link Caller | caller}, and the registered function takes one argument more, the signature `countersign`, which
 * `CountersignClient` and `countersign/next` add.
 */
export type SignedBuilder<Kind extends FunctionKind, Builder> = {
  <
    ArgsValidator extends PropertyValidators | Validator<any, "required", any> | void,
    ReturnsValidator extends PropertyValidators | Validator<any, "required", any> | void,
    ReturnValue extends ReturnValueForOptionalValidator<ReturnsValidator> = any,
    OneOrZeroArgs extends ArgsArrayForOptionalValidator<ArgsValidator> = DefaultArgsForOptionalValidator<ArgsValidator>,
  >(
    definition:
      | ({
          /** The validators of the arguments, without `countersign`: an object of validators or `v.object(...)`. */
          args?: ArgsValidator;
          /** The callers that may call this function, by their names in `keys`. Left out: all of them. */
          callers?: readonly string[];
          /** The validator of the returned value. */
          returns?: ReturnsValidator;
          /** The function's code. It runs only for calls whose signature is right. */
          handler: (
            ctx: SignedCtx<ParameterOf<Builder>>,
            ...args: HandlerArgs<OneOrZeroArgs, AddedArgs<Builder>>
          ) => ReturnValue;
        } & ExtraOptions<ParameterOf<Builder>>)
      | {
          (ctx: SignedCtx<ParameterOf<Builder>>, ...args: HandlerArgs<OneOrZeroArgs, AddedArgs<Builder>>): ReturnValue;
        },
  ): Registered<
    Kind,
    VisibilityOf<ResultOf<Builder>>,
    SignedArgs<ArgsArrayToObject<OneOrZeroArgs>, TakenArgs<Builder>>,
    ReturnValue
  >;
};

/** A registered function by its kind. An alias of Convex's must stay on top: `api` reads its type arguments. */
type Registered<
  Kind extends FunctionKind,
  Visibility extends FunctionVisibility,
  Args extends DefaultFunctionArgs,
  Returns,
> = {
  query: RegisteredQuery<Visibility, Args, Returns>;
  mutation: RegisteredMutation<Visibility, Args, Returns>;
  action: RegisteredAction<Visibility, Args, Returns>;
}[Kind];

/** The arguments a caller sends: those of the function, those the builder takes for itself, and the signature. */
type SignedArgs<Args, Taken> = 0 extends 1 & Args
  ? { [name: string]: unknown; countersign: CallSignature }
  : Args extends unknown
    ? Simplify<Named<Args> & Taken & { countersign: CallSignature }>
    : never;

// `{}` as Convex spells it would forbid `countersign` too.
type Named<Args> = Args extends Record<string, never> ? unknown : Args;

/** The handler's `ctx`: what the builder's handlers get, and the caller. */
type SignedCtx<Definition> = HandlerOf<Definition> extends (ctx: infer Ctx, ...args: never) => unknown
  ? Ctx & { readonly caller: Caller }
  : never;

/** The handler's arguments: the caller's, and those the builder adds. */
type HandlerArgs<OneOrZeroArgs extends ArgsArray, Added> = keyof Added extends never
  ? OneOrZeroArgs
  : OneOrZeroArgs extends [infer Args]
    ? [Simplify<Args & Added>]
    : [Added];

// A generic builder shows itself through its constraints, where its arguments are "any arguments" and what the
// builder itself takes or adds. The latter is what has a name of its own beside the index signature.
type ParameterOf<Builder> = Builder extends (definition: infer Definition) => unknown ? Definition : never;
type ResultOf<Builder> = Builder extends (definition: never) => infer Result ? Result : never;
type HandlerOf<Definition> = Definition extends { handler: infer Handler } ? Handler : never;
type ExtraOptions<Definition> = Definition extends { handler: unknown } ? Omit<Definition, "args" | "returns" | "handler"> : never;
type AddedArgs<Builder> = HandlerOf<ParameterOf<Builder>> extends (ctx: never, ...args: infer Args) => unknown
  ? Declared<Args extends [infer Only] ? Only : never>
  : never;
type TakenArgs<Builder> = Declared<ArgsOf<ResultOf<Builder>>>;
type VisibilityOf<Result> = Result extends { isInternal: true } ? "internal" : "public";
type ArgsOf<Result> =
  Result extends RegisteredQuery<FunctionVisibility, infer Args, unknown>
    ? Args
    : Result extends RegisteredMutation<FunctionVisibility, infer Args, unknown>
      ? Args
      : Result extends RegisteredAction<FunctionVisibility, infer Args, unknown>
        ? Args
        : never;

type Declared<T> = [OpenMember<T>] extends [never] ? unknown : NamedFields<OpenMember<T>>;
type OpenMember<T> = T extends Record<string, never> ? never : string extends keyof T ? T : never;
type NamedFields<T> = { [Name in keyof T as string extends Name ? never : Name]: T[Name] };
// A conditional type, so that editors show the fields and not this helper's name.
type Simplify<T> = T extends unknown ? { [Name in keyof T]: T[Name] } : never;
