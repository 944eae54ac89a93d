import { Ledger, type InFlight } from '../../src/routing/ledger.js';
import type { MethodMessage, RequestId, RequestMessage } from '../../src/routing/message.js';
import type { Hints, KnownStreams } from '../../src/routing/hints.js';
import { route, type Route } from '../../src/routing/route.js';
import { answer, elicit, request } from './messages.js';

export const NO_HINTS: Hints = {
  explicit: undefined,
  provenance: undefined,
  context: undefined,
  scope: 'request',
  ambiguous: 'last-inbound',
  overdue: false,
};

export function newLedger(session?: string): Ledger {
  return new Ledger({ transport: {}, over: false }, session);
}

/** Something that happened before the question. What it returns is the async context from then on. */
export type Step = (ledger: Ledger) => InFlight | undefined;

export const receives =
  (...messages: RequestMessage[]): Step =>
  (ledger) => {
    for (const message of messages) ledger.receive(message);
    return undefined;
  };

export const calls = (...ids: RequestId[]): Step => receives(...ids.map((id) => request(id)));

export const answers =
  (id: RequestId, result?: unknown): Step =>
  (ledger) =>
    void ledger.answer(answer(id, result));

export const cancels =
  (id: RequestId): Step =>
  (ledger) =>
    void ledger.cancel(id);

/** The stream of a request is gone for good. */
export const adrift =
  (id: RequestId): Step =>
  (ledger) => {
    const entry = ledger.get(id);
    if (entry === undefined) throw new Error(`${id} is not in flight`);
    ledger.setAdrift(entry);
    return undefined;
  };

/** A server-initiated request goes out on the stream of `on`, or on the standalone stream. */
export const asks =
  (id: RequestId, on?: RequestId, params?: Readonly<Record<string, unknown>>): Step =>
  (ledger) => {
    ledger.exchanges.open(elicit(id, params), on === undefined ? undefined : ledger.get(on), 0);
    return undefined;
  };

/** The client answers it. */
export const isTold =
  (id: RequestId): Step =>
  (ledger) =>
    void ledger.exchanges.close(id);

export const onBehalfOf =
  (id: RequestId): Step =>
  (ledger) =>
    ledger.get(id);

/** A question to the routing policy, and the answer in words. */
export interface Row {
  readonly title: string;
  readonly given?: readonly Step[];
  readonly message: MethodMessage;
  readonly hints?: Partial<Hints>;
  readonly standalone?: KnownStreams['standalone'];
  readonly requests?: KnownStreams['requests'];
  readonly expected: string;
}

export function decide({ given = [], message, hints, standalone = 'unknown', requests = 'open' }: Row): string {
  const ledger = newLedger();
  let context: InFlight | undefined;
  for (const step of given) context = step(ledger) ?? context;
  return inWords(route(message, ledger, { ...NO_HINTS, context, ...hints }, { standalone, requests }));
}

/** `request 1 by context`, `standalone by scope`, `nowhere: AMBIGUOUS`. */
export function inWords(route: Route): string {
  switch (route.to) {
    case 'request':
      return `request ${JSON.stringify(route.entry.id)} by ${route.evidence}`;
    case 'nowhere':
      return `nowhere: ${route.code}`;
    case 'parked':
      return `parked until ${route.until}`;
    case 'standalone':
    case 'unchanged':
      return `${route.to} by ${route.evidence}`;
  }
}
