import { after, now } from '../clock.js';
import { SERVER_ERROR } from '../rpc-codes.js';
import { detailsOf, isRpcError, LostAnswer, type RpcError } from '../lost-answer.js';
import { reportedTokenOf, type JsonRpcMessage, type RequestId } from '../routing/message.js';
import type { Calls } from './calls.js';

/** After this time, most other calls are answered and only the one that lost its answer is left. */
const GRACE_MS = 2_000;

/** SDK clients give up after this time by default. */
const LAST_MS = 60_000;

/** The id in the Python SDK's errors about messages that it could not read. */
const NO_ID_IN_PYTHON = 'server-error';

/** A backend that answers a notification does so within this time. */
const NEWS_MS = 2_000;

interface Lost {
  /** The calls that it may belong to and that the backend has said nothing about since. */
  readonly candidates: Set<RequestId>;
  readonly error: RpcError;
  isRipe: boolean;
  readonly cancelTimers: () => void;
}

/**
 * Finds the calls to which unusable answers belong, and ends only those with an error. If an answer may belong to several
 * calls, it does not belong to any that is answered or makes progress later. It belongs to the last call left. If several
 * calls are left after a minute, all of them end.
 */
export class LostAnswers {
  readonly #all = new Set<Lost>();
  /** When the backend was last sent a message that needs no answer. */
  #toldAt = -Infinity;

  constructor(
    private readonly calls: Pick<Calls, 'open' | 'meantBy' | 'withToken'>,
    private readonly fail: (id: RequestId, error: RpcError) => void,
  ) {}

  /** The backend was sent a message that needs no answer. */
  told(): void {
    this.#toldAt = now();
  }

  /** Adds a message from the backend if it is an error that names no request. */
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
    // With more lost answers than open calls, the backend answered something that needs no answer.
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
   * A call that makes progress has not lost its answer.
   *
   * @returns the message, with the progress token as the client spelled it: a backend may write `"7"` for 7
   */
  heard(message: JsonRpcMessage): JsonRpcMessage {
    const token = reportedTokenOf(message);
    const call = token === undefined ? undefined : this.calls.withToken(token);
    if (call === undefined) return message;
    this.heardOf(call.id);
    if (call.token === token) return message;
    return { ...message, params: { ...(message.params as object), progressToken: call.token } };
  }

  /** The backend sent something for this call, so none of the lost answers belongs to it. */
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
