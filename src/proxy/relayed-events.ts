import { randomUUID } from 'node:crypto';
import { createParser } from 'eventsource-parser';
import { changedText } from '../changed-text.js';
import { jsonMessageIn } from '../json-messages.js';
import { keepText } from '../original-text.js';
import { SUBSCRIBE } from '../modern-era.js';
import type { RelayListener } from '../modern-relay.js';
import { carryIn, type Carry } from './carry.js';
import type { Carrier } from '../proxy-carrier.js';
import { isRecord, isRequest, isResponse, type JsonRpcMessage, type RequestId } from '../routing/message.js';
import type { EventSource } from './event-source.js';
import type { Incoming } from './guard.js';
import { ModernRequestInfo } from './request-info.js';
import { SessionEvents } from './session-events.js';

/** Tells of messages that are passed on without a session. In events, each has a session of its own. */
export class RelayedEvents {
  constructor(
    private readonly source: EventSource,
    private readonly carrier: Carrier | undefined,
    private readonly report: (error: Error) => void,
  ) {}

  /** A message that is about to be passed on. `undefined`: nobody wants to know, and nothing is added to it. */
  begin(message: unknown, text: string | undefined, incoming: Incoming): RelayedMessage | undefined {
    if ((!this.source.isWatched && this.carrier === undefined) || !isRecord(message)) return undefined;
    const session = randomUUID();
    const carry = carryIn(this.carrier, () => session, this.report);
    return new RelayedMessage(new SessionEvents(this.source, () => session, true), carry, message, text, incoming);
  }
}

export class RelayedMessage {
  readonly #id: RequestId | undefined;
  /** As it goes on to the backend. */
  readonly body: string;

  constructor(
    private readonly events: SessionEvents,
    private readonly carry: Carry,
    private readonly message: JsonRpcMessage,
    text: string | undefined,
    incoming: Incoming,
  ) {
    // A subscription has no answer to wait for.
    const isCall = isRequest(message) && message.method !== SUBSCRIBE;
    this.#id = isCall ? message.id : undefined;
    if (isCall) this.events.called(message, new ModernRequestInfo(incoming, message));
    keepText(message, text);
    const carried = carry.toBackend(message);
    this.body = carried === message ? (text ?? JSON.stringify(message)) : changedText(carried, message);
  }

  sending<R>(send: () => R): R {
    return this.carry.sending(this.message, send);
  }

  /** The client has left. */
  left(): void {
    if (this.#id === undefined) return;
    // As in a session, where it is a message.
    this.events.cancelled(this.#id, 'the client has left');
    this.events.unanswered(this.#id, 'cancelled', undefined);
  }

  /** The proxy breaks it off. */
  brokenOff(reason: Error): void {
    if (this.#id !== undefined) this.events.unanswered(this.#id, 'undelivered', reason.message);
  }

  /** The same listener, which also tells what becomes of the call. */
  heardBy(listener: RelayListener): RelayListener {
    const id = this.#id;
    if (id === undefined) return listener;
    const unanswered = (error: string): void => {
      this.events.unanswered(id, 'undelivered', error);
    };
    const parser = createParser({
      onEvent: ({ data }) => {
        this.#heard(data);
      },
    });
    return {
      events: (text) => {
        if (this.events.isWatched) parser.feed(text);
        listener.events(text);
      },
      whole: (status, headers, body) => {
        this.#heard(body);
        unanswered(`the backend answered HTTP ${status}`);
        listener.whole(status, headers, body);
      },
      refused: (refusal) => {
        unanswered(refusal.message);
        listener.refused(refusal);
      },
      ended: () => {
        // The last `\r` may have been half of a line end.
        parser.feed('\n');
        unanswered('the backend ended the stream before it answered');
        listener.ended();
      },
      broke: (reason) => {
        parser.feed('\n');
        unanswered(reason.message);
        listener.broke(reason);
      },
    };
  }

  #heard(text: string): void {
    if (!this.events.isWatched) return;
    const message = jsonMessageIn(text);
    // Some servers write `"7"` for 7.
    if (this.#id !== undefined && isResponse(message) && String(message.id) === String(this.#id))
      this.events.answeredCall({ ...message, id: this.#id });
  }
}
