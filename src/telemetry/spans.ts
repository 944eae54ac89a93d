import type { AddedHeaders } from '../added-headers.js';
import { debug } from '../debug.js';
import type { ProxyEvent } from '../proxy-events.js';
import { isRequest, type JsonRpcMessage, type RequestId } from '../routing/message.js';
import type { Network } from './attributes.js';
import { cancelledBy } from './cancelled.js';
import { tellHop } from './hop-span.js';
import type { NotificationSpans } from './notification-spans.js';
import { headersOf } from './propagation.js';
import { SessionSpans } from './session-spans.js';
import { showing, type Redact } from './shown-text.js';

export interface SpansOptions {
  /** How clients reach the proxy. @default HTTP over TCP */
  readonly client?: Network | undefined;
  /** How the proxy reaches the backend. @default not known */
  readonly backend?: Network | undefined;
  /** Hides secrets in a text that is about to be exported. @default texts are exported as they are */
  readonly redact?: Redact | undefined;
}

const HTTP: Network = { transport: 'tcp', protocol: 'http' };

/** Makes spans and measurements of what happens in a proxy, by its events. */
export class Spans {
  readonly #sessions = new Map<string | undefined, SessionSpans>();
  /** Notifications that have passed. A transport may try more than once to send one. */
  readonly #passed = new WeakMap<JsonRpcMessage, NotificationSpans>();
  #isCarried = false;

  constructor(private readonly options: SpansOptions = {}) {}

  on(event: ProxyEvent): void {
    if (event.kind === 'forwarded') {
      tellHop(event, showing(this.options.redact));
      return;
    }
    const session = this.#of(event.session);
    switch (event.kind) {
      case 'call':
        session.called(event);
        break;
      case 'call-ended':
        session.callEnded(event);
        break;
      case 'question':
        session.asked(event);
        break;
      case 'route':
        session.routed(event);
        break;
      case 'answer':
        session.answered(event);
        break;
      case 'session-opened':
      case 'session-ended':
      case 'backend-started':
      case 'backend-ended':
      case 'call-cancelled':
      case 'suspended':
      case 'resumed':
      case 'waiting':
        session.on(event);
        break;
      case 'progress':
      // no default
    }
    if (session.isDone) this.#sessions.delete(event.session);
  }

  /** From now on, calls count as forwarded when the carrier is asked. */
  carries(): void {
    this.#isCarried = true;
  }

  /** The call or the notification, with the context of its span. */
  toBackend(session: string | undefined, message: JsonRpcMessage): JsonRpcMessage {
    return carried(message, () => {
      if (isRequest(message)) return this.#sessions.get(session)?.toBackend(message);
      return this.#pass(session, message, 'client', cancelledBy(message));
    });
  }

  /** The context of its span, for the HTTP request that takes it to the backend. */
  headersToBackend(session: string | undefined, message: JsonRpcMessage): AddedHeaders {
    const within = isRequest(message)
      ? this.#sessions.get(session)?.contextOfCall(message.id)
      : this.#passed.get(message)?.context;
    return within === undefined ? {} : headersOf(within);
  }

  /**
   * The question or the notification, with the context of its span.
   *
   * @param call the call on whose stream it leaves, if any
   */
  toClient(session: string | undefined, message: JsonRpcMessage, call: RequestId | undefined): JsonRpcMessage {
    return carried(message, () => {
      if (!isRequest(message)) return this.#pass(session, message, 'backend', call);
      const spans = this.#sessions.get(session);
      return spans?.toClient(message, call === undefined ? undefined : spans.contextOfCall(call));
    });
  }

  /** A notification passes. Nobody tells when it is taken. @param call that it belongs to, if any */
  #pass(
    session: string | undefined,
    message: JsonRpcMessage,
    from: 'client' | 'backend',
    call: RequestId | undefined,
  ): JsonRpcMessage | undefined {
    const spans = this.#sessions.get(session);
    const within = call === undefined ? undefined : spans?.contextOfCall(call);
    const passed = this.#passed.get(message) ?? spans?.notified(message, from, within);
    if (passed === undefined) return undefined;
    this.#passed.set(message, passed);
    passed.end();
    return passed.message;
  }

  /** Ends all spans. */
  close(): void {
    for (const session of this.#sessions.values()) session.close();
    this.#sessions.clear();
  }

  #of(session: string | undefined): SessionSpans {
    let found = this.#sessions.get(session);
    if (found === undefined) {
      const { client = HTTP, backend = {}, redact } = this.options;
      const isCarried = (): boolean => this.#isCarried;
      found = new SessionSpans(() => session, { faces: 'both', client, backend, isCarried, redact });
      this.#sessions.set(session, found);
    }
    return found;
  }
}

/** A propagator that fails costs the context, not the message. */
function carried(message: JsonRpcMessage, carry: () => JsonRpcMessage | undefined): JsonRpcMessage {
  try {
    return carry() ?? message;
  } catch (cause) {
    debug.error('a message goes on without its trace context: %o', cause);
    return message;
  }
}
