import type { Context } from '@opentelemetry/api';
import type { RouteEvent } from '../interceptor/events.js';
import {
  cancelledIdOf,
  isRecord,
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type RequestId,
  type RequestMessage,
  type ResponseMessage,
} from '../routing/message.js';
import type { SendOptions, TransportLike } from '../transport-like.js';
import { answerOf, endOf } from './answers.js';
import type { Network } from './attributes.js';
import { activeContext, Instrumented, type Failure, type Sent } from './instrumented.js';
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
    const related = options?.relatedRequestId;
    const named = related === undefined ? undefined : spans.contextOfCall(related);
    const within = innermost(named, activeContext()) ?? spans.soleCall;
    // If it is not known yet, the wrapper tells when the question has left. It then carries no context.
    return { changed: within === undefined && !isInside ? message : spans.toClient(message, within) };
  }

  protected failed({ id }: RequestMessage, { code, text }: Failure): void {
    this.spans.answered({ id, by: 'proxy', outcome: 'error', error: text, message: undefined }, code);
  }

  protected responded(message: ResponseMessage): void {
    this.spans.callEnded(endOf(message));
  }

  protected notified(message: JsonRpcMessage): void {
    const id = cancelledBy(message);
    if (id === undefined) return;
    this.spans.answered({ id, by: 'backend', outcome: 'taken-back', error: undefined, message: undefined });
  }
}

/** The context of the call that the sender named, or that of what is done for that call. */
function innermost(named: Context | undefined, active: Context | undefined): Context | undefined {
  if (named === undefined || active === undefined) return named ?? active;
  return spanContextIn(active)?.traceId === spanContextIn(named)?.traceId ? active : named;
}

/** The request that a notification cancels. */
export function cancelledBy(message: JsonRpcMessage): RequestId | undefined {
  return message.method === 'notifications/cancelled' ? cancelledIdOf(message) : undefined;
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
