/** Each transport that has a back-channel, by itself and by what it wraps: it is not wrapped twice. */
export const downstreams: WeakMap<object, object> = new WeakMap<object, object>();

/** Each transport that `asUpstream()` has wrapped, by itself and by what it wraps. */
export const upstreams: WeakMap<object, object> = new WeakMap<object, object>();

/** The transport inside of each transport that has a back-channel. */
export const inside: WeakMap<object, object> = new WeakMap<object, object>();

/** The transport inside, for what the back-channel must not hear of. */
export function innerOf<T extends object>(transport: T): T {
  return (inside.get(transport) ?? transport) as T;
}
