import { after, now } from '../clock.js';
import { onNobodysBehalf } from './origin.js';

/** Has work under way that must not take for ever. */
export interface TimerClient {
  /**
   * Gives up what is overdue.
   *
   * @returns when to call again, on the performance clock; `undefined` if nothing is under way
   */
  giveUpOverdue(): number | undefined;
}

// One timer serves all. A timer per transport would be a fifth of the cost of an idle session, and would keep in memory
// the request on whose behalf it was set.
const clients = new Set<TimerClient>();
let next: { readonly at: number; readonly cancel: () => void } | undefined;

/** Calls the client at that time, and again for as long as it has something under way. */
export function callAt(client: TimerClient, at: number): void {
  clients.add(client);
  wakeAt(at);
}

/** Calls the client no more. */
export function stopCalling(client: TimerClient): void {
  clients.delete(client);
  if (clients.size > 0) return;
  next?.cancel();
  next = undefined;
}

function wakeAt(at: number): void {
  if (next !== undefined && next.at <= at) return;
  next?.cancel();
  const cancel = onNobodysBehalf(() => after(Math.max(1, Math.ceil(at - now())), wake));
  next = { at, cancel };
}

function wake(): void {
  next = undefined;
  for (const client of [...clients]) {
    // Removed first: giving something up may start new work, for which the client adds itself again.
    clients.delete(client);
    const again = client.giveUpOverdue();
    if (again !== undefined) callAt(client, again);
  }
}
