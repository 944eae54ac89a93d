import type { IncomingMessage, ServerResponse } from 'node:http';
import { asError } from '../errors.js';
import { leavingAs } from '../leaving.js';
import type { JsonRpcMessage, RequestId } from '../routing/message.js';
import { SentLongIds } from '../sent-long-ids.js';
import { isOfSession } from '../streams/http-headers.js';
import { MAX_REFUSED_MS, type PostedAnswers } from '../streams/posted-answers.js';
import type { MessageHandler, SendOptions, TransportLike } from '../transport-like.js';
import { hasUrl } from './address.js';
import type { Endpoint } from './endpoint.js';
import type { HttpSettings } from './options.js';
import type { PendingAnswer } from './pending-answer.js';
import { receive } from './receiver.js';
import { CLOSED, NO_METHOD, type Refusal } from './refusals.js';
import type { Replay } from './replay.js';
import { checkSession, checkSite } from './request-checks.js';
import { openStream } from './returning.js';
import type { ScopeChallengeResolver } from './scope-challenge.js';
import { send } from './sender.js';
import { Streams } from './streams.js';
import { Visit } from './visit.js';

const TOO_LARGE = 413;

/** Streamable HTTP for one session, without the back-channel: a message goes where its `relatedRequestId` says. */
export class BareTransport implements TransportLike, Endpoint {
  onmessage: MessageHandler | undefined;
  onclose: (() => void) | undefined;
  onerror: ((error: Error) => void) | undefined;
  sessionId: string | undefined;
  versions: readonly string[] | undefined;
  protocolVersion: string | undefined;
  scopeChallengeResolver: ScopeChallengeResolver | undefined;
  isInitialized = false;
  isClosed = false;
  readonly streams: Streams;
  readonly sentLongIds: SentLongIds = new SentLongIds();
  readonly replays: Set<Replay> = new Set<Replay>();
  #isStarted = false;
  #isUsed = false;

  constructor(readonly settings: HttpSettings) {
    this.versions = settings.supportedProtocolVersions;
    this.streams = new Streams(settings);
  }

  get isStateful(): boolean {
    return this.settings.sessionIdGenerator !== undefined;
  }

  // ---- for the server ----

  async start(): Promise<void> {
    if (this.#isStarted) throw new Error('Transport already started');
    this.#isStarted = true;
    return Promise.resolve();
  }

  send(message: JsonRpcMessage, options?: SendOptions): Promise<void> {
    try {
      this.sentLongIds.sent(message);
      const leaving = leavingAs(message, options);
      return leaving === undefined ? send(this, message, options) : send(this, leaving.message, leaving.options);
    } catch (error) {
      return Promise.reject(asError(error));
    }
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.streams.endAll();
    this.onclose?.();
    return Promise.resolve();
  }

  closeSSEStream(id: RequestId): void {
    this.streams.of(id)?.stream?.end();
  }

  closeStandaloneSSEStream(): void {
    this.streams.standalone?.end();
  }

  // ---- for the client ----

  handleRequest(
    request: IncomingMessage,
    response: ServerResponse,
    parsedBody?: unknown,
    pending?: PendingAnswer,
  ): Promise<void> {
    const left = (over: Visit): void => {
      this.streams.left(over);
    };
    const visit = new Visit(request, response, left, pending);
    this.streams.visited(visit);
    this.#handle(visit, parsedBody).catch((error: unknown) => {
      // As the SDK does. The response can say no more about it.
      this.report(asError(error));
      if (!response.headersSent) visit.answer(500, { 'content-length': 0 });
      else response.destroy();
    });
    return visit.done;
  }

  async #handle(visit: Visit, parsedBody: unknown): Promise<void> {
    if (!hasUrl(visit.request)) {
      // As the SDK does, before it looks at anything else.
      visit.answer(400, { 'content-length': 0 });
      return;
    }
    if (this.isClosed) {
      this.refuse(visit, CLOSED);
      return;
    }
    if (!this.isStateful && this.#isUsed) {
      throw new Error('Stateless transport cannot be reused across requests. Create a new transport per request.');
    }
    this.#isUsed = true;
    const refusal = checkSite(visit.request.headers, this.settings);
    if (refusal !== undefined) this.refuse(visit, refusal);
    else if (visit.request.method === 'POST') await receive(this, visit, parsedBody);
    else if (visit.request.method === 'GET') await openStream(this, visit);
    else if (visit.request.method === 'DELETE') await this.#end(visit);
    else this.refuse(visit, NO_METHOD);
  }

  /** The client ends its session. */
  async #end(visit: Visit): Promise<void> {
    const refusal = checkSession(visit.request.headers, this);
    if (refusal !== undefined) {
      this.refuse(visit, refusal);
      return;
    }
    try {
      // eslint-disable-next-line @typescript-eslint/no-non-null-assertion -- a stateless one has none, here as in the SDK
      await this.settings.onsessionclosed?.(this.sessionId!);
    } finally {
      await this.close();
    }
    visit.answer(200, { 'content-length': 0 });
  }

  initialize(): void | Promise<void> {
    const { sessionIdGenerator, onsessioninitialized } = this.settings;
    this.sessionId = sessionIdGenerator?.();
    this.isInitialized = true;
    this.streams.sessionNamed(this.sessionId);
    if (this.sessionId !== undefined && this.sessionId !== '') return onsessioninitialized?.(this.sessionId);
    return undefined;
  }

  handOver(message: JsonRpcMessage, extra: unknown): void {
    this.onmessage?.(message, extra);
  }

  report(error: Error): void {
    this.onerror?.(error);
  }

  #answersMeantBy(posted: PostedAnswers): PostedAnswers {
    return { ids: async (withinMs) => (await posted.ids(withinMs)).map((id) => this.sentLongIds.meantBy(id)) };
  }

  refuse(visit: Visit, refusal: Refusal, posted?: () => PostedAnswers): void {
    const { message, reported = new Error(message) } = refusal;
    if (reported !== null) this.report(reported);
    const { listener } = this.streams;
    if (posted === undefined || listener?.expectsAnswers !== true || !isOfSession(visit.request, this.sessionId)) {
      visit.refuse(refusal);
      return;
    }
    const answers = this.#answersMeantBy(posted());
    if (refusal.status === TOO_LARGE) {
      // A client that was refused stops sending, and the id of an answer often comes last.
      void answers.ids(MAX_REFUSED_MS).then(() => {
        visit.refuse(refusal);
        listener.refused(answers);
      });
      return;
    }
    visit.refuse(refusal);
    listener.refused(answers);
  }
}
