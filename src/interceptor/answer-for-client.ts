import { debug } from '../debug.js';
import { Recent } from '../routing/recent.js';
import type { Settings } from '../options.js';
import type { Exchange, InFlight, Ledger } from '../routing/ledger.js';
import { isResponse, type JsonRpcMessage, type RequestId } from '../routing/message.js';
import type { Sessions } from '../routing/ledgers.js';
import { answerFor, neverResumed, orphaned, tooLate } from './refusals.js';
import { callbackFailed, type Report } from './report.js';
import type { RouteLog } from './route-log.js';

/** JSON-RPC's "internal error". */
const INTERNAL_ERROR = -32603;

/** The wrapped transport, as a stand-in sees it. */
export interface StandInOwner {
  readonly settings: Settings;
  readonly report: Report;
  readonly sessions: Sessions;
  /** Hands an inbound message to the proxy. May throw what the proxy throws. */
  handOver(message: JsonRpcMessage, extra: unknown): void;
  sendOnBehalfOf(entry: InFlight, message: JsonRpcMessage): Promise<void>;
}

/** Answers in the place of those who will not: a handler that threw, and a client that is gone. */
export class StandIn {
  /** Requests that were answered in the client's place. Most sessions have none. */
  #answered: Recent<RequestId> | undefined;

  constructor(
    private readonly owner: StandInOwner,
    private readonly log: RouteLog,
  ) {}

  /** A new life has begun: who connects next counts its questions from the beginning. */
  begin(): void {
    this.#answered = undefined;
  }

  /** Answers in the place of a handler that threw: the client would wait for ever. */
  failed(entry: InFlight): void {
    const error = { code: INTERNAL_ERROR, message: 'Internal error' };
    // On its behalf: where there are several sessions, its id alone may not say which is meant.
    this.owner.sendOnBehalfOf(entry, { jsonrpc: '2.0', id: entry.id, error }).catch((cause: unknown) => {
      debug.error('could not answer %s %o: %o', entry.method, entry.id, cause);
    });
  }

  /** Answers all that a client which is gone has left open. */
  abandonAll(): void {
    for (const { exchange, ledger } of [...this.owner.sessions.exchanges()]) this.#abandon(exchange, ledger, orphaned);
  }

  /** Answers what was stored for a client that does not come back for it. */
  abandon(exchange: Exchange, ledger: Ledger): void {
    this.#abandon(exchange, ledger, neverResumed);
  }

  /** Drops an answer to what was answered in the client's place, and says so. @returns whether it was one */
  dropsLate(message: JsonRpcMessage): boolean {
    if (this.#answered === undefined) return false;
    try {
      if (!isResponse(message)) return false;
      const { id } = message;
      // A backend that begins anew uses its ids again: what is asked now is what is answered.
      const isOpen = this.owner.sessions.named(undefined).exchange(id) !== undefined;
      if (isOpen || !this.#answered.delete(id)) return false;
      this.owner.report(tooLate(id));
      return true;
    } catch {
      // What cannot be read is passed on as it is.
      return false;
    }
  }

  #abandon(exchange: Exchange, ledger: Ledger, errorOf: typeof orphaned): void {
    const { id, method } = exchange;
    const { settings, sessions, report } = this.owner;
    // It may be over by now, and be so because another was answered a moment ago; its id may be another's.
    if (ledger.exchange(id) !== exchange) return;
    const error = errorOf(id, method, settings.orphanTimeoutMs);
    this.log.orphaned(exchange, ledger, error);
    // Where there are several sessions, another may have asked with the same id, and its answer must come through.
    if (settings.sessionOf === undefined) (this.#answered ??= new Recent()).add(id);
    ledger.closeExchange(id);
    sessions.prune(ledger);
    try {
      // Not by way of the pipeline: nothing came along by which `sessionOf` could name the session.
      this.owner.handOver(answerFor(id, error), undefined);
    } catch (cause) {
      report(callbackFailed('onmessage', cause));
    }
  }
}
