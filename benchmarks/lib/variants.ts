import type { TransportLike } from '../../src/index.js';
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
  'ours, context, routes$ observed': () => wrap(new NullTransport(), observed),
  /** What Streamable HTTP pays. */
  'ours, context, write order': () => wrap(new NullHttpTransport(), (inner) => withBackchannel(inner)),
  'ours, everything on': () => wrap(new NullHttpTransport(), observed),
  /** In a process where `debug` writes every namespace. */
  'ours, everything on, debug': () => wrap(new NullHttpTransport(), observed),
} as const satisfies Record<string, () => Variant>;

export type VariantName = keyof typeof VARIANTS;

function wrap(inner: TransportLike, wrapped: (inner: TransportLike) => TransportLike): Variant {
  return { outer: wrapped(inner), inner };
}

function observed(inner: TransportLike): TransportLike {
  const outer = withBackchannel(inner);
  outer.backchannel.routes$.subscribe(() => undefined);
  return outer;
}
