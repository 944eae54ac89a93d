import { after, now } from '../clock.js';
import { onNobodysBehalf } from './origin.js';

/** Who has something under way that must not take for ever. */
export interface Watched {
  /** Gives up what is overdue. @returns when to look again, on the performance clock; `undefined`: nothing is under way */
  giveUpOverdue(): number | undefined;
}

// One timer for all: one for each transport would be a fifth of what an idle session costs, and would keep in memory
// the request on whose behalf it was set.
const all = new Set<Watched>();
let next: { readonly at: number; readonly cancel: () => void } | undefined;

/** Looks at it when the time has come, and until it has nothing under way. */
export function watch(watched: Watched, at: number): void {
  all.add(watched);
  lookAt(at);
}

/** Looks at it no more. */
export function unwatch(watched: Watched): void {
  all.delete(watched);
  if (all.size > 0) return;
  next?.cancel();
  next = undefined;
}

function lookAt(at: number): void {
  if (next !== undefined && next.at <= at) return;
  next?.cancel();
  const cancel = onNobodysBehalf(() => after(Math.max(1, Math.ceil(at - now())), look));
  next = { at, cancel };
}

function look(): void {
  next = undefined;
  for (const watched of [...all]) {
    // Before: who gives something up may begin what is to be watched anew.
    all.delete(watched);
    const again = watched.giveUpOverdue();
    if (again !== undefined) watch(watched, again);
  }
}
