import type { Reader } from './option-row.js';
import type { Entry } from './option-table.js';
import type * as readers from './values.js';

/** The values of the options, by name in camel case. An option that is not given has its default, if there is one. */
export type Values = {
  readonly [E in Extract<Entry, { readonly default: string }> | Switch as NameOf<E>]: ValueOf<E>;
} & {
  readonly [E in Exclude<Entry, { readonly default: string } | Switch> as NameOf<E>]?: ValueOf<E>;
};

type Switch = Exclude<Entry, { readonly value: Reader } | { readonly choices: readonly string[] }>;

type NameOf<E extends Entry> = E['flags'] extends `--${infer Name} ${string}`
  ? CamelCase<Name>
  : E['flags'] extends `--no-${infer Name}` | `--${infer Name}`
    ? CamelCase<Name>
    : never;

type CamelCase<Name extends string> = Name extends `${infer Word}-${infer Rest}`
  ? `${Word}${Capitalize<CamelCase<Rest>>}`
  : Name;

type ValueOf<E extends Entry> = E extends { readonly repeatable: true } ? readonly OneOf<E>[] : OneOf<E>;

type OneOf<E extends Entry> = E extends { readonly choices: readonly (infer Choice)[] }
  ? Choice
  : E extends { readonly value: infer Name extends Reader }
    ? ReturnType<(typeof readers)[Name]>
    : boolean;
