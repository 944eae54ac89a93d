/**
 * The async context that ties work to the request that started it.
 *
 * The context follows a proxy's own code: from the handler of a request to the upstream `send()`, to the loop that
 * reads the backend's response to it, to the message that the backend sends in that response. But everything created in
 * the context inherits it, including readers that outlive the request. `asUpstream()` keeps the context away from such
 * readers, and `route()` believes a context only while its request is in flight.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { InFlight } from '../routing/ledger.js';

/** The context of the work that hands an HTTP request to a transport. The messages in it came on this connection. */
class ConnectionWork {
  constructor(
    readonly transport: object,
    readonly connection: object,
    readonly outer: InFlight | undefined,
  ) {}
}

/** The context of a message that the backend has sent for a request, as it says itself. */
class Provenance {
  constructor(
    readonly entry: InFlight,
    /** Only a message of this method is the one that was meant, and only the first: what is created on the way inherits this. */
    public method: string | undefined,
  ) {}
}

// One store serves all wrapped transports: on Node 20 and 22 each store adds a cost to every promise.
const storage = new AsyncLocalStorage<InFlight | ConnectionWork | Provenance | undefined>();

/** Calls `work` on behalf of a request. */
export function onBehalfOf<A extends unknown[]>(entry: InFlight, work: (...args: A) => void, ...args: A): void {
  storage.run(entry, work, ...args);
}

/** Calls `work` with a message of this method, which the backend has sent on behalf of a request. */
export function onSaidBehalfOf(entry: InFlight, method: string, work: () => void): void {
  storage.run(new Provenance(entry, method), work);
}

/** Whether the running code handles a message of this method of which the backend said whose it is. It is asked once. */
export function takeOriginSaid(method: unknown): boolean {
  const store = storage.getStore();
  if (!(store instanceof Provenance) || store.method === undefined || store.method !== method) return false;
  store.method = undefined;
  return true;
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
  const entry = currentOrigin();
  return entry?.state === 'cancelled' ? entry : undefined;
}

/** The request on whose behalf the running code works, if it is in flight. */
export function originInFlight(): InFlight | undefined {
  const entry = currentOrigin();
  return entry?.state === 'in-flight' ? entry : undefined;
}

/** The request of this transport on whose behalf the running code works, even if it is over by now. */
export function originOn(transport: object): InFlight | undefined {
  let entry = currentOrigin();
  while (entry !== undefined && entry.ledger.life.transport !== transport) entry = entry.outer;
  return entry;
}

/**
 * The request of another transport in whose context a new request of this one arrives. One wrapped transport may stand
 * behind another in the same process, and the context must lead back to both. Requests that are over are skipped, so
 * that the chain is never longer than the number of requests at work.
 */
export function outerOrigin(transport: object): InFlight | undefined {
  let entry = currentOrigin();
  while (entry !== undefined && (entry.state !== 'in-flight' || entry.ledger.life.transport === transport)) {
    entry = entry.outer;
  }
  return entry;
}

/** The request on whose behalf the running code works, even if it is over by now. */
export function currentOrigin(): InFlight | undefined {
  const store = storage.getStore();
  if (store instanceof ConnectionWork) return store.outer;
  return store instanceof Provenance ? store.entry : store;
}
