import { after, now } from '../clock.js';
import { SERVER_ERROR } from '../error-answers.js';
import { detailsOf, isRpcError, LostAnswer, type RpcError } from '../lost-answer.js';
import { reportedTokenOf, type JsonRpcMessage, type RequestId } from '../routing/message.js';
import type { Calls } from './calls.js';

/** By then, what is well is often answered, and the one that is not stands alone. */
const GRACE_MS = 2_000;

/** Clients of the SDK give up after so long, unless they are told otherwise. */
const LAST_MS = 60_000;

/** The id of the Python SDK's errors for messages that it could not read. */
const NO_ID_IN_PYTHON = 'server-error';

/** A backend that answers notifications does so at once. */
const NEWS_MS = 2_000;

interface Lost {
  /** The calls that it may have answered, and that nothing has been heard of since. */
  readonly candidates: Set<RequestId>;
  readonly error: RpcError;
  isRipe: boolean;
  readonly cancelTimers: () => void;
}

/**
 * Answers that came and cannot be used. Each call that has lost its answer ends with an error, and no other does: of
 * several that may be meant, those are not that are answered, or make progress, later. The last one left is. If several
 * are left for a minute, none of which makes progress, all of them end.
 */
export class LostAnswers {
  readonly #all = new Set<Lost>();
  /** When the backend was told something last that needs no answer. */
  #toldAt = -Infinity;

  constructor(
    private readonly calls: Pick<Calls, 'open' | 'meantBy' | 'withToken'>,
    private readonly fail: (id: RequestId, error: RpcError) => void,
  ) {}

  /** The backend was told something that needs no answer. */
  told(): void {
    this.#toldAt = now();
  }

  /** The backend has sent this error, if it is one that names no request. */
  addNameless(message: JsonRpcMessage): void {
    const { id, method, error } = message;
    if ((id ?? NO_ID_IN_PYTHON) === NO_ID_IN_PYTHON && method === undefined && isRpcError(error))
      this.add(new LostAnswer('the backend sent an error that names no request', detailsOf(message)));
  }

  add({ message, details }: LostAnswer): void {
    const { mayAnswerNews = false, error = { code: SERVER_ERROR, message: `${message}, perhaps to this request` } } =
      details;
    const about = details.about === undefined ? undefined : this.calls.meantBy(details.about);
    const { open } = this.calls;
    const candidates = new Set(about === undefined ? open : open.filter((id) => id === about));
    // A backend that answers more than it is asked loses nothing by it.
    if (candidates.size === 0 || this.#all.size >= open.length) return;
    const cancels = [after(LAST_MS, () => this.#failAll([lost], lost.candidates))];
    const cancelTimers = (): void => {
      for (const cancel of cancels) cancel();
    };
    const lost: Lost = { candidates, error, isRipe: false, cancelTimers };
    this.#all.add(lost);
    if (mayAnswerNews && now() - this.#toldAt < NEWS_MS) return;
    cancels.push(
      after(GRACE_MS, () => {
        lost.isRipe = true;
        this.#conclude();
      }),
    );
  }

  /**
   * A call that makes progress has lost nothing.
   *
   * @returns the message. Progress tokens are often the ids of their requests, and spelled in as many ways
   */
  heard(message: JsonRpcMessage): JsonRpcMessage {
    const token = reportedTokenOf(message);
    const call = token === undefined ? undefined : this.calls.withToken(token);
    if (call === undefined) return message;
    this.heardOf(call.id);
    if (call.token === token) return message;
    return { ...message, params: { ...(message.params as object), progressToken: call.token } };
  }

  /** Something was heard of this call: no lost answer is its. */
  heardOf(id: RequestId): void {
    if (this.#all.size === 0) return;
    for (const lost of this.#all) lost.candidates.delete(id);
    this.#conclude();
  }

  stop(): void {
    for (const lost of this.#all) this.#forget(lost);
  }

  #conclude(): void {
    for (const lost of this.#all) if (lost.candidates.size === 0) this.#forget(lost);
    const ripe = [...this.#all].filter(({ isRipe }) => isRipe);
    const candidates = new Set(ripe.flatMap((lost) => [...lost.candidates]));
    if (candidates.size <= ripe.length) {
      this.#failAll(ripe, candidates);
      return;
    }
    const certain = ripe.find((lost) => lost.candidates.size === 1);
    if (certain !== undefined) this.#failAll([certain], certain.candidates);
  }

  #failAll(lost: readonly Lost[], ids: ReadonlySet<RequestId>): void {
    const errors = [...ids].map((id) => ({ id, error: lost.find(({ candidates }) => candidates.has(id))?.error }));
    for (const one of lost) this.#forget(one);
    for (const { id, error } of errors) if (error !== undefined) this.fail(id, error);
  }

  #forget(lost: Lost): void {
    lost.cancelTimers();
    this.#all.delete(lost);
  }
}
