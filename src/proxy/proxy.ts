import { callbackFailed } from '../interceptor/report.js';
import { debug } from '../debug.js';
import { Admission } from './admission.js';
import { nodeHandler } from './node-listener.js';
import type { StatefulProxy, StatefulProxyOptions } from './options.js';
import { Sessions } from './sessions.js';
import { proxySettingsFrom } from './settings.js';
import { webHandler } from './web-handler.js';

/**
 * A proxy that serves a backend over Streamable HTTP: each client has a backend session of its own, and
 * what one sends, the other gets, whole and with its id, so that every method passes, known or not. What
 * the backend starts by itself reaches the client on a stream that is alive.
 *
 * Safe by default: requests must be addressed to a loopback name, and pages in browsers must come from
 * one; see `allowedHosts`, `allowedOrigins` and `token`. A session is only found with the credential that
 * opened it.
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
  const sessions = new Sessions(settings, report);
  const admission = new Admission(sessions, settings, report);
  const overNode = nodeHandler(admission, settings, report);

  return {
    listener: overNode,
    // It answers every request: there is nothing to hand on.
    middleware: (request, response) => {
      overNode(request, response);
    },
    fetch: webHandler(admission, settings, report),
    routes$: sessions.routes$,
    snapshot: () => sessions.snapshot(),
    close: ({ graceMs = 0 } = {}) => sessions.close(graceMs),
  };
}

/** Tells the user's callback, which may be missing and may throw. */
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
