import { describe, expect, test } from 'vitest';
import { Sessions } from '../../src/routing/ledgers.js';
import { answer, elicit, request } from '../support/messages.js';

const transport = {};

describe('the ledgers of several sessions', () => {
  test('are told apart by name, whatever the names are', () => {
    const sessions = new Sessions(transport);
    const names = [undefined, '', '__proto__', 'a', 'undefined'];
    const ledgers = names.map((name) => sessions.named(name));
    expect(new Set(ledgers).size).toBe(names.length);
    expect(names.every((name, index) => sessions.named(name) === ledgers[index])).toBe(true);
    expect(ledgers.map(({ session }) => session)).toEqual(names);
    expect(ledgers.every(({ life }) => life === sessions && life.transport === transport)).toBe(true);
  });

  test('keep the same id apart', () => {
    const sessions = new Sessions(transport);
    const a = sessions.named('a').receive(request(1)).entry;
    const b = sessions.named('b').receive(request(1)).entry;
    sessions.named('a').answer(answer(1));
    expect(a.state).toBe('answered');
    expect(b.state).toBe('in-flight');
    expect([...sessions.inFlight()]).toHaveLength(1);
    expect(sessions.inFlight().next().value).toBe(b);
  });

  test('say which session holds an id, unless several do', () => {
    const sessions = new Sessions(transport);
    sessions.named('a').receive(request(1));
    sessions.named('b').receive(request(2));
    sessions.named('c').receive(request(2));
    expect(sessions.holding(1)).toBe(sessions.named('a'));
    expect(sessions.holding(2)).toBeUndefined();
    expect(sessions.holding(3)).toBeUndefined();
  });

  test('count and list the open exchanges of all', () => {
    const sessions = new Sessions(transport);
    const [only, a, b] = [sessions.named(undefined), sessions.named('a'), sessions.named('b')];
    for (const ledger of [only, a, b]) ledger.openExchange(elicit(1), undefined, 0);
    expect(sessions.openExchanges).toBe(3);
    expect([...sessions.exchanges()].map(({ ledger }) => ledger)).toEqual([only, a, b]);
    expect([...sessions.exchanges()].map(({ exchange }) => exchange)).toEqual([only, a, b].map((of) => of.exchange(1)));
  });

  test('are dropped when nothing is left in them', () => {
    const sessions = new Sessions(transport);
    const a = sessions.named('a');
    a.receive(request(1));
    sessions.prune(a);
    expect(sessions.named('a')).toBe(a);
    a.answer(answer(1));
    sessions.prune(a);
    expect(sessions.named('a')).not.toBe(a);
  });

  test('are not dropped in the place of one that has their name by now, nor twice', () => {
    const sessions = new Sessions(transport);
    const old = sessions.named('a');
    sessions.prune(old);
    const a = sessions.named('a');
    sessions.prune(old);
    expect(sessions.named('a')).toBe(a);
    const other = new Sessions(transport);
    other.prune(a);
    expect(sessions.named('a')).toBe(a);
  });

  test('leave their era to the session of the same name, and to no other', () => {
    const sessions = new Sessions(transport);
    const drop = (name: string, modern: boolean): void => {
      const ledger = sessions.named(name);
      ledger.modern = modern;
      sessions.prune(ledger);
    };
    drop('modern', true);
    drop('legacy', false);
    expect(sessions.named('legacy').modern).toBe(false);
    expect(sessions.named('modern').modern).toBe(true);
    drop('also modern', true);
    expect(['modern', 'also modern'].map((name) => sessions.named(name).modern)).toEqual([true, true]);
    drop('modern', false);
    expect(sessions.named('modern').modern).toBe(false);
  });

  test('are kept where the transport carries only one: there is nothing to gain', () => {
    const sessions = new Sessions(transport);
    const only = sessions.named(undefined);
    sessions.prune(only);
    expect(sessions.named(undefined)).toBe(only);
  });

  test('are none before the first is named', () => {
    const sessions = new Sessions(transport);
    expect(sessions.openExchanges).toBe(0);
    expect([...sessions.inFlight()]).toEqual([]);
  });

  test('are over, every request in them too, once the transport is closed', () => {
    const sessions = new Sessions(transport);
    const a = sessions.named('a');
    const { entry } = a.receive(request(1));
    a.openExchange(elicit(9), entry, 0);
    expect(sessions.over).toBe(false);
    sessions.close();
    expect(sessions.over).toBe(true);
    expect(entry.state).toBe('cut-off');
    expect(entry.ledger.life.over).toBe(true);
    expect([...sessions.inFlight()]).toEqual([]);
    expect(sessions.openExchanges).toBe(0);
  });
});
