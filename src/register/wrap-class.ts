import { debug } from '../debug.js';
import type { TransportLike } from '../transport-like.js';
import { usesPrivateMembers } from './private-members.js';

export type TransportClass = new (...args: never[]) => TransportLike;
export type Wrap = (transport: TransportLike) => TransportLike;

/** Wrapped classes. Both builds of a module may export the same class, and some modules re-export another's class. */
const wrappedClasses = new WeakMap<TransportClass, TransportClass>();

/** The classes that a warning was printed for. */
const warned = new WeakSet<TransportClass>();

/** Whether a transport is being constructed. Transports that its constructor creates are internal, so we leave them. */
let isConstructing = false;

/**
 * A class whose instances are wrapped. Everything else is unchanged: `instanceof`, statics, subclasses. The constructor
 * of a subclass gets the wrapped transport as `this`.
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
        // Private members would be created on the wrapper, but methods run on the wrapped object and would not find them.
        if (newTarget !== wrapped && usesPrivateMembers(newTarget, wrapped)) {
          debug.register('did not wrap a new %s: it has private members, which a wrapper cannot have', newTarget.name);
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

/** Without a warning, nobody would know why an unwrapped proxy hangs. */
function warnOnce(left: TransportClass): void {
  if (warned.has(left)) return;
  warned.add(left);
  process.emitWarning(
    `mcp-backchannel/register does not wrap transports of class ${left.name}: the class has private members, which a ` +
      'wrapper cannot have. Wrap them in the program, with withBackchannel() or asUpstream().',
    { code: 'MCP_BACKCHANNEL_NOT_WRAPPED' },
  );
}
