import type { TransportLike } from '../../src/index.js';
import { withBackchannel } from './built.js';
import { HandWrittenSessions } from './hand-written.js';
import { NullTransport } from './null-transport.js';
import { VARIANTS, type Variant } from './variants.js';

/** Sessions that are alive at the same time, in one of the two ways there are. */
export interface Sessions {
  /** One for all sessions, or one for each. */
  readonly variants: readonly Variant[];
  /** What comes along with the messages of each session. */
  readonly extras: readonly unknown[];
}

/**
 * `'many transports'`: each session has a transport of its own, as with the SDK's.
 * `'one transport'`: one carries them all, and `sessionOf` tells them apart.
 */
export const SESSION_KINDS = ['many transports', 'one transport'] as const;
export type SessionKind = (typeof SESSION_KINDS)[number];

export const SESSION_VARIANTS = ['hand-written', 'ours, context'] as const;
export type SessionVariant = (typeof SESSION_VARIANTS)[number];

export function sessions(kind: SessionKind, variant: SessionVariant, count: number): Sessions {
  if (kind === 'many transports') {
    const extras = new Array<undefined>(count).fill(undefined);
    return { variants: extras.map(() => VARIANTS[variant]()), extras };
  }
  const inner = new NullTransport();
  const outer: TransportLike =
    variant === 'hand-written' ? new HandWrittenSessions(inner, sessionOf) : withBackchannel(inner, { sessionOf });
  const extras = Array.from({ length: count }, (_, index) => ({ sessionId: `session-${index}` }));
  return { variants: [{ outer, inner }], extras };
}

function sessionOf(_message: unknown, extra: unknown): string | undefined {
  return (extra as { readonly sessionId?: string } | undefined)?.sessionId;
}
