import { randomUUID } from 'node:crypto';
import { Subject, type Observable } from 'rxjs';
import { guarded } from '../interceptor/guarded.js';
import { callbackFailed } from '../interceptor/report.js';
import { reasonOf } from '../error-answers.js';
import { asError } from '../errors.js';
import { isOfOneRequest } from '../of-one-request.js';
import type { RequestId } from '../routing/message.js';
import { INTERNAL, INVALID_JSON } from '../modern/error-texts.js';
import { InnerTransport } from '../modern/inner-transport.js';
import type { ModernRelay } from '../modern-relay.js';
import { ModernDoor, type Visit } from '../modern/door.js';
import { errorText } from '../modern/pass-through.js';
import { refusedIdOf } from '../modern/refusal.js';
import { unknownCall } from '../modern/waiting.js';
import type { AnswerWriter, RelayWriter } from '../modern/answer-writer.js';
import type { Post } from '../modern/host.js';
import { NodeWriters } from '../modern/node-writers.js';
import type { PooledSession } from '../modern/place.js';
import type { RoundEvent } from '../modern/round-events.js';
import { nodeIn } from '../modern/request-state.js';
import type { Admission, ForwardTo } from './admission.js';
import { Credential } from './credential.js';
import type { Incoming } from './guard.js';
import { NOT_FOUND, WHEREABOUTS_UNKNOWN, type Answer } from './own-answers.js';
import { requestStateIn, type ModernPost } from './modern-post.js';
import { LateAsk, Sender } from './opener.js';
import { ModernRequestInfo } from './request-info.js';
import { RefusedCalls } from './refused-calls.js';
import { RelayedEvents } from './relayed-events.js';
import type { EventSource } from './event-source.js';
import { RelayedCalls } from './relayed-calls.js';
import { Session } from './session.js';
import type { Sessions, TransportEvents } from './sessions.js';
import type { ProxySettings } from './settings.js';

/** Nodes are found by the ids of their sessions. */
const ANY_UUID = '00000000-0000-0000-0000-000000000000';

const BAD_GATEWAY = 502;

/** The entry for clients of the revision without sessions, whatever the HTTP server is. */
export class ModernEntry {
  readonly #door: ModernDoor<Answer>;
  readonly #rounds = new Subject<RoundEvent>();
  /** What became of each round of each call. */
  readonly rounds$: Observable<RoundEvent>;
  /** For answers to clients that came through `node:http`. */
  readonly nodeWriters: NodeWriters;
  readonly #relayed: RelayedCalls;
  readonly #refused: RefusedCalls;
  readonly #vary: ReadonlySet<string>;

  constructor(
    private readonly sessions: Sessions,
    private readonly admission: Admission,
    private readonly settings: ProxySettings,
    private readonly report: (error: Error) => void,
    events: EventSource,
  ) {
    const { serialize, modernSessions, varyHeaders = [] } = settings;
    this.#vary = new Set(varyHeaders.map((name) => name.toLowerCase()));
    this.nodeWriters = new NodeWriters(settings.maxBufferedBytes);
    this.#refused = new RefusedCalls(events);
    const relayedEvents = new RelayedEvents(events, settings.carrier, report);
    this.#relayed = new RelayedCalls(settings, report, relayedEvents, this.#refused);
    this.#door = new ModernDoor({
      // One call at a time would wait for the users of all the others.
      sessions: serialize && modernSessions === 'shared' ? 'lease' : modernSessions,
      maxIdle: Math.ceil(settings.maxSessions / 2),
      // Calls that wait for their users are in flight for a long time: the latest is no good guess.
      makeTransport: () => new InnerTransport({ ...settings.backchannel, ambiguous: 'reject' }),
      isRefusal: (opened): opened is Answer => 'status' in opened,
      report,
      onRound: (event) => {
        this.#rounds.next(event);
      },
      node: () => settings.cluster?.self,
    });
    this.rounds$ = guarded(this.#rounds, (cause) => {
      report(callbackFailed('a subscriber of rounds$', cause));
    });
  }

  /** With a cluster: the node on which this call waits for its client, if that is not this one. */
  async elsewhere(post: ModernPost): Promise<ForwardTo | Answer | undefined> {
    const node = nodeIn(requestStateIn(post.message) ?? '');
    const found = node === undefined ? undefined : await this.settings.cluster?.whereIs(`${node}.${ANY_UUID}`);
    if (found?.at === 'node') return { to: found.node, isNew: false };
    if (found?.at === 'unknown') this.#refused.tell(post, WHEREABOUTS_UNKNOWN);
    return found?.at === 'unknown' ? WHEREABOUTS_UNKNOWN : undefined;
  }

  /** The answer to a retry whose node is gone, and with it the call. */
  lost(post: ModernPost): Answer {
    const { id, error, status } = unknownCall((post.message as { readonly id: RequestId }).id);
    this.#refused.tell(post, error.message);
    const body = JSON.stringify({ jsonrpc: '2.0', id, error });
    return { status, headers: { 'content-type': 'application/json' }, body };
  }

  serve(post: ModernPost, writer: RelayWriter): void {
    if (post.message === undefined) {
      writer.answer(400, INVALID_JSON);
      return;
    }
    const relay = this.#relayFor(post);
    if (!(relay instanceof Promise)) {
      this.#serveThrough(relay, post, writer);
      return;
    }
    relay
      .then((found) => {
        this.#serveThrough(found, post, writer);
      })
      .catch((error: unknown) => {
        this.report(asError(error));
        this.#refused.tell(post, reasonOf(error), 'undelivered');
        writer.answer(500, INTERNAL);
      });
  }

  #serveThrough(relay: ModernRelay | undefined, { incoming, message, text }: ModernPost, writer: RelayWriter): void {
    if (writer.isOver) return;
    if (relay !== undefined) this.#relayed.serve(message, text, incoming, { relay, writer });
    else this.#door.serve(message, text, this.#visit({ incoming, message }, writer));
  }

  /** A call that was suspended before the backend was known to be modern goes on as it began. */
  #relayFor({ incoming, message }: ModernPost): ModernRelay | undefined | Promise<ModernRelay | undefined> {
    const { modernBackend } = this.settings;
    if (modernBackend === undefined) return undefined;
    const requestState = requestStateIn(message);
    if (requestState !== undefined && this.#door.isRetryOf(requestState)) return undefined;
    return modernBackend(new LateAsk(incoming, requestState !== undefined));
  }

  /** Calls that wait for their clients. */
  get suspended(): number {
    return this.#door.suspended;
  }

  /** Sessions that calls have now. */
  get leased(): number {
    return this.#door.leased;
  }

  /** Messages that were passed on and have no answer yet. */
  get relayed(): number {
    return this.#relayed.size;
  }

  /** Passes nothing on any more. Resolves when nothing is under way, or after `graceMs`. */
  drain(graceMs: number): Promise<void> {
    return this.#relayed.close(graceMs);
  }

  close(): void {
    this.#door.close();
  }

  #visit({ incoming, message }: Pick<ModernPost, 'incoming' | 'message'>, writer: AnswerWriter): Visit<Answer> {
    const credential = new Credential(incoming.headers, this.settings.credentialHeaders);
    return {
      headers: incoming.headers,
      caller: {
        principal: credential.key,
        seen: seenOf(incoming, this.#vary),
        isKnown: this.#tellsWho(credential),
      },
      writer,
      post: this.#postOf(incoming, writer, message),
      open: (transport) => this.#open(incoming, credential, transport),
      renew: async (session) => (session instanceof Session ? this.#renew(session, incoming, credential) : 'another'),
      refuse: (answer) => {
        this.#refused.tell({ incoming, message }, answer);
        writer.answer(answer.status, answer.body ?? '', answer.headers);
      },
      failed: (outcome, why) => {
        this.#refused.tell({ incoming, message }, why, outcome);
      },
    };
  }

  /** A session of an anonymous client is nobody's, not even when somebody comes back to it with a first token. */
  async #renew(session: Session, incoming: Incoming, credential: Credential): Promise<'renewed' | 'another' | Answer> {
    if (!this.#tellsWho(session.credential)) return 'another';
    const found = await this.sessions.bound(session, credential, () => this.admission.passedOf(incoming));
    if (found === NOT_FOUND) return 'another';
    return 'status' in found ? found : 'renewed';
  }

  #tellsWho(credential: Credential): boolean {
    return credential.tellsWho(this.settings.token !== undefined);
  }

  #postOf(incoming: Incoming, writer: AnswerWriter, message: unknown): Post {
    return {
      requestInfo: new ModernRequestInfo(incoming, message),
      run: (work, refused) => {
        const pending = this.admission.pendingPost(incoming);
        // A refusal of the backend becomes the answer. What else is written afterwards is dropped.
        pending.onSettled((refusal) => {
          if (refusal === undefined || writer.isOver) return;
          writer.answer(refusal.status, refusal.body, refusal.headers);
          refused?.();
        });
        pending.onUndelivered(() => {
          if (refused === undefined || writer.isOver) return;
          writer.answer(
            BAD_GATEWAY,
            errorText(refusedIdOf(message), 'The backend did not take the answers of the client'),
          );
          refused();
        });
        return pending.run(work);
      },
    };
  }

  #open(incoming: Incoming, credential: Credential, transport: InnerTransport): PooledSession | Answer {
    let events: TransportEvents | undefined;
    const session = this.sessions.open(new Sender(incoming, credential, true), (given) => {
      events = given;
      return transport;
    });
    if ('status' in session) return session;
    // The client never learns it.
    const id = randomUUID();
    transport.nameSession(id);
    events?.initialized(id);
    return session;
  }
}

/** What a backend may know the client by: its headers, without those that differ between its requests. */
function seenOf(incoming: Incoming, vary: ReadonlySet<string>): string {
  const names = [...incoming.headerNames()].filter(
    (name) => !isOfOneRequest(name) && !vary.has(name) && !name.startsWith('mcp-') && !OF_POST.has(name),
  );
  return JSON.stringify(names.sort().map((name) => [name, incoming.headers.get(name)]));
}

const OF_POST: ReadonlySet<string> = new Set(['accept', 'connection', 'content-type', 'transfer-encoding']);
