import type { ProxyEvent } from '../../proxy-events.js';

/** What counts each kind of event. A kind that is not there is not counted. */
export type Counting = {
  readonly [K in ProxyEvent['kind']]?: (event: Extract<ProxyEvent, { readonly kind: K }>) => void;
};

/** Gives each event to all that count its kind. */
export function countsOf(countings: readonly Counting[]): (event: ProxyEvent) => void {
  const byKind = new Map<ProxyEvent['kind'], ((event: never) => void)[]>();
  for (const counting of countings)
    for (const [kind, count] of Object.entries(counting) as [ProxyEvent['kind'], (event: never) => void][])
      byKind.set(kind, [...(byKind.get(kind) ?? []), count]);
  return (event) => {
    for (const count of byKind.get(event.kind) ?? NONE) count(event as never);
  };
}

const NONE: readonly ((event: never) => void)[] = [];
