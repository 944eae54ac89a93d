import { describe, expect, test } from 'vitest';
import { Ledgers } from '../../src/routing/ledgers.js';
import { answer, elicit, request } from '../support/messages.js';

const transport = {};

describe('the ledgers of several sessions', () => {
  test('are told apart by name, whatever the names are', () => {
    const ledgers = new Ledgers(transport);
    const names = [undefined, '', '__proto__', 'a', 'undefined'];
    const all = names.map((name) => ledgers.named(name));
    expect(new Set(all).size).toBe(names.length);
    expect(names.every((name, index) => ledgers.named(name) === all[index])).toBe(true);
    expect(all.map(({ session }) => session)).toEqual(names);
    expect(all.every(({ life }) => life === ledgers && life.transport === transport)).toBe(true);
  });

  test('keep the same id apart', () => {
    const ledgers = new Ledgers(transport);
    const a = ledgers.named('a').receive(request(1)).entry;
    const b = ledgers.named('b').receive(request(1)).entry;
    ledgers.named('a').answer(answer(1));
    expect(a.state).toBe('answered');
    expect(b.state).toBe('in-flight');
    expect([...ledgers.inFlight()]).toHaveLength(1);
    expect(ledgers.inFlight().next().value).toBe(b);
  });

  test('say which session holds an id, unless several do', () => {
    const ledgers = new Ledgers(transport);
    ledgers.named('a').receive(request(1));
    ledgers.named('b').receive(request(2));
    ledgers.named('c').receive(request(2));
    expect(ledgers.holding(1)).toBe(ledgers.named('a'));
    expect(ledgers.holding(2)).toBeUndefined();
    expect(ledgers.holding(3)).toBeUndefined();
  });

  test('count and list the open exchanges of all', () => {
    const ledgers = new Ledgers(transport);
    const [only, a, b] = [ledgers.named(undefined), ledgers.named('a'), ledgers.named('b')];
    for (const ledger of [only, a, b]) ledger.exchanges.open(elicit(1), undefined, 0);
    expect(ledgers.openExchanges).toBe(3);
    expect([...ledgers.exchanges()].map(({ ledger }) => ledger)).toEqual([only, a, b]);
    expect([...ledgers.exchanges()].map(({ exchange }) => exchange)).toEqual(
      [only, a, b].map((of) => of.exchanges.get(1)),
    );
  });

  test('are dropped when nothing is left in them', () => {
    const ledgers = new Ledgers(transport);
    const a = ledgers.named('a');
    a.receive(request(1));
    ledgers.prune(a);
    expect(ledgers.named('a')).toBe(a);
    a.answer(answer(1));
    ledgers.prune(a);
    expect(ledgers.named('a')).not.toBe(a);
  });

  test('are not dropped in the place of one that has their name by now, nor twice', () => {
    const ledgers = new Ledgers(transport);
    const old = ledgers.named('a');
    ledgers.prune(old);
    const a = ledgers.named('a');
    ledgers.prune(old);
    expect(ledgers.named('a')).toBe(a);
    const other = new Ledgers(transport);
    other.prune(a);
    expect(ledgers.named('a')).toBe(a);
  });

  test('leave their era to the session of the same name, and to no other', () => {
    const ledgers = new Ledgers(transport);
    const drop = (name: string, modern: boolean): void => {
      const ledger = ledgers.named(name);
      ledger.modern = modern;
      ledgers.prune(ledger);
    };
    drop('modern', true);
    drop('legacy', false);
    expect(ledgers.named('legacy').modern).toBe(false);
    expect(ledgers.named('modern').modern).toBe(true);
    drop('also modern', true);
    expect(['modern', 'also modern'].map((name) => ledgers.named(name).modern)).toEqual([true, true]);
    drop('modern', false);
    expect(ledgers.named('modern').modern).toBe(false);
  });

  test('are kept where the transport carries only one: there is nothing to gain', () => {
    const ledgers = new Ledgers(transport);
    const only = ledgers.named(undefined);
    ledgers.prune(only);
    expect(ledgers.named(undefined)).toBe(only);
  });

  test('are none before the first is named', () => {
    const ledgers = new Ledgers(transport);
    expect(ledgers.openExchanges).toBe(0);
    expect([...ledgers.inFlight()]).toEqual([]);
  });

  test('are over, every request in them too, once the transport is closed', () => {
    const ledgers = new Ledgers(transport);
    const a = ledgers.named('a');
    const { entry } = a.receive(request(1));
    a.exchanges.open(elicit(9), entry, 0);
    expect(ledgers.over).toBe(false);
    ledgers.close();
    expect(ledgers.over).toBe(true);
    expect(entry.state).toBe('cut-off');
    expect(entry.ledger.life.over).toBe(true);
    expect([...ledgers.inFlight()]).toEqual([]);
    expect(ledgers.openExchanges).toBe(0);
  });
});

describe('a session with nothing but cancelled requests that are not answered', () => {
  const COUNT = 1_100;

  function cancelledIn(ledgers: Ledgers, session: string): void {
    const ledger = ledgers.named(session);
    ledger.receive(request(1));
    ledger.cancel(1);
    ledgers.prune(ledger);
  }

  test('is remembered, and forgotten when many others came after it', () => {
    const ledgers = new Ledgers(transport);
    cancelledIn(ledgers, 'first');
    const first = ledgers.named('first');
    expect(first.hasUnanswered).toBe(true);
    for (let at = 0; at < COUNT; at++) cancelledIn(ledgers, String(at));
    expect(ledgers.named('first')).not.toBe(first);
  });

  test('is not forgotten while a request is in flight in it', () => {
    const ledgers = new Ledgers(transport);
    cancelledIn(ledgers, 'first');
    const first = ledgers.named('first');
    first.receive(request(2));
    for (let at = 0; at < COUNT; at++) cancelledIn(ledgers, String(at));
    expect(ledgers.named('first')).toBe(first);
  });

  test('is over when the late answer leaves', () => {
    const ledgers = new Ledgers(transport);
    cancelledIn(ledgers, 'first');
    const first = ledgers.named('first');
    first.answer(answer(1));
    ledgers.prune(first);
    expect(ledgers.named('first')).not.toBe(first);
  });
});
