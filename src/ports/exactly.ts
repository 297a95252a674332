/** The part of a type that decides what a text may hold: without `readonly`, and intersections in one piece. */
type Plain<T> = T extends readonly (infer E)[]
  ? Plain<E>[]
  : T extends object
    ? { -readonly [K in keyof T]: Plain<T[K]> }
    : T;
type Same<A, B> =
  (<G>() => G extends Plain<A> ? 1 : 2) extends <G>() => G extends Plain<B> ? 1 : 2 ? unknown : { readonly isNot: B };

/** A schema of zod, by the type of what it gives. */
interface Schema {
  readonly _zod: { readonly output: unknown };
}

/** Gives back the schema, and does not compile when its values are any other than those of `T`, optional ones too. */
export function exactly<T>() {
  return <S extends Schema>(schema: S & Same<S["_zod"]["output"], T>): S => schema;
}
