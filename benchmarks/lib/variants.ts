import type { BackchannelOptions, TransportLike } from '../../src/index.js';
import { withBackchannel } from './built.js';
import { HandWritten } from './hand-written.js';
import { NullHttpTransport, NullTransport } from './null-transport.js';

/** A way to wrap a transport, or not to. Gives what a proxy connects to, and what the client delivers to. */
export interface Variant {
  readonly outer: TransportLike;
  readonly inner: TransportLike;
}

export const VARIANTS = {
  bare: () => wrap(new NullTransport(), (inner) => inner),
  'hand-written': () => wrap(new NullTransport(), (inner) => new HandWritten(inner)),
  'ours, last-inbound': () =>
    wrap(new NullTransport(), (inner) => withBackchannel(inner, { attribution: 'last-inbound' })),
  'ours, context': () => wrap(new NullTransport(), (inner) => withBackchannel(inner)),
  'ours, context, routes$ observed': () => wrap(new NullTransport(), (inner) => observed(inner)),
  /** What Streamable HTTP pays. */
  'ours, context, write order': () => wrap(new NullHttpTransport(), (inner) => withBackchannel(inner)),
  'ours, everything on': () => wrap(new NullHttpTransport(), (inner) => observed(inner)),
  /** In a process where `debug` writes every namespace. */
  'ours, everything on, debug': () => wrap(new NullHttpTransport(), (inner) => observed(inner)),
} as const satisfies Record<string, () => Variant>;

export type VariantName = keyof typeof VARIANTS;

function wrap(inner: TransportLike, wrapped: (inner: TransportLike) => TransportLike): Variant {
  return { outer: wrapped(inner), inner };
}

/** Wrapped, with somebody who is told of each route. */
export function observed(inner: TransportLike, options?: BackchannelOptions): TransportLike {
  const outer = withBackchannel(inner, options);
  outer.backchannel.routes$.subscribe(() => undefined);
  return outer;
}
