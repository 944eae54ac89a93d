import { AsyncLocalStorage } from 'node:async_hooks';

/** By their names in lower case. `undefined`: there is to be no such header. */
export type AddedHeaders = Readonly<Record<string, string | undefined>>;

const added = new AsyncLocalStorage<AddedHeaders>();

/** Sends a message. Each POST that this takes has these headers, in place of others of their names. */
export function addingHeaders<R>(headers: AddedHeaders, send: () => R): R {
  return added.run(headers, send);
}

/** The headers of a POST, with what is added to them. The very same object if nothing is. */
export function withAdded(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const more = added.getStore();
  if (more === undefined || Object.keys(more).length === 0) return headers;
  const others = Object.entries(headers).filter(([name]) => !Object.hasOwn(more, name.toLowerCase()));
  return Object.fromEntries([...others, ...Object.entries(more).filter((pair) => isPresent(pair))]);
}

function isPresent(pair: readonly [string, string | undefined]): pair is [string, string] {
  return pair[1] !== undefined;
}
