import { carryIn } from '../../src/proxy/carry.js';
import { EventSource } from '../../src/proxy/event-source.js';
import type { RelayOptions } from '../../src/proxy/relay-options.js';
import { SessionEvents } from '../../src/proxy/session-events.js';

/** For a relay that nobody watches, and that adds nothing to what it passes on. */
export const UNWATCHED: Pick<RelayOptions, 'events' | 'carry'> = {
  events: new SessionEvents(new EventSource(), () => undefined, false),
  carry: carryIn(
    undefined,
    () => undefined,
    () => undefined,
  ),
};
