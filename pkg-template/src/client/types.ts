import type { FunctionType } from "convex/server";
import type { CallSignature } from "../convex/types.js";

/**
 * A reference to a public Convex function, such as `api.webhooks.markEventProcessed`: `FunctionReference` of
 * convex, or `FunctionReference_future`.
 */
export interface PublicFunction<Type extends FunctionType> {
  _type: Type;
  _visibility: "public";
  _componentPath: string | undefined;
}

/**
 * A reference to an internal Convex function, such as `internal.orders.create`: `FunctionReference` of convex, or
 * `FunctionReference_future`.
 */
export interface InternalFunction<Type extends FunctionType> {
  _type: Type;
  _visibility: "internal";
  _componentPath: string | undefined;
}

/**
 * Accepts the reference of a signed function only. For any other one the compiler shows the name of the field below.
 */
export type Signed<Reference> = IsAny<ArgsOf<Reference>> extends true
  ? unknown
  : ArgsOf<Reference> extends { countersign: CallSignature }
    ? unknown
    : { "This function is not signed: define it with signedQuery, signedMutation or signedAction": never };

/**
 * Accepts the reference of one of the app's own functions only, and none of a component's. For any other one the
 * compiler shows the name of the field below.
 */
export type OwnFunction<Reference> = Reference extends { _componentPath: infer Path }
  ? undefined extends Path
    ? unknown
    : { "This function is a component's: give the gateway an internal function of your own that calls it": never }
  : unknown;

/** The arguments of a signed function, without the signature. */
export type UnsignedArgs<Reference> = WithoutToken<ArgsOf<Reference>>;

/** What a function returns to its caller. */
export type ReturnOf<Reference> = Reference extends { _returnType: infer Returned }
  ? Returned
  : Reference extends { _fn?: ((args: infer _Args, keys: never) => infer Returned) | undefined }
    ? Returned
    : unknown;

/** The arguments after the reference: the function's own, which may be left out if it has none, and options. */
export type ArgsAndOptions<Reference, Options> = UnsignedArgs<Reference> extends Record<string, never>
  ? [args?: Record<string, never>, options?: Options]
  : [args: UnsignedArgs<Reference>, options?: Options];

/** The arguments after the reference: the function's own, which may be left out if it has none. */
export type OptionalArgs<Reference> = UnsignedArgs<Reference> extends Record<string, never>
  ? [args?: Record<string, never>]
  : [args: UnsignedArgs<Reference>];

/** The arguments after an internal function's reference, and options. */
export type InternalArgsAndOptions<Reference, Options> = ArgsOf<Reference> extends Record<string, never>
  ? [args?: Record<string, never>, options?: Options]
  : [args: ArgsOf<Reference>, options?: Options];

/** The arguments after an internal function's reference. */
export type InternalArgs<Reference> = ArgsOf<Reference> extends Record<string, never>
  ? [args?: Record<string, never>]
  : [args: ArgsOf<Reference>];

type ArgsOf<Reference> = Reference extends { _args: infer Args }
  ? Args
  : Reference extends { _fn?: ((args: infer Args, keys: never) => infer _Returned) | undefined }
    ? Args
    : never;

type WithoutToken<Args> = IsAny<Args> extends true
  ? Args
  : Args extends unknown
    ? { [Name in keyof Args as Name extends "countersign" ? never : Name]: Args[Name] }
    : never;

type IsAny<T> = 0 extends 1 & T ? true : false;
