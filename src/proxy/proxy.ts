import { EMPTY, map } from 'rxjs';
import { callbackFailed } from '../interceptor/report.js';
import { debug } from '../debug.js';
import { asError } from '../errors.js';
import { Admission } from './admission.js';
import { EventSource } from './event-source.js';
import { Forwarding } from './forwarding.js';
import { innerListener } from './inner-listener.js';
import { ModernEntry } from './modern-entry.js';
import { NodeDoor } from './node-listener.js';
import type { StatefulProxy, StatefulProxyOptions } from './options.js';
import { ofRound } from './round-events.js';
import { Sessions } from './sessions.js';
import { proxySettingsFrom } from './settings.js';
import { WebDoor } from './web-handler.js';

/**
 * Makes a proxy that serves a backend over Streamable HTTP. Each client has its own backend session. Messages are passed
 * on unchanged and with their ids, so every method works, known or not. Server-initiated messages reach the client on an
 * open stream.
 *
 * Safe by default: requests must be addressed to a loopback name, and web pages must come from one. See `allowedHosts`,
 * `allowedOrigins` and `token`. A session is found only with the credential that opened it.
 *
 * ```ts
 * const proxy = createStatefulProxy({ upstream: () => new StdioClientTransport({ command: 'my-server' }) });
 * createServer(proxy.listener).listen(3000, '127.0.0.1');
 * ```
 *
 * @throws BackchannelError `INVALID_OPTION`, naming the option and its value
 */
export function createStatefulProxy(options: StatefulProxyOptions): StatefulProxy {
  const settings = proxySettingsFrom(options);
  const report = reporter(options.onerror);
  const events = new EventSource();
  const sessions = new Sessions(settings, report, events);
  const admission = new Admission(sessions, settings, report);
  const { cluster } = settings;
  const forwarding = cluster && new Forwarding(cluster, events);
  const modern = settings.modern ? new ModernEntry(sessions, admission, settings, report, events) : undefined;
  const rounds$ = modern?.rounds$ ?? EMPTY;
  const doors = {
    node: new NodeDoor(admission, settings, report, forwarding, modern),
    web: new WebDoor(admission, settings, report, forwarding, modern),
  };
  cluster?.onLost(() => {
    sessions.endAll('the other nodes took this one for dead');
  });

  return {
    listener: doors.node.handle,
    // The proxy answers every request, so it never calls next().
    middleware: (request, response) => {
      doors.node.handle(request, response);
    },
    fetch: doors.web.fetch,
    innerListener: innerListener(admission, doors, settings, report, modern),
    routes$: sessions.routes$,
    rounds$,
    events$: events.events$([sessions.each(({ routed$ }) => routed$), rounds$.pipe(map(ofRound))], (cause) => {
      report(callbackFailed('a subscriber of events$', cause));
    }),
    openCalls: () => events.openCalls(),
    snapshot: () => {
      const { inFlight, bufferedBytes, ...ofSessions } = sessions.snapshot();
      const { relayed = 0, suspended = 0, leased = 0 } = modern ?? {};
      const { bufferedBytes: ofModern = 0 } = modern?.nodeWriters ?? {};
      return {
        ...ofSessions,
        inFlight: inFlight + relayed,
        suspended,
        leased,
        bufferedBytes: bufferedBytes + ofModern,
      };
    },
    async close({ graceMs = 0 } = {}) {
      // The others take the new sessions from now on. It does not hold up the end of those here.
      cluster?.drain().catch((error: unknown) => {
        report(asError(error));
      });
      // Clients can come back to their calls as long as these may go on.
      await Promise.all([sessions.close(graceMs), modern?.drain(graceMs), forwarding?.answered(graceMs)]);
      modern?.close();
      events.complete();
    },
  };
}

/** Calls the user's callback, which may be missing and may throw. */
function reporter(onerror: StatefulProxyOptions['onerror']): (error: Error) => void {
  return (error) => {
    debug.error('%s: %s', error.name, error.message);
    try {
      onerror?.(error);
    } catch (cause) {
      debug.error('%o', callbackFailed('onerror', cause));
    }
  };
}
