import { after } from '../clock.js';
import { debug } from '../debug.js';
import { HttpExchange } from '../http/exchange.js';
import { Orphans } from '../http/orphans.js';
import { Parking, type ParkingOutcome } from '../http/parking.js';
import { isWatchable } from '../http/headers.js';
import { Watch, type WatchListener } from '../http/watch.js';
import type { Settings } from '../options.js';
import type { InFlight, Ledger } from '../routing/ledger.js';
import type { RequestId } from '../routing/message.js';
import type { Streams } from '../routing/route.js';
import { exchangeOn, onExchange } from './origin.js';
import type { ParkedMessage } from './parked-message.js';

/** A server-initiated request: its id is the session's own. */
export interface Asked {
  readonly id: RequestId;
  readonly ledger: Ledger;
}

/** What liveness needs of the wrapper it belongs to. */
export interface LivenessOwner extends ParkingOutcome<ParkedMessage> {
  /** How many server-initiated requests the client has not answered yet. */
  openExchanges(): number;
  /** Answers these requests in the client's place: it is gone. */
  abandon(only: Asked | undefined): void;
}

/** Which streams of a Streamable HTTP transport are alive, and what waits until one is. */
export class Liveness implements WatchListener {
  readonly parking: Parking<ParkedMessage>;
  readonly #orphans: Orphans;
  /** Cancel the timers of questions that were stored. */
  readonly #storedQuestions = new Set<() => void>();
  /** From the first `handleRequest` on that can be watched: without it nothing is known. */
  #watch: Watch | undefined;

  constructor(
    /** Tells this transport from others in the async context. */
    private readonly transport: object,
    private readonly settings: Settings,
    private readonly owner: LivenessOwner,
  ) {
    this.parking = new Parking(settings, owner);
    this.#orphans = new Orphans(
      settings.orphanTimeoutMs,
      () => this.#watch?.streams.open === 0 && owner.openExchanges() > 0,
      () => {
        owner.abandon(undefined);
      },
    );
  }

  /** What is known of the client's streams. */
  get streams(): Streams {
    const { responseMode, sessionOf } = this.settings;
    // Of a transport with several sessions it is not known whose stream is whose.
    const seen = sessionOf === undefined ? this.#watch?.streams : undefined;
    const requests = (responseMode ?? seen?.answers) === 'json' ? 'closed' : 'open';
    if (seen === undefined) return { standalone: 'unknown', requests };
    return { standalone: seen.standalone === undefined ? 'closed' : 'open', requests };
  }

  /** The client is away from its standalone stream, and finds there what it has missed when it comes back. */
  get standaloneIsStored(): boolean {
    return this.settings.sessionOf === undefined && this.#watch?.streams.stored === true;
  }

  handleRequest(call: (...args: unknown[]) => unknown, args: unknown[]): unknown {
    if (!isWatchable(args)) return call(...args);
    this.#watch ??= new Watch(this);
    return this.#watch.handle(call, args, (exchange, work) => onExchange(this.transport, exchange, work));
  }

  /** A request came in: it has a stream now, by which what waits may leave. */
  arrived(request: InFlight): void {
    const exchange = exchangeOn(this.transport);
    if (exchange instanceof HttpExchange) {
      request.carrier = exchange;
      this.#watch?.arrived(exchange, request);
    }
    this.parking.release();
  }

  /** A server-initiated request was sent, on the stream of `entry` or on the standalone stream. */
  questionAsked(id: RequestId, entry: InFlight | undefined): void {
    this.#orphans.questionAsked();
    const { carrier } = entry ?? {};
    const hasLeft = carrier instanceof HttpExchange && carrier.isFinished;
    if (entry !== undefined && hasLeft && this.#watch?.holdsResumed !== true) this.#stored(id, entry.ledger);
  }

  /** A question was stored for a client that has left its stream: it may never come back for it. */
  #stored(id: RequestId, ledger: Ledger): void {
    const { orphanTimeoutMs } = this.settings;
    if (orphanTimeoutMs === 0) return;
    const watch = this.#watch;
    const resumed = watch?.resumed;
    const cancel = after(orphanTimeoutMs, () => {
      this.#storedQuestions.delete(cancel);
      if (this.#watch === watch && watch?.resumed === resumed) this.owner.abandon({ id, ledger });
    });
    this.#storedQuestions.add(cancel);
  }

  streamOpened(): void {
    debug.stream('a stream has opened, %d messages wait', this.parking.size);
    this.parking.release();
  }

  requestLost(request: InFlight): void {
    debug.stream('the stream of %s %o is gone', request.method, request.id);
    request.ledger.setAdrift(request);
  }

  connectionsChanged(): void {
    this.#orphans.clientSeen();
  }

  /** Everything that waits is given up. */
  close(): void {
    this.#watch = undefined;
    this.#orphans.close();
    for (const cancel of this.#storedQuestions) cancel();
    this.#storedQuestions.clear();
    this.parking.close();
  }
}
