import { debug } from '../debug.js';
import type { TransportLike } from '../transport-like.js';

export type TransportClass = new (...args: never[]) => TransportLike;
export type Wrap = (transport: TransportLike) => TransportLike;

/** Both builds of a module may come to hold the same class, and some modules hand on another's. */
const wrappedClasses = new WeakMap<TransportClass, TransportClass>();

/** A transport under construction: what it builds inside is its own, and stays bare. */
let isConstructing = false;

/**
 * The same class to everybody (`instanceof`, statics, subclasses), whose instances are wrapped. The
 * constructor of a subclass gets the wrapped transport as `this`.
 */
export function wrapClass<T extends TransportClass>(original: T, wrap: Wrap): T {
  const existing = wrappedClasses.get(original);
  if (existing !== undefined) return existing as T;
  const wrapped: T = new Proxy(original, {
    construct(target, args, newTarget): object {
      if (isConstructing) return Reflect.construct(target, args, newTarget) as object;
      isConstructing = true;
      try {
        const transport = Reflect.construct(target, args, newTarget) as TransportLike;
        if (newTarget !== wrapped && hasPrivateMembers(newTarget, wrapped)) {
          debug.register('left a new %s alone: it has private members, which a wrapper cannot have', newTarget.name);
          return transport;
        }
        debug.register('wrapped a new %s', newTarget.name);
        return wrap(transport);
      } finally {
        isConstructing = false;
      }
    },
  });
  wrappedClasses.set(original, wrapped);
  wrappedClasses.set(wrapped, wrapped);
  return wrapped;
}

/**
 * Whether a subclass has private members. They would come to be on the wrapper, where the methods,
 * which run on what is wrapped, do not find them. Only the source tells.
 */
function hasPrivateMembers(subclass: object, base: object): boolean {
  let current: object | null = subclass;
  while (current !== null && current !== base) {
    if (/#[\p{ID_Start}_$]/u.test(Function.prototype.toString.call(current))) return true;
    current = Object.getPrototypeOf(current) as object | null;
  }
  return false;
}
