import { shownSession } from '../interceptor/session-prefix.js';
import type { JsonRpcMessage } from '../routing/message.js';
import { shownNode } from '../shown-node.js';
import type { ProxyEvent } from '../proxy-events.js';

/** An event without what must not leave the process: no whole session id, no headers, no addresses. */
type Kept<E> = E extends ProxyEvent ? Omit<E, 'headers' | 'message' | 'peer'> : never;

/** An event as it is written: a line of a trace file, and an event of the live page. */
export type EventRecord = Kept<ProxyEvent> & {
  /** The node of a cluster that tells it. */
  readonly node?: string | undefined;
  /** Only if payloads were asked for. */
  readonly message?: JsonRpcMessage;
};

export interface RecordOptions {
  /** Keep the messages themselves. @default false, because they hold what users and tools said */
  readonly payloads?: boolean;
  readonly node?: string | undefined;
}

/** What is written of an event. Its session and nodes are named by the first eight characters, as in logs. */
export function recordOf(event: ProxyEvent, { payloads = false, node }: RecordOptions = {}): EventRecord {
  const absent = { headers: undefined, message: undefined, peer: undefined };
  const { headers: _, peer: __, message, ...kept } = { ...absent, ...event };
  const { session } = kept;
  return {
    ...kept,
    session: session && shownSession(session),
    ...('toNode' in kept && { toNode: shownNode(kept.toNode) }),
    ...('waitedMs' in kept && { waitedMs: toMicroseconds(kept.waitedMs) }),
    ...('durationMs' in kept && { durationMs: toMicroseconds(kept.durationMs) }),
    ...('forMs' in kept && { forMs: toMicroseconds(kept.forMs) }),
    ...(node !== undefined && { node }),
    ...(payloads && message !== undefined && { message }),
  };
}

/** More digits of a duration are noise. */
function toMicroseconds(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
