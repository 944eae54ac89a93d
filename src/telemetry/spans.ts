import { debug } from '../debug.js';
import type { ProxyEvent } from '../proxy-events.js';
import { isRequest, type JsonRpcMessage, type RequestId } from '../routing/message.js';
import type { Network } from './attributes.js';
import { SessionSpans } from './session-spans.js';
import type { Redact } from './shown-text.js';

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
  #isCarried = false;

  constructor(private readonly options: SpansOptions = {}) {}

  on(event: ProxyEvent): void {
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
      case 'forwarded':
      // no default
    }
    if (session.isDone) this.#sessions.delete(event.session);
  }

  /** From now on, calls count as forwarded when the carrier is asked. */
  carries(): void {
    this.#isCarried = true;
  }

  /** The call, with the context of its span. */
  toBackend(session: string | undefined, message: JsonRpcMessage): JsonRpcMessage {
    return carried(message, () => this.#sessions.get(session)?.toBackend(message));
  }

  /** The question, with the context of its span. @param call the call on whose stream it leaves, if any */
  toClient(session: string | undefined, message: JsonRpcMessage, call: RequestId | undefined): JsonRpcMessage {
    return carried(message, () => {
      const spans = this.#sessions.get(session);
      if (spans === undefined || !isRequest(message)) return message;
      return spans.toClient(message, call === undefined ? undefined : spans.contextOfCall(call));
    });
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
