import type { Backchannel } from '../interceptor/backchannel-view.js';
import { facade } from '../interceptor/facade.js';
import { downstreams, inside } from '../interceptor/wrapped.js';
import { mustBeTransport, type TransportLike } from '../transport-like.js';
import type { Network } from './attributes.js';
import { BackendFacing } from './backend-facing.js';
import { ClientFacing } from './client-facing.js';
import { networkOf, sideOf } from './transport-kind.js';

export interface InstrumentOptions {
  /**
   * `'server'` for the transport that faces the client, `'client'` for the one that faces the backend.
   * @default detected from the transport: a client transport of the SDK has a process, or ends its session; all others
   * serve
   */
  readonly side?: 'server' | 'client' | undefined;
  /** How messages travel. @default detected from the transport, if it is one of the SDK's */
  readonly network?: Network | undefined;
}

type Wrapped = TransportLike & { readonly backchannel?: Backchannel | undefined };

const instrumented = new WeakMap<object, ClientFacing | BackendFacing>();
const facades = new WeakMap<object, object>();

/**
 * Makes spans and metrics of what passes through a transport, by the semantic conventions for MCP. It works around any
 * transport, and around one that `withBackchannel()` or `asUpstream()` has wrapped. Connect your server, client or proxy
 * to the result, which has the same methods, properties and class.
 *
 * The handler of a request runs in the context of its span, so that spans of your own become its children. A proxy whose
 * two transports are instrumented has traces that begin in the client and end in the backend.
 *
 * If no SDK of OpenTelemetry is registered, messages are not changed. Instrument before `start()`. A transport that is
 * instrumented already is returned as it is.
 *
 * @throws BackchannelError `INVALID_TRANSPORT`
 */
export function instrument<T extends TransportLike>(transport: T, options: InstrumentOptions = {}): T {
  const known = facades.get(transport);
  if (known !== undefined) return known as T;
  mustBeTransport(transport);
  const within = instrumentedWithin(transport);
  if (within !== undefined) {
    // It is inside a wrapper, which knows why a message went where it did.
    if (within instanceof ClientFacing) followRoutes(transport, within);
    facades.set(transport, transport);
    return transport;
  }
  const { side = sideOf(transport), network = networkOf(transport) } = options;
  const isWrapped = (transport as Wrapped).backchannel !== undefined;
  const facing =
    side === 'server' ? new ClientFacing(transport, network, !isWrapped) : new BackendFacing(transport, network);
  const result = facade(transport, facing);
  instrumented.set(result, facing);
  for (const one of [transport, result]) facades.set(one, result);
  // It has a back-channel already.
  if (downstreams.has(transport)) downstreams.set(result, result);
  if (facing instanceof ClientFacing) followRoutes(transport, facing);
  return result;
}

/** What makes spans of this transport already, in one of the wrappers around it. */
function instrumentedWithin(transport: object): ClientFacing | BackendFacing | undefined {
  let current: object | undefined = transport;
  while (current !== undefined && !instrumented.has(current)) current = inside.get(current);
  return current && instrumented.get(current);
}

/** The events of a transport complete when it is closed. It may be started again, with new ones. */
function followRoutes(transport: Wrapped, facing: ClientFacing): void {
  const follow = (): void => {
    transport.backchannel?.routes$.subscribe({
      next(event) {
        facing.routed(event);
      },
      complete: follow,
    });
  };
  follow();
}
