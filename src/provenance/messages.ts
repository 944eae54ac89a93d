import { onBehalfOf, onNobodysBehalf, originOn } from '../interceptor/origin.js';
import type { InFlight, Ledger } from '../routing/ledger.js';
import { Ledgers } from '../routing/ledgers.js';
import type { KnownStreams } from '../routing/hints.js';
import {
  cancelledIdOf,
  isMethodMessage,
  isModern,
  isRecord,
  isRequest,
  isRequestId,
  isResponse,
  scopeOf,
  type JsonRpcMessage,
  type MethodMessage,
} from '../routing/message.js';
import { route, type Evidence } from '../routing/route.js';
import { takesStamps, withStamp } from '../routing/stamp.js';

/** Evidence that is no guess. Only a context may name another call than is meant: where calls share what one of them made. */
const CERTAIN: ReadonlySet<Evidence> = new Set<Evidence>([
  'explicit',
  'progress-token',
  'same-exchange',
  'related-task',
  'context',
]);

/** A pipe carries everything. */
const ONE_STREAM: KnownStreams = { standalone: 'assumed', requests: 'open' };

/** The requests that arrived, and `undefined` for other messages. */
const arrivals = new WeakMap<object, InFlight | undefined>();

/** The messages of one stdio server transport. Each that leaves is stamped if its originating request is known. */
export class Messages {
  readonly #transport = {};
  readonly #ledger: Ledger = new Ledgers(this.#transport).named(undefined);

  /** Calls `work` on behalf of the request that it handles, or on nobody's for another message that arrived. */
  static handle(message: unknown, work: () => unknown): unknown {
    const key = message as object;
    // A key that is no object is not in there.
    if (!arrivals.has(key)) return work();
    const entry = arrivals.get(key);
    if (entry === undefined) return onNobodysBehalf(work);
    let result: unknown;
    onBehalfOf(entry, () => {
      result = work();
    });
    return result;
  }

  /** A message has come in. Somebody who has wrapped `onmessage` may show it twice. */
  arrived(message: unknown): void {
    try {
      if (isRecord(message) && !arrivals.has(message)) arrivals.set(message, this.#track(message));
    } catch {
      // A fault of ours: the server must not notice it.
    }
  }

  /** @returns the message as it is to be sent */
  leaving(message: unknown, options: unknown): unknown {
    if (!isRecord(message)) return message;
    if (isResponse(message)) this.#ledger.answer(message);
    const mayHaveStamp = isMethodMessage(message) && !this.#ledger.modern;
    return mayHaveStamp ? this.#stamped(message, options) : message;
  }

  #track(message: JsonRpcMessage): InFlight | undefined {
    const ledger = this.#ledger;
    if (isRequest(message)) {
      ledger.modern = isModern(message) && !takesStamps(message);
      return ledger.receive(message).entry;
    }
    const cancelled = message.method === 'notifications/cancelled' ? cancelledIdOf(message) : undefined;
    if (cancelled !== undefined) ledger.cancel(cancelled);
    if (isResponse(message)) ledger.exchanges.close(message.id);
    return undefined;
  }

  #stamped(message: MethodMessage, options: unknown): MethodMessage {
    const ledger = this.#ledger;
    const named = isRecord(options) ? options['relatedRequestId'] : undefined;
    const context = originOn(this.#transport);
    const chosen = route(
      message,
      ledger,
      {
        explicit: isRequestId(named) ? named : undefined,
        provenance: undefined,
        context,
        scope: scopeOf(message.method),
        ambiguous: 'reject',
        overdue: false,
      },
      ONE_STREAM,
    );
    const entry = chosen.to === 'request' && CERTAIN.has(chosen.evidence) ? chosen.entry : undefined;
    if (isRequest(message)) ledger.exchanges.open(message, entry, 0);
    const takenBack = message.method === 'notifications/cancelled' ? cancelledIdOf(message) : undefined;
    if (takenBack !== undefined) ledger.exchanges.close(takenBack);
    // A call may ask or log after its answer. Whoever calls next must not be asked or told in its place.
    const late = context?.state === 'answered' && scopeOf(message.method) !== 'session' ? context : undefined;
    const owner = entry ?? late;
    return owner === undefined ? message : withStamp(message, owner.id);
  }
}
