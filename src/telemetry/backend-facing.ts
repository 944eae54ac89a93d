import { context, type Context } from '@opentelemetry/api';
import {
  isRequest,
  isResponse,
  type JsonRpcMessage,
  type RequestMessage,
  type ResponseMessage,
} from '../routing/message.js';
import type { TransportLike } from '../transport-like.js';
import { answerOf, endOf } from './answers.js';
import type { Network } from './attributes.js';
import { cancelledBy } from './cancelled.js';
import { activeContext, Instrumented, type Failure, type Sent } from './instrumented.js';
import type { NotificationSpans } from './notification-spans.js';

/** A transport that faces the backend: it calls, and is asked. */
export class BackendFacing extends Instrumented {
  constructor(inner: TransportLike, network: Network) {
    super(inner, 'backend', network);
  }

  protected received(message: JsonRpcMessage): Context | undefined {
    const { spans } = this;
    if (isRequest(message)) {
      const { id } = message;
      spans.asked({ id, message });
      // The answer to a call is read in the context in which the call was sent.
      return spans.arrived(id, spans.inFlightIn(context.active()) ?? spans.soleCall);
    }
    if (isResponse(message)) spans.callEnded(endOf(message));
    const id = cancelledBy(message);
    if (id !== undefined)
      spans.answered({ id, by: 'backend', outcome: 'taken-back', error: undefined, message: undefined });
    return undefined;
  }

  protected asked(message: RequestMessage): Sent {
    const { spans } = this;
    spans.called({ id: message.id, message, headers: undefined, peer: undefined });
    return { changed: spans.toBackend(message), within: spans.contextOfCall(message.id) };
  }

  protected failed({ id }: RequestMessage, { text }: Failure): void {
    this.spans.callEnded({ id, outcome: 'undelivered', code: undefined, error: text, message: undefined });
  }

  protected responded(message: ResponseMessage): void {
    this.spans.answered(answerOf(message));
  }

  protected notified(message: JsonRpcMessage): NotificationSpans | undefined {
    const id = cancelledBy(message);
    const within = id === undefined ? undefined : this.spans.contextOfCall(id);
    const notified = this.spans.notified(message, 'client', within ?? activeContext());
    // No answer is awaited any more.
    if (id !== undefined) this.spans.callCancelled(id);
    return notified;
  }

  protected told(message: JsonRpcMessage): NotificationSpans | undefined {
    return this.spans.notified(message, 'backend', this.spans.inFlightIn(context.active()));
  }
}
