import { Subject, type Observable } from 'rxjs';
import { debug } from '../debug.js';
import type { JsonRpcMessage } from '../routing/message.js';
import type { SendOptions } from '../transport-like.js';
import type { Inbound, Outbound, RouteEvent } from './events.js';
import { guarded } from './guarded.js';
import { callbackFailed, nameOf, type Report } from './report.js';
import { sessionPrefixOf } from './session-prefix.js';

/**
 * The observables that users get. Each is made when it is first asked for, so that a transport that nobody observes has
 * none. They complete when the transport closes.
 */
export class Observables {
  #routes: Subject<RouteEvent> | undefined;
  #inbound: Subject<Inbound> | undefined;
  #outbound: Subject<Outbound> | undefined;

  constructor(
    private readonly report: Report,
    private readonly transport: object,
  ) {}

  get routes$(): Observable<RouteEvent> {
    return this.#guarded('routes$', (this.#routes ??= new Subject()));
  }

  get inbound$(): Observable<Inbound> {
    return this.#guarded('inbound$', (this.#inbound ??= new Subject()));
  }

  get outbound$(): Observable<Outbound> {
    return this.#guarded('outbound$', (this.#outbound ??= new Subject()));
  }

  /** Whether anybody observes `routes$`. An event that nobody sees is not made. */
  get routesObserved(): boolean {
    return this.#routes?.observed === true;
  }

  route(event: RouteEvent): void {
    this.#routes?.next(event);
  }

  inbound(message: JsonRpcMessage, extra: unknown): void {
    if (debug.inbound.enabled) debug.inbound('%s%s', sessionPrefixOf(this.transport), nameOf(message));
    this.#inbound?.next({ message, extra });
  }

  outbound(message: JsonRpcMessage, options: SendOptions | undefined): void {
    if (debug.outbound.enabled) debug.outbound('%s%s', sessionPrefixOf(this.transport), nameOf(message));
    this.#outbound?.next({ message, options });
  }

  /** Completes the observables. Those that are asked for afterwards belong to the next life of the transport. */
  complete(): void {
    const ended = [this.#routes, this.#inbound, this.#outbound];
    this.#routes = this.#inbound = this.#outbound = undefined;
    for (const subject of ended) subject?.complete();
  }

  #guarded<T>(name: string, subject: Subject<T>): Observable<T> {
    return guarded(subject, (cause) => {
      this.report(callbackFailed(`a subscriber of ${name}`, cause));
    });
  }
}
