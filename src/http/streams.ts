import { BriefMap } from '../routing/brief-map.js';
import type { InFlight } from '../routing/ledger.js';
import type { RequestId } from '../routing/message.js';
import type { OwnStreams, StreamListener } from '../streams/client-streams.js';
import type { OpenStreams } from '../streams/open-streams.js';
import { EventStream, type StreamOwner } from './event-stream.js';
import { headsOf, type Heads } from './heads.js';
import { KeepAlive } from './keep-alive.js';
import { Post } from './post.js';
import { CLOSED } from './refusals.js';
import { checkBuffer } from './slow-client.js';
import type { HttpSettings } from './options.js';
import type { Visit } from './visit.js';

/** The name of the standalone stream in the event store. It is the SDK's, so that a store may serve both. */
export const STANDALONE = '_GET_stream';

/** The streams of the client. The back-channel asks for them, and nothing has to be watched. */
export class Streams implements OwnStreams, OpenStreams, StreamOwner {
  listener: StreamListener | undefined;
  standalone: EventStream | undefined;
  standaloneIsResumable = false;
  arriving: Post | undefined;
  readonly responseMode: 'sse' | 'json';
  readonly storesWhileAway: boolean;
  /** By their numbers. */
  readonly #visits = new BriefMap<number, Visit>();
  /** The POST that waits for the answer to each request. */
  readonly #posts = new BriefMap<RequestId, Post>();
  /** The same POSTs, by their names in the event store. */
  readonly #byStreamId = new BriefMap<string, Post>();
  readonly #keepAlive: KeepAlive;
  #heads: Heads = headsOf();

  constructor(private readonly settings: HttpSettings) {
    this.responseMode = settings.enableJsonResponse ? 'json' : 'sse';
    this.storesWhileAway = settings.eventStore !== undefined;
    this.#keepAlive = new KeepAlive(settings.keepAliveMs);
  }

  get openStreams(): OpenStreams {
    return this;
  }

  get connections(): number {
    return this.#visits.size;
  }

  // ---- what the client opens ----

  visited(visit: Visit): void {
    if (visit.isOver) return;
    this.#visits.set(visit.number, visit);
    this.listener?.connectionsChanged();
  }

  left(visit: Visit): void {
    if (this.#visits.delete(visit.number)) this.listener?.connectionsChanged();
  }

  /** A POST with these requests waits for their answers. */
  posted(post: Post, ids: readonly RequestId[]): void {
    if (post.streamId !== undefined) this.#byStreamId.set(post.streamId, post);
    for (const id of ids) {
      const older = this.#posts.get(id);
      this.#posts.set(id, post);
      post.owes(id);
      // The newest request of an id gets the answer. The older POST would wait for it for ever.
      if (older !== undefined && older !== post && older.forfeits(id)) {
        this.forget(older);
        endUnanswered(older);
      }
    }
  }

  /** What is written for the POST goes on the response of this visit from now on. The newest one wins. */
  attach(post: Post, visit: Visit, replayed?: ReadonlySet<string>): EventStream {
    const older = post.stream;
    const stream = new EventStream(visit, post, this, replayed);
    post.stream = stream;
    older?.end();
    return stream;
  }

  /**
   * The client comes back to a stream.
   *
   * @param streamId its name in the event store
   * @param replayed the events that the client is given because it came back
   * @returns `undefined` if nothing more will be written to it. That is also so if the client has come back once more
   *   while the store was read: its newest connection wins, not the one whose reading took longest
   */
  resumed(streamId: string, visit: Visit, replayed: ReadonlySet<string>): EventStream | undefined {
    if (streamId === STANDALONE)
      return isOlder(visit, this.standalone) ? undefined : this.openStandalone(visit, replayed);
    const post = this.#byStreamId.get(streamId);
    if (post === undefined || isOlder(visit, post.stream)) return undefined;
    post.isResumable = true;
    return (post.resumedBy = this.attach(post, visit, replayed));
  }

  /** The standalone stream is the response of this visit from now on. The newest one wins: the client may have lost the older. */
  openStandalone(visit: Visit, replayed?: ReadonlySet<string>): EventStream {
    const older = this.standalone;
    const stream = new EventStream(visit, undefined, this, replayed);
    stream.isResumable = replayed !== undefined;
    this.standalone = stream;
    this.standaloneIsResumable = false;
    older?.end();
    return stream;
  }

  /** The POST that waits for the answer to this request. */
  of(id: RequestId): Post | undefined {
    return this.#posts.get(id);
  }

  /** All its answers are there, or will never be. */
  forget(post: Post): void {
    for (const id of post.ids) if (this.#posts.get(id) === post) this.#posts.delete(id);
    if (post.streamId !== undefined) this.#byStreamId.delete(post.streamId);
  }

  /**
   * Answers a POST in JSON. Nothing else could be written for it.
   *
   * @throws BackchannelError `SLOW_CLIENT`: too much waits for the client already. The connection is closed
   */
  answerInJson(visit: Visit, body: string): void {
    if (!visit.begins()) return;
    checkBuffer(visit, body, this);
    visit.answer(200, this.#heads.forJson(Buffer.byteLength(body)), body);
  }

  /**
   * An answer waits until the others of its JSON body are there.
   *
   * @throws BackchannelError `SLOW_CLIENT`, as above
   */
  holdForJson(post: Post, visit: Visit, text: string): void {
    checkBuffer(visit, text, this);
    post.heldBytes += text.length;
  }

  /** Ends what is open: the transport is closed. */
  endAll(): void {
    this.#keepAlive.close();
    const posts = new Set(this.#posts.values());
    this.#posts.clear();
    this.#byStreamId.clear();
    for (const post of posts) endUnanswered(post);
    this.standalone?.end();
  }

  // ---- what a stream needs to know ----

  headFor(visit: Visit, contentLength?: number): string[] | Record<string, string> {
    return this.#heads.forStream(visit, contentLength);
  }

  /** The session has a name. */
  sessionNamed(sessionId: string | undefined): void {
    this.#heads = headsOf(sessionId);
  }

  /** What waits for the client on all its connections. */
  get bufferedBytes(): number {
    let bytes = 0;
    for (const { response, carries } of this.#visits.values())
      bytes += response.writableLength + (carries?.heldBytes ?? 0);
    return bytes;
  }

  get hasTooMuchBuffered(): boolean {
    return this.bufferedBytes > this.settings.maxBufferedBytes;
  }

  keepAlive(stream: EventStream): void {
    this.#keepAlive.add(stream);
  }

  ended(stream: EventStream): void {
    this.#keepAlive.delete(stream);
    const { post } = stream;
    if (post instanceof Post) {
      if (post.stream !== stream) return;
      post.stream = undefined;
      this.lost(post);
    } else if (this.standalone === stream) {
      this.standalone = undefined;
      this.standaloneIsResumable = stream.isResumable;
    }
  }

  /** The connection of a POST has ended, or its stream. */
  lost(post: Post): void {
    post.isFinished = true;
    if (post.isResumable || post.isComplete) return;
    for (const request of post.requests) this.listener?.requestLost(request);
  }

  // ---- what the back-channel asks ----

  arrived(post: Post, request: InFlight): void {
    post.requests.push(request);
    request.isStreaming = post.json === undefined;
    if (post.isFinished && !post.isResumable) this.listener?.requestLost(request);
  }

  /** What is written while the client is just coming back to a stream is kept for it: see `Replay`. */
  resumption(): undefined {
    return undefined;
  }

  resumedBy(post: Post): EventStream | undefined {
    return post.resumedBy;
  }

  close(): void {
    this.listener = undefined;
  }
}

/** Its answers will never be there. */
function endUnanswered({ stream, json }: Post): void {
  stream?.end();
  json?.refuse(CLOSED);
}

/** Whether the client has opened this stream after that visit began. */
function isOlder(visit: Visit, stream: EventStream | undefined): boolean {
  return stream !== undefined && stream.visit.number > visit.number;
}
