import { mustBeTransport, type TransportLike } from '../transport-like.js';
import { facade, type Interceptor } from './facade.js';

/**
 * The façade of a transport, with an interceptor behind it. A transport that is wrapped already keeps the façade that it
 * has, and so does the façade.
 *
 * @param wrapped what was wrapped in the same way, and its façades
 * @throws BackchannelError `INVALID_TRANSPORT`
 */
export function wrapOnce<T extends TransportLike>(
  wrapped: WeakMap<object, object>,
  inner: T,
  interceptor: () => Interceptor,
): T {
  const existing = wrapped.get(inner);
  if (existing !== undefined) return existing as T;
  mustBeTransport(inner);
  const transport = facade(inner, interceptor());
  wrapped.set(inner, transport);
  wrapped.set(transport, transport);
  return transport;
}
