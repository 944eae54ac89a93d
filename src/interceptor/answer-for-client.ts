import type { Exchange, Ledger } from '../routing/ledger.js';
import { isResponse, type JsonRpcMessage, type RequestId } from '../routing/message.js';
import { RecentSet } from '../routing/recent-set.js';
import { answerFor, answerRefused, neverResumed, orphaned, tooLate } from './refusals.js';
import { callbackFailed } from './report.js';
import type { RouteLog } from './route-log.js';
import type { ReceivingTransport } from './wrapped-transport.js';

/**
 * Answers server requests with an error in place of a client that is gone, or whose own answer was refused, in one life of
 * a transport.
 */
export class AnswerForClient {
  /** The requests that were answered in the client's place. */
  readonly #answered = new RecentSet<RequestId>();

  constructor(
    private readonly transport: ReceivingTransport,
    private readonly log: RouteLog,
  ) {}

  /** Answers every request that a client which is gone has left open. */
  answerAll(): void {
    for (const { exchange, ledger } of [...this.transport.ledgers.exchanges()]) {
      this.#answer(exchange, ledger, orphaned);
    }
  }

  /** Answers a request that was stored for a client which does not come back for it. */
  answerStored(exchange: Exchange, ledger: Ledger): void {
    this.#answer(exchange, ledger, neverResumed);
  }

  /** Answers requests whose answers by the client were refused: it will not send them again. */
  answerRefused(ids: readonly RequestId[]): void {
    const ledger = this.transport.ledgers.named(undefined);
    for (const id of ids) {
      const exchange = ledger.exchanges.get(id);
      if (exchange !== undefined) this.#answer(exchange, ledger, answerRefused);
    }
  }

  /**
   * Drops an answer of the client to a request that was answered in its place, and reports it.
   *
   * @returns whether the message was one
   */
  dropsLate(message: JsonRpcMessage): boolean {
    try {
      if (!isResponse(message)) return false;
      const { id } = message;
      // A backend that starts anew uses its ids again: the answer is to the request that is open now.
      const isOpen = this.transport.ledgers.named(undefined).exchanges.get(id) !== undefined;
      if (isOpen || !this.#answered.delete(id)) return false;
      this.transport.report(tooLate(id));
      return true;
    } catch {
      // A message that cannot be read is passed on as it is.
      return false;
    }
  }

  #answer(exchange: Exchange, ledger: Ledger, errorOf: typeof orphaned): void {
    const { id, method } = exchange;
    const { settings, ledgers, report } = this.transport;
    // The exchange may be over by now, because another one was answered a moment ago, and its id may be in use again.
    if (ledger.exchanges.get(id) !== exchange) return;
    const error = errorOf(id, method, settings.orphanTimeoutMs);
    this.log.orphaned(exchange, ledger, error);
    // With several sessions, another one may have a request open with the same id, and that answer must come through.
    if (settings.sessionOf === undefined) this.#answered.add(id);
    ledger.exchanges.close(id);
    ledgers.prune(ledger);
    try {
      // Not through the pipeline: there is no `extra` by which `sessionOf` could name the session.
      this.transport.handOver(answerFor(id, error), undefined);
    } catch (cause) {
      report(callbackFailed('onmessage', cause));
    }
  }
}
