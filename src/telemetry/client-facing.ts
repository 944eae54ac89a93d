import type { Context } from '@opentelemetry/api';
import type { RouteEvent } from '../interceptor/events.js';
import {
  isRecord,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type RequestMessage,
  type ResponseMessage,
} from '../routing/message.js';
import type { SendOptions, TransportLike } from '../transport-like.js';
import { answerOf, endOf } from './answers.js';
import type { Network } from './attributes.js';
import { cancelledBy } from './cancelled.js';
import { activeContext, Instrumented, type Failure, type Sent } from './instrumented.js';
import type { NotificationSpans } from './notification-spans.js';
import { spanContextIn, type RequestHeaders } from './propagation.js';

/** A transport that faces the client: it receives calls, and asks. */
export class ClientFacing extends Instrumented {
  /** @param isInside the transport is that of a wrapper, or has none, so that nobody tells later where messages went */
  constructor(
    inner: TransportLike,
    network: Network,
    private readonly isInside: boolean,
  ) {
    super(inner, 'client', network);
  }

  /** The wrapper has decided about a message. */
  routed({ id, relatedRequestId: call, error, ...event }: RouteEvent): void {
    const { code = error?.name } = Object(error) as { readonly code?: string };
    this.spans.routed({ kind: 'route', at: Date.now(), client: undefined, ...event, id, call, error: code });
  }

  protected received(message: JsonRpcMessage, extra: unknown): Context | undefined {
    if (isRequest(message)) {
      const { id } = message;
      this.spans.called({ id, message, headers: headersIn(extra), peer: undefined });
      return this.spans.contextOfCall(id);
    }
    if (isResponse(message)) this.spans.answered(answerOf(message));
    const cancelled = cancelledBy(message);
    // No answer follows.
    if (cancelled !== undefined) this.spans.callCancelled(cancelled);
    return undefined;
  }

  protected asked(message: RequestMessage, options: SendOptions | undefined): Sent {
    const { spans, isInside } = this;
    spans.asked({ id: message.id, message });
    const within = this.#senderOf(options) ?? spans.soleCall;
    // If it is not known yet, the wrapper tells when the question has left. It then carries no context.
    return { changed: within === undefined && !isInside ? message : spans.toClient(message, within) };
  }

  protected failed({ id }: RequestMessage, { code, text }: Failure): void {
    this.spans.answered({ id, by: 'proxy', outcome: 'error', error: text, message: undefined }, code);
  }

  protected responded(message: ResponseMessage): void {
    this.spans.callEnded(endOf(message));
  }

  protected notified(message: JsonRpcMessage, options: SendOptions | undefined): NotificationSpans | undefined {
    const id = cancelledBy(message);
    if (id !== undefined)
      this.spans.answered({ id, by: 'backend', outcome: 'taken-back', error: undefined, message: undefined });
    return this.spans.notified(message, 'backend', this.#senderOf(options));
  }

  protected told(message: JsonRpcMessage, extra: unknown): NotificationSpans | undefined {
    const id = cancelledBy(message);
    const within = id === undefined ? undefined : this.spans.contextOfCall(id);
    return this.spans.notified(message, 'client', within, headersIn(extra));
  }

  /** The context in which something is sent. */
  #senderOf(options: SendOptions | undefined): Context | undefined {
    const related = options?.relatedRequestId;
    return innermost(related === undefined ? undefined : this.spans.contextOfCall(related), activeContext());
  }
}

/** The context of the call that the sender named, or that of what is done for that call. */
function innermost(named: Context | undefined, active: Context | undefined): Context | undefined {
  if (named === undefined || active === undefined) return named ?? active;
  return spanContextIn(active)?.traceId === spanContextIn(named)?.traceId ? active : named;
}

/** The headers of the request that brought a message: SDK 1.x and 2.x hand them over differently. */
function headersIn(extra: unknown): RequestHeaders | undefined {
  const given = Object(extra) as {
    readonly requestInfo?: { readonly headers?: RequestHeaders };
    readonly request?: unknown;
  };
  const headers = given.requestInfo?.headers;
  if (isRecord(headers)) return headers;
  const { request } = given;
  return request instanceof Request ? Object.fromEntries(request.headers) : undefined;
}
