import { randomUUID } from 'node:crypto';
import { withBackchannel } from '../backchannel.js';
import type { StatefulProxyOptions } from '../proxy/options.js';
import type { Observable } from 'rxjs';
import { callbackFailed } from '../interceptor/report.js';
import { EventSource } from '../proxy/event-source.js';
import type { ProxyEvent } from '../proxy-events.js';
import { Credential } from '../proxy/credential.js';
import { LateHeaders } from '../proxy/opener.js';
import { Session } from '../proxy/session.js';
import { proxySettingsFrom } from '../proxy/settings.js';
import { endsWithin } from '../ends-within.js';
import { StdioTransport, type End } from './stdio-server-transport.js';

export interface StdioMode {
  readonly events$: Observable<ProxyEvent>;
  readonly routes$: Session['routes$'];
  /** Resolves with the reason when the client or the server has ended the session. */
  readonly over: Promise<End | 'server gone'>;
  start(): Promise<void>;
  /** Lets calls in flight finish for at most `graceMs`, then disconnects client and server. */
  close(graceMs: number): Promise<void>;
}

export interface StdioModeOptions extends Pick<
  StatefulProxyOptions,
  'upstream' | 'backchannel' | 'carrier' | 'onerror'
> {
  /** How many characters a message of the client may have. @default 10_485_760 */
  readonly maxMessage?: number;
}

/** A session of the proxy with the client at our stdin and stdout. */
export function stdioMode({ maxMessage, ...options }: StdioModeOptions): StdioMode {
  let isOver!: (reason: End | 'server gone') => void;
  const over = new Promise<End | 'server gone'>((resolve) => (isOver = resolve));
  const client = new StdioTransport(isOver, maxMessage);
  const downstream = withBackchannel(client, options.backchannel);
  const headers = new LateHeaders(() => new Headers());
  const events = new EventSource();
  const session = new Session(
    downstream,
    Object.assign(headers, { credential: new Credential({ get: () => null }, []) }),
    proxySettingsFrom({ ...options, idleTimeoutMs: 0 }),
    () => {
      isOver('server gone');
    },
    (error) => options.onerror?.(error),
    events,
  );
  // Whoever watches tells sessions apart by their ids. Nobody else needs it here.
  session.id = randomUUID();
  return {
    events$: events.events$([session.routed$], (cause) =>
      options.onerror?.(callbackFailed('a subscriber of events$', cause)),
    ),
    routes$: session.routes$,
    over,
    start: () => downstream.start(),
    async close(graceMs) {
      await endsWithin(graceMs, session.drain());
      await session.end('the proxy is shutting down', 'shutdown');
      events.complete();
      await endsWithin(graceMs, client.flushed());
    },
  };
}
