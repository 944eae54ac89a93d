import { asError } from '../../errors.js';
import type { ModernRelay, RelayedPost, RelayListener } from '../../modern-relay.js';
import { relayedHeaders, type HttpRefusal } from '../../http-refusal.js';
import { asksForCredentials } from '../../http-status.js';
import { WholeEvents } from '../../whole-events.js';
import { Cancellation } from '../cancellation.js';
import { decoding, readBytes, readText } from '../http/answer-reader.js';
import type { HttpConnections } from '../http/connections.js';
import type { HttpAnswer, RequestHeaders } from '../http/http-answer.js';
import { HttpClient } from '../http/http-client.js';
import { refusalIn, textOf } from '../http/refusal.js';
import { isEventStream, isJson, isTaken } from '../http/response-head.js';
import { isMeantAsMessage, isTooLong, MAX_MESSAGE } from '../messages.js';

/** How many clients with credentials of their own keep connections open that they do not use. */
const MAX_IDLE = 100;

/** Options of {@link HttpRelay}. */
export interface HttpRelayOptions {
  readonly connections: HttpConnections;
  /** Sent with every message. */
  readonly headers: RequestHeaders;
  /** The client's headers that are passed on, by their names in lower case. */
  readonly passHeaders: readonly string[];
  /** Those of them that say who the client is. Clients that differ in them share no connection. */
  readonly credentialHeaders: readonly string[];
  /** How many characters a message may have. @default 10_485_760 */
  readonly maxMessage?: number | undefined;
  /** Hides what a client passes on, as long as its message is under way. A server may repeat it. */
  readonly hide: (passed: RequestHeaders) => Discretion;
}

/** Hides secrets in what is told of a server. */
export interface Discretion {
  /** Hides them in a text that may have been cut off. */
  redactCut(text: string): string;
  /** Hides them in an error. */
  redacted(error: unknown): unknown;
  /** Nothing more is told of this message. */
  end(): void;
}

/** A message on its way to the server. */
interface Sent {
  readonly body: string;
  readonly headers: RequestHeaders;
  readonly cancellation: Cancellation;
  readonly discretion: Discretion;
}

/** The connections for one credential. */
interface Lane {
  readonly client: HttpClient;
  underWay: number;
}

/** Passes POSTs of modern clients on to a server of revision 2026-07-28, and its answers back. Nothing is kept. */
export class HttpRelay implements ModernRelay {
  /** By the credential. The one that was used last is the last. */
  readonly #lanes = new Map<string, Lane>();

  constructor(
    private readonly url: URL,
    private readonly options: HttpRelayOptions,
  ) {}

  post({ body, headers, clientHeaders }: RelayedPost, listener: RelayListener): () => void {
    const { headers: own, passHeaders, credentialHeaders } = this.options;
    const passed = pick(clientHeaders, passHeaders);
    const discretion = this.options.hide(passed);
    const lane = this.#laneFor(pick(clientHeaders, credentialHeaders));
    const cancellation = new Cancellation();
    const toClient = unless(cancellation, listener);
    const sent = { body, headers: { ...own, ...passed, ...headers }, cancellation, discretion };
    void this.#exchange(lane.client, sent, toClient).finally(() => {
      discretion.end();
      lane.underWay--;
      this.#forget();
    });
    return () => {
      cancellation.cancel();
    };
  }

  async #exchange(client: HttpClient, sent: Sent, listener: RelayListener): Promise<void> {
    try {
      const head = await client.relay(sent.body, sent.headers, sent.cancellation);
      if (isTaken(head) && isEventStream(head)) await this.#stream(head, listener);
      else if (isTaken(head)) await this.#whole(head, listener);
      else await this.#refused(head, client.url, sent.discretion, listener);
    } catch (error) {
      listener.broke(asError(sent.discretion.redacted(error)));
    }
  }

  async #stream(head: HttpAnswer, listener: RelayListener): Promise<void> {
    const events = new WholeEvents(this.#maxMessage);
    const decode = decoding();
    const cut = await readBytes(head, (chunk) => {
      const whole = events.add(chunk);
      if (whole !== undefined) listener.events(decode(whole));
    });
    if (cut === undefined) listener.ended();
    else listener.broke(cut);
  }

  /** JSON, or nothing in the answer to a notification. */
  async #whole(head: HttpAnswer, listener: RelayListener): Promise<void> {
    let body = '';
    const cut = await readText(head, (text) => {
      body += text;
      if (body.length > this.#maxMessage) throw new RangeError(`a message ${isTooLong(this.#maxMessage)}`);
    });
    if (cut !== undefined) listener.broke(cut);
    else if (body === '' || isJson(head)) listener.whole(head.statusCode, relayedHeaders(head.headers), body);
    else listener.broke(new Error('the answer is no JSON'));
  }

  /** A message goes back as it came. All else, such as a page for people, may repeat what it was sent. */
  async #refused(head: HttpAnswer, from: URL, discretion: Discretion, listener: RelayListener): Promise<void> {
    const body = await textOf(head);
    const { statusCode, headers } = head;
    if (body.isWhole && !asksForCredentials(statusCode, headers) && isMessage(body.text)) {
      listener.whole(statusCode, relayedHeaders(headers), body.text);
      return;
    }
    const refusal = refusalIn(head, from, body, (text) => discretion.redactCut(text));
    listener.refused(discretion.redacted(refusal) as HttpRefusal);
  }

  get #maxMessage(): number {
    return this.options.maxMessage ?? MAX_MESSAGE;
  }

  #laneFor(credential: RequestHeaders): Lane {
    const key = JSON.stringify(Object.entries(credential).sort());
    const { connections, headers } = this.options;
    const lane = this.#lanes.get(key) ?? {
      client: new HttpClient(this.url, connections, { ...headers, ...credential }),
      underWay: 0,
    };
    this.#lanes.delete(key);
    this.#lanes.set(key, lane);
    lane.underWay++;
    return lane;
  }

  #forget(): void {
    for (const [key, { client, underWay }] of this.#lanes) {
      if (this.#lanes.size <= MAX_IDLE) return;
      if (underWay > 0) continue;
      this.#lanes.delete(key);
      client.close();
    }
  }
}

function isMessage(text: string): boolean {
  try {
    return isMeantAsMessage(JSON.parse(text));
  } catch {
    return false;
  }
}

function pick(headers: Pick<Headers, 'get'>, names: readonly string[]): RequestHeaders {
  const pairs = names.map((name) => [name.toLowerCase(), headers.get(name)] as const);
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair[1] !== null));
}

/** A client that has left is told nothing more. */
function unless(cancellation: Cancellation, listener: RelayListener): RelayListener {
  const isHeard = (): boolean => !cancellation.isCancelled;
  return {
    events: (text) => {
      if (isHeard()) listener.events(text);
    },
    whole: (status, headers, body) => {
      if (isHeard()) listener.whole(status, headers, body);
    },
    refused: (refusal) => {
      if (isHeard()) listener.refused(refusal);
    },
    ended: () => {
      if (isHeard()) listener.ended();
    },
    broke: (reason) => {
      if (isHeard()) listener.broke(reason);
    },
  };
}
