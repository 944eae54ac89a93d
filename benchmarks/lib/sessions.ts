import { withBackchannel } from './built.js';
import { HandWrittenSessions } from './hand-written.js';
import { NullHttpTransport, NullTransport } from './null-transport.js';
import { observed, VARIANTS, type Variant } from './variants.js';

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

export const SESSION_VARIANTS = ['bare', 'hand-written', 'ours, context', 'ours, everything on'] as const;
export type SessionVariant = (typeof SESSION_VARIANTS)[number];

export function sessions(kind: SessionKind, variant: SessionVariant, count: number): Sessions {
  if (kind === 'many transports') {
    const extras = new Array<undefined>(count).fill(undefined);
    return { variants: extras.map(() => VARIANTS[variant]()), extras };
  }
  const extras = Array.from({ length: count }, (_, index) => ({ sessionId: `session-${index}` }));
  return { variants: [carryingAll(variant)], extras };
}

function carryingAll(variant: SessionVariant): Variant {
  const inner = variant === 'ours, everything on' ? new NullHttpTransport() : new NullTransport();
  switch (variant) {
    case 'bare':
      return { outer: inner, inner };
    case 'hand-written':
      return { outer: new HandWrittenSessions(inner, sessionOf), inner };
    case 'ours, context':
      return { outer: withBackchannel(inner, { sessionOf }), inner };
    case 'ours, everything on':
      return { outer: observed(inner, { sessionOf }), inner };
  }
}

function sessionOf(_message: unknown, extra: unknown): string | undefined {
  return (extra as { readonly sessionId?: string } | undefined)?.sessionId;
}
