import { debug } from '../debug.js';
import type { TransportLike } from '../transport-like.js';
import { usesPrivateMembers } from './private-members.js';

export type TransportClass = new (...args: never[]) => TransportLike;
export type Wrap = (transport: TransportLike) => TransportLike;

/** Both builds of a module may come to hold the same class, and some modules hand on another's. */
const wrappedClasses = new WeakMap<TransportClass, TransportClass>();

/** The classes that people were told of. */
const warned = new WeakSet<TransportClass>();

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
        // They would come to be on the wrapper, where the methods, which run on what is wrapped, do not find them.
        if (newTarget !== wrapped && usesPrivateMembers(newTarget, wrapped)) {
          debug.register('left a new %s alone: it has private members, which a wrapper cannot have', newTarget.name);
          warnOnce(newTarget as unknown as TransportClass);
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

/** A proxy that runs bare may hang one day, and nobody would know why. */
function warnOnce(left: TransportClass): void {
  if (warned.has(left)) return;
  warned.add(left);
  process.emitWarning(
    `mcp-backchannel/register leaves transports of class ${left.name} alone: it has private members, which a wrapper ` +
      'cannot have. Wrap them in the program, with withBackchannel() or asUpstream().',
    { code: 'MCP_BACKCHANNEL_NOT_WRAPPED' },
  );
}
