import { BriefSet } from '../routing/brief-set.js';
import { endsWithin } from '../ends-within.js';
import { isJson } from '../http/request-checks.js';
import { asksForCredentials } from '../http-status.js';
import type { RelayWriter } from '../modern/answer-writer.js';
import { readEnvelope } from '../modern/envelope.js';
import { errorText, headersOfMessage, unreachable } from '../modern/pass-through.js';
import type { ModernRelay, RelayedPost, RelayedRefusal, RelayListener } from '../modern-relay.js';
import { SUBSCRIBE } from '../modern-era.js';
import type { RequestId } from '../routing/message.js';
import { SERVER_ERROR } from '../rpc-codes.js';
import type { Incoming } from './guard.js';
import { tooManyRelayed } from './own-answers.js';
import type { RefusedCalls } from './refused-calls.js';
import type { RelayedEvents, RelayedMessage } from './relayed-events.js';
import type { ProxySettings } from './settings.js';

const BAD_GATEWAY = 502;

const UNAVAILABLE = 503;

const CLOSING = new Error('the proxy is closing');

const JSON_TYPE = { 'content-type': 'application/json' };

/** Where a message goes, and where its answer goes. */
interface Ways {
  readonly relay: ModernRelay;
  readonly writer: RelayWriter;
}

interface WaysBack extends Ways {
  readonly incoming: Incoming;
  /** Tells what becomes of it. */
  readonly told: RelayedMessage | undefined;
}

/** A message that the backend has yet to answer. */
interface UnderWay {
  readonly isSubscription: boolean;
  /** Breaks it off, on both sides. */
  readonly end: () => void;
}

/** What modern clients have sent to a modern backend. It needs no session. */
export class RelayedCalls {
  readonly #underWay = new BriefSet<UnderWay>();
  #isClosed = false;
  #onIdle: (() => void) | undefined;

  constructor(
    private readonly settings: ProxySettings,
    private readonly report: (error: Error) => void,
    private readonly events: RelayedEvents,
    private readonly refused: RefusedCalls,
  ) {}

  /** @param text the body as it was posted. Unknown if a framework has parsed it */
  serve(message: unknown, text: string | undefined, incoming: Incoming, ways: Ways): void {
    const { writer } = ways;
    const read = readEnvelope(message, incoming.headers, true);
    const refuse = (why: string, status: number, body: string): void => {
      this.refused.tell({ incoming, message }, why);
      writer.answer(status, body);
    };
    if (read.kind === 'refusal') {
      const { error, id, status } = read;
      refuse(error.message, status, JSON.stringify({ jsonrpc: '2.0', id, error }));
      return;
    }
    const id = read.kind === 'call' ? read.id : null;
    const { maxSessions } = this.settings;
    const tooMany = tooManyRelayed(maxSessions);
    if (this.#isClosed) refuse(CLOSING.message, UNAVAILABLE, unreachable(id, CLOSING));
    else if (this.#underWay.size >= maxSessions) refuse(tooMany, UNAVAILABLE, errorText(id, tooMany, SERVER_ERROR));
    else {
      const told = this.events.begin(message, text, incoming);
      const body = told?.body ?? text ?? JSON.stringify(message);
      const headers = headersOfMessage(incoming.headerNames(), incoming.headers, read.method);
      this.#pass(id, read.method, { body, headers, clientHeaders: incoming.headers }, { ...ways, incoming, told });
    }
  }

  /** How many messages the backend has yet to answer. */
  get size(): number {
    return this.#underWay.size;
  }

  /**
   * Takes nothing more. What is under way gets this long, and is then broken off. Subscriptions, which have no end of
   * their own, end at once.
   */
  async close(graceMs: number): Promise<void> {
    this.#isClosed = true;
    for (const one of [...this.#underWay]) if (one.isSubscription) one.end();
    if (this.#underWay.size === 0) return;
    await endsWithin(graceMs, new Promise<void>((resolve) => (this.#onIdle = resolve)));
    for (const { end } of [...this.#underWay]) end();
  }

  #pass(id: RequestId | null, method: string, post: RelayedPost, { relay, writer, incoming, told }: WaysBack): void {
    const over = (): void => {
      leave();
      if (this.#underWay.size === 0) this.#onIdle?.();
    };
    const end = (): void => {
      abandon();
      if (this.#isClosed) told?.brokenOff(CLOSING);
      else told?.left();
      over();
      if (writer.isStream) writer.breakOff();
      else writer.answer(UNAVAILABLE, unreachable(id, CLOSING));
    };
    const leave = this.#underWay.add({ isSubscription: method === SUBSCRIBE, end });
    const listener = this.#listener(id, incoming, writer, over);
    const send = (): (() => void) => relay.post(post, told?.heardBy(listener) ?? listener);
    const abandon = told === undefined ? send() : told.sending(send);
    // The backend takes the end of the connection for the end of the request.
    writer.onGone(end);
  }

  #listener(id: RequestId | null, incoming: Incoming, writer: RelayWriter, over: () => void): RelayListener {
    return {
      events: (text) => {
        writer.relay(text);
      },
      whole: (status, headers, body) => {
        over();
        if (body === '') writer.end(status);
        else writer.answer(status, body, headers);
      },
      refused: (refusal) => {
        over();
        this.#refuse(id, refusal, incoming, writer);
      },
      ended: () => {
        over();
        writer.end(200);
      },
      broke: (reason) => {
        over();
        this.report(reason);
        // Half an answer may have been given. Whoever gets the other half must not take it for whole.
        if (writer.isStream) writer.breakOff();
        else writer.answer(BAD_GATEWAY, unreachable(id, reason));
      },
    };
  }

  #refuse(id: RequestId | null, refusal: RelayedRefusal, incoming: Incoming, writer: RelayWriter): void {
    const { status, message } = refusal;
    const isChallenge = asksForCredentials(status, refusal.headers);
    const challenge = isChallenge
      ? this.settings.relayRefusal?.(refusal, { headers: incoming.allHeaders() })
      : undefined;
    if (challenge !== undefined) {
      const body = isJson(challenge.headers['content-type']) ? challenge.body : errorText(id, message);
      writer.answer(challenge.status, body, { ...challenge.headers, ...JSON_TYPE });
      return;
    }
    // Without the challenge, the client would take its own credentials for wrong. A redirect is none that it can follow.
    const isForClient = status >= 400 && !isChallenge;
    writer.answer(isForClient ? status : BAD_GATEWAY, errorText(id, message), retryAfterIn(refusal));
  }
}

function retryAfterIn({ headers }: RelayedRefusal): Readonly<Record<string, string>> {
  const { 'retry-after': value } = headers;
  return value === undefined ? {} : { 'retry-after': value };
}
