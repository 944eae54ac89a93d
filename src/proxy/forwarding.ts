/** Requests that another node of the cluster serves. */
import { BriefSet } from '../routing/brief-set.js';
import type { Readable } from 'node:stream';
import type { Cluster, Node, Passed, PassedAnswer, PassedRequest } from '../cluster/cluster.js';
import { now } from '../clock.js';
import { endsWithin } from '../ends-within.js';
import { errorAnswer } from '../error-answers.js';
import { jsonOf } from '../json-messages.js';
import type { RequestId } from '../routing/message.js';
import type { ForwardTo } from './admission.js';
import type { EventSource } from './event-source.js';
import type { Incoming } from './guard.js';
import { PassedOn } from './passed-on.js';
import { CLOSING, TOO_MANY_PASSED, WHEREABOUTS_UNKNOWN, type Answer } from './own-answers.js';

/** A new session is offered to so many nodes that turn out to be gone. */
const MAX_OFFERS = 3;

/** A session may have moved once more while its request was under way. */
const MAX_MOVES = 2;

function isForwardTo(entered: object): entered is ForwardTo {
  return 'to' in entered;
}

/** Passes requests on to the other nodes. */
export class Forwarding {
  /** Each resolves when an answer that somebody waits for has ended. */
  readonly #awaited = new BriefSet<Promise<void>>();

  constructor(
    private readonly cluster: Cluster,
    private readonly events: EventSource,
  ) {}

  /**
   * @param adopt asked if the request surely did not run at the node: the session may have moved, or may go on here
   * @returns the answer of the other node, ours if the request ran nowhere, or the session that goes on here
   */
  async pass<S extends object>(
    request: PassedRequest,
    { to, isNew }: ForwardTo,
    adopt: () => Promise<S | Answer | ForwardTo>,
  ): Promise<PassedAnswer | Answer | S> {
    let ended = (): void => undefined;
    if (request.method === 'POST') {
      const awaited = new Promise<void>((resolve) => (ended = resolve));
      void awaited.then(this.#awaited.add(awaited));
    }
    try {
      const answer = await (isNew ? this.#offer(request, to) : this.#follow(request, to, adopt));
      if (isPassed(answer) && isStream(answer.body)) answer.body.once('close', ended);
      else ended();
      return answer;
    } catch (error) {
      ended();
      throw error;
    }
  }

  async #pass(request: PassedRequest, node: Node): Promise<Passed> {
    const since = now();
    const passed = await this.cluster.pass(request, node);
    if (this.events.isWatched) {
      const outcome = typeof passed === 'string' ? passed : 'passed';
      this.events.tell(new PassedOn(request, node.id, outcome, now() - since));
    }
    return passed;
  }

  /** Passes a request on to its session, wherever that has moved. */
  async #follow<S extends object>(
    request: PassedRequest,
    to: Node,
    adopt: () => Promise<S | Answer | ForwardTo>,
  ): Promise<PassedAnswer | Answer | S> {
    for (let moves = 0, node = to; ; moves++) {
      const passed = await this.#pass(request, node);
      if (passed === 'busy') return TOO_MANY_PASSED;
      if (passed !== 'gone') return passed;
      const next = await adopt();
      if (!isForwardTo(next)) return next;
      // Another node has it, or will: 404 would make the client give it up.
      if (moves === MAX_MOVES) return WHEREABOUTS_UNKNOWN;
      node = next.to;
    }
  }

  /** Offers a new session to other nodes. */
  async #offer(request: PassedRequest, to: Node): Promise<PassedAnswer | Answer> {
    let node: Node | undefined = to;
    for (let offers = 1; ; offers++) {
      const passed = await this.#pass(request, node);
      if (passed === 'busy') return TOO_MANY_PASSED;
      if (passed !== 'gone') return passed;
      node = this.cluster.other();
      if (node === undefined || offers === MAX_OFFERS) return CLOSING;
    }
  }

  /**
   * A body was too large to be passed on, and it answered server requests. Their senders would wait for ever, so an error
   * takes the place of each answer.
   */
  async passRefused(
    request: Omit<PassedRequest, 'body' | 'signal'>,
    { to }: ForwardTo,
    ids: readonly RequestId[],
  ): Promise<void> {
    if (ids.length === 0) return;
    const errors = ids.map((id) => errorAnswer(id, 'The answer of the client was refused: its POST was too large'));
    const rawHeaders = request.rawHeaders.filter(
      (_, at, all) => !OF_THE_BODY.has((all[at - (at % 2)] ?? '').toLowerCase()),
    );
    const passed = await this.#pass(
      {
        ...request,
        rawHeaders: [
          ...rawHeaders,
          'content-type',
          'application/json',
          'accept',
          'application/json, text/event-stream',
        ],
        body: Buffer.from(jsonOf(errors.length === 1 ? (errors[0] ?? {}) : errors)),
        signal: new AbortController().signal,
      },
      to,
    );
    if (typeof passed !== 'string' && isStream(passed.body)) passed.body.resume();
  }

  /** Resolves when nobody waits for an answer of another node any more, or after this time. */
  async answered(withinMs: number): Promise<void> {
    await endsWithin(withinMs, Promise.all(this.#awaited));
  }
}

const OF_THE_BODY: ReadonlySet<string> = new Set(['accept', 'content-encoding', 'content-type']);

export function isPassed(answer: object): answer is PassedAnswer {
  return 'rawHeaders' in answer;
}

export function isStream(body: PassedAnswer['body']): body is Readable {
  return !(body instanceof Uint8Array);
}

/** The headers as they came, with the host that the guard has seen: the guard of the other node sees it, too. */
export function withHost(rawHeaders: readonly string[], { host }: Incoming): readonly string[] {
  const hasHost = rawHeaders.some((name, at) => at % 2 === 0 && name.toLowerCase() === 'host');
  return hasHost || host === undefined ? rawHeaders : ['host', host, ...rawHeaders];
}
