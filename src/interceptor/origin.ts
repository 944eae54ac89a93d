/**
 * The async context that ties work to the request that started it.
 *
 * The context follows a proxy's own code: from the handler of a request to the upstream `send()`, to
 * the loop that reads that very answer, to the message the backend sends in it. It is inherited by
 * everything that is created in it, though, also by readers that outlive the request: see
 * `asUpstream()` for those, and `route()` for why a context is only believed while its request is in
 * flight.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { InFlight } from '../routing/ledger.js';

/** The work that hands an HTTP request to a transport: the messages in it came on this connection. */
class ConnectionWork {
  constructor(
    readonly transport: object,
    readonly connection: object,
    readonly outer: InFlight | undefined,
  ) {}
}

// One store for all wrapped transports: on Node 20 and 22 every store is a cost to every promise.
const storage = new AsyncLocalStorage<InFlight | ConnectionWork | undefined>();

/** Calls `work` on behalf of a request. */
export function onBehalfOf<A extends unknown[]>(entry: InFlight, work: (...args: A) => void, ...args: A): void {
  storage.run(entry, work, ...args);
}

/** Calls `work` on behalf of no request. */
export function onNobodysBehalf<R>(work: () => R): R {
  return storage.run(undefined, work);
}

/** Calls `work`, which hands an HTTP request to a transport. */
export function onConnection<R>(transport: object, connection: object, work: () => R): R {
  return storage.run(new ConnectionWork(transport, connection, outerOrigin(transport)), work);
}

/** The connection that the running code hands to this transport. */
export function connectionOn(transport: object): object | undefined {
  const store = storage.getStore();
  return store instanceof ConnectionWork && store.transport === transport ? store.connection : undefined;
}

/** The request on whose behalf the running code works, if its client has cancelled it. */
export function cancelledOrigin(): InFlight | undefined {
  const entry = currentRequest();
  return entry?.state === 'cancelled' ? entry : undefined;
}

/** The request of this transport on whose behalf the running code works, also if it is over by now. */
export function originOn(transport: object): InFlight | undefined {
  let entry = currentRequest();
  while (entry !== undefined && entry.ledger.life.transport !== transport) entry = entry.outer;
  return entry;
}

/**
 * The request of another transport in whose context a new request of this one arrives: one wrapped
 * transport may stand behind another in the same process, and the context must lead back to both.
 * Requests that are over are passed by, so that a chain is never longer than what is at work.
 */
export function outerOrigin(transport: object): InFlight | undefined {
  let entry = currentRequest();
  while (entry !== undefined && (entry.state !== 'in-flight' || entry.ledger.life.transport === transport)) {
    entry = entry.outer;
  }
  return entry;
}

function currentRequest(): InFlight | undefined {
  const store = storage.getStore();
  return store instanceof ConnectionWork ? store.outer : store;
}
