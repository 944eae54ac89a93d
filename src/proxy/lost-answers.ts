import { after } from '../clock.js';
import type { RpcError } from '../lost-answer.js';
import type { RequestId } from '../routing/message.js';

/** By then, what is well is often answered, and the one that is not stands alone. */
const GRACE_MS = 2_000;

/** Clients of the SDK give up after so long, unless they are told otherwise. */
const LAST_MS = 60_000;

/** The calls of a session. */
interface OpenCalls {
  /** The ids of those that the backend may still answer. */
  readonly open: readonly RequestId[];
}

interface LostAnswer {
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
  readonly #all = new Set<LostAnswer>();

  constructor(
    private readonly calls: OpenCalls,
    private readonly fail: (id: RequestId, error: RpcError) => void,
  ) {}

  /** @param error for the call; @param isLikely it answers a call, and not a notification */
  add(about: RequestId | undefined, error: RpcError, isLikely: boolean): void {
    const { open } = this.calls;
    const candidates = new Set(about === undefined ? open : open.filter((id) => id === about));
    // A backend that answers more than it is asked loses nothing by it.
    if (candidates.size === 0 || this.#all.size >= open.length) return;
    const cancels = [
      after(LAST_MS, () => {
        this.#failAll([lost], lost.candidates);
      }),
    ];
    const lost: LostAnswer = {
      candidates,
      error,
      isRipe: false,
      cancelTimers: () => {
        for (const cancel of cancels) cancel();
      },
    };
    this.#all.add(lost);
    if (!isLikely) return;
    cancels.push(
      after(GRACE_MS, () => {
        lost.isRipe = true;
        this.#conclude();
      }),
    );
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

  #failAll(lost: readonly LostAnswer[], ids: ReadonlySet<RequestId>): void {
    const errors = [...ids].map((id) => ({ id, error: lost.find(({ candidates }) => candidates.has(id))?.error }));
    for (const one of lost) this.#forget(one);
    for (const { id, error } of errors) if (error !== undefined) this.fail(id, error);
  }

  #forget(lost: LostAnswer): void {
    lost.cancelTimers();
    this.#all.delete(lost);
  }
}
