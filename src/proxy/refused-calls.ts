import { jsonMessageIn } from '../json-messages.js';
import type { CallOutcome } from '../proxy-events.js';
import { isRequest, type JsonRpcMessage } from '../routing/message.js';
import { errorTextIn } from './event-details.js';
import type { EventSource } from './event-source.js';
import type { ModernPost } from './modern-post.js';
import type { Answer } from './own-answers.js';
import { ModernRequestInfo } from './request-info.js';
import { SessionEvents } from './session-events.js';

/** Tells of calls of clients without sessions that get an error of the proxy before any session has them. */
export class RefusedCalls {
  readonly #events: SessionEvents;

  constructor(source: EventSource) {
    this.#events = new SessionEvents(source, () => undefined, true);
  }

  /** @param why for people, or the answer that says it */
  tell(
    { incoming, message }: Pick<ModernPost, 'incoming' | 'message'>,
    why: string | Answer,
    outcome: CallOutcome = 'refused',
  ): void {
    const call = Object(message) as JsonRpcMessage;
    // All else is no call.
    if (!this.#events.isWatched || !isRequest(call)) return;
    this.#events.called(call, new ModernRequestInfo(incoming, call));
    this.#events.unanswered(call.id, outcome, typeof why === 'string' ? why : reasonIn(why));
  }
}

/** A backend's own answer may say anything. */
function reasonIn({ status, body }: Answer): string {
  return errorTextIn(jsonMessageIn(body ?? '')) ?? `HTTP ${status}`;
}
