/** Each transport that has a back-channel, by itself and by what it wraps: it is not wrapped twice. */
export const downstreams: WeakMap<object, object> = new WeakMap<object, object>();
