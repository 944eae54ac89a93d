import type { Observable, Subscription } from 'rxjs';
import type { Carrier } from '../proxy-carrier.js';
import type { ProxyEvent } from '../proxy-events.js';
import type { Network } from './attributes.js';
import { Spans } from './spans.js';

/** How the peers of a proxy are reached, for the attributes `network.*` and `server.*`, and what is not exported. */
export interface ProxyTelemetryOptions {
  /** How clients reach the proxy. @default HTTP over TCP */
  readonly client?: Network | undefined;
  /** How the proxy reaches the backend. @default not known, so that the attributes are absent */
  readonly backend?: Network | undefined;
  /**
   * Hides secrets. It gets each text of clients, backends and transports that is exported, before the text is cut: methods,
   * names, URIs, ids and error messages.
   * @default texts are exported as they are
   */
  readonly redact?: ((text: string) => string) | undefined;
}

/** Spans and metrics of a proxy. */
export interface ProxyTelemetry {
  /** The proxy's option `carrier`: writes the trace context into `params._meta` of calls and server requests. */
  readonly carrier: Carrier;
  /** Makes spans and metrics from a proxy's events. Open spans end when the events complete or you unsubscribe. */
  observe(events$: Observable<ProxyEvent>): Subscription;
}

/**
 * OpenTelemetry for a proxy, by the semantic conventions for MCP. It uses the SDK that the program registers with
 * `@opentelemetry/api`. Without one, nothing is recorded, and messages are not changed.
 *
 * ```ts
 * const telemetry = proxyTelemetry();
 * const proxy = createStatefulProxy({ upstream, carrier: telemetry.carrier });
 * telemetry.observe(proxy.events$);
 * ```
 */
export function proxyTelemetry(options: ProxyTelemetryOptions = {}): ProxyTelemetry {
  const spans = new Spans(options);
  return {
    get carrier(): Carrier {
      spans.carries();
      return {
        toBackend: (session, message) => spans.toBackend(session, message),
        headersToBackend: (session, message) => spans.headersToBackend(session, message),
        toClient: (session, message, call) => spans.toClient(session, message, call),
      };
    },
    observe(events$) {
      const subscription = events$.subscribe((event) => {
        spans.on(event);
      });
      subscription.add(() => {
        spans.close();
      });
      return subscription;
    },
  };
}
