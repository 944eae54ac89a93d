import { withTextOfParts } from '../changed-text.js';
import { after, now } from '../clock.js';
import { errorAnswer } from '../error-answers.js';
import type { JsonRpcMessage, RequestId, RequestMessage } from '../routing/message.js';
import { assertNever } from '../routing/assert-never.js';
import { NO_INPUT, reduce, type InputEffect, type InputEvent } from './input-round.js';
import type { Fields } from './meta.js';

/** Server requests, by the keys under which the client answers them. */
export type Inputs = ReadonlyMap<string, RequestMessage>;

/** Takes the server requests of one call to the client in rounds, and its answers to the backend. */
export class Rounds {
  #round = NO_INPUT;
  /** A user who does not answer in time has closed the dialog, as far as the backend is concerned. */
  isExpired = false;

  constructor(
    /** The client has to answer these. */
    private readonly tell: (inputs: Inputs) => void,
    private readonly toBackend: (message: JsonRpcMessage) => void,
  ) {}

  /** All that is not answered. */
  get open(): Inputs {
    return new Map(this.#round.open.map(({ key, request }) => [key, request]));
  }

  asked(request: RequestMessage): void {
    this.#apply({ type: 'arrived', request, at: now() });
  }

  withdrawn(id: RequestId): void {
    this.#apply({ type: 'withdrawn', id });
  }

  /** The client has repeated its call, with these answers. */
  cameBack(answers: Readonly<Record<string, Fields>>): void {
    this.#apply({ type: 'came-back', answers, at: now() });
  }

  /** The call is over, or begins anew. What is open is given up. */
  end(): void {
    this.#apply({ type: 'ended' });
  }

  beginAnew(): void {
    this.#round = NO_INPUT;
  }

  #apply(event: InputEvent): void {
    const { round, effects } = reduce(this.#round, event);
    this.#round = round;
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: InputEffect): void {
    switch (effect.type) {
      case 'wait':
        after(effect.until - now(), () => {
          this.#apply({ type: 'waited', at: now() });
        });
        return;
      case 'tell':
        this.tell(new Map(effect.inputs.map(({ key, request }) => [key, request])));
        return;
      case 'answer':
        this.toBackend(withTextOfParts({ jsonrpc: '2.0', id: effect.request.id, result: effect.result }));
        return;
      case 'give-up':
        this.toBackend(this.#unanswered(effect.request));
        return;
      default:
        assertNever(effect);
    }
  }

  #unanswered({ id, method }: RequestMessage): JsonRpcMessage {
    return this.isExpired && method === 'elicitation/create'
      ? { jsonrpc: '2.0', id, result: { action: 'cancel' } }
      : errorAnswer(id, 'The client is not there to answer any more');
  }
}
