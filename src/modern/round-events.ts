/** What is told of calls that wait for their clients: to whoever observes the proxy, never to a client. */
import { now } from '../clock.js';
import type { RequestId } from '../routing/message.js';

/**
 * What became of one round of a call: the client was told what the backend asks, and had to come back with its answers.
 * Each `asked` is followed by one of `came-back` and `expired`, unless the proxy is closed.
 */
export interface RoundEvent {
  /** Of the session with the backend in which the call runs. The client does not know it. */
  readonly session: string | undefined;
  /** Of the call. */
  readonly method: string;
  /** Of the call, as its client has named it last: a repeated call has another id. */
  readonly id: RequestId;
  /** Of the call, as the backend knows it. */
  readonly call: RequestId;
  /** The first is 1. */
  readonly round: number;
  /** The methods of the backend's requests, in their order. Empty if the client came back. */
  readonly inputs: readonly string[];
  readonly outcome:
    /** the client was told, and the call waits for it */
    | 'asked'
    /** the client has repeated its call */
    | 'came-back'
    /** the client did not repeat its call in time, and the call was cancelled */
    | 'expired'
    /** too many calls wait already, and the call was cancelled */
    | 'refused';
  /** Since the client was told. 0 for `asked` and `refused`. */
  readonly waitedMs: number;
}

interface Named {
  readonly id: RequestId;
  readonly method: string;
}

/** Tells of the rounds of one call. */
export class RoundTeller {
  #round = 0;
  #askedAt = 0;
  #call: (Named & Pick<RoundEvent, 'call'>) | undefined;

  constructor(
    private readonly session: () => string | undefined,
    private readonly tell: (event: RoundEvent) => void,
  ) {}

  /** @param call its id at the backend */
  asked(
    { id, method }: Named,
    call: RequestId,
    requests: readonly { readonly method: string }[],
    outcome: 'asked' | 'refused',
  ): void {
    this.#round += 1;
    this.#askedAt = now();
    // The call itself has a body, which may be large.
    this.#call = { id, method, call };
    const inputs = requests.map(({ method }) => method);
    this.#emit(this.#call, inputs, outcome, 0);
  }

  cameBack({ id }: Named): void {
    if (this.#call !== undefined) this.#emit({ ...this.#call, id }, [], 'came-back', now() - this.#askedAt);
  }

  expired(): void {
    if (this.#call !== undefined) this.#emit(this.#call, [], 'expired', now() - this.#askedAt);
  }

  #emit(
    { id, method, call }: Pick<RoundEvent, 'id' | 'method' | 'call'>,
    inputs: readonly string[],
    outcome: RoundEvent['outcome'],
    waitedMs: number,
  ): void {
    this.tell({ session: this.session(), method, id, call, round: this.#round, inputs, outcome, waitedMs });
  }
}
