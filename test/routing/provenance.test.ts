import { describe, expect, test } from 'vitest';
import type { Hints } from '../../src/routing/hints.js';
import type { InFlight, Ledger } from '../../src/routing/ledger.js';
import { route } from '../../src/routing/route.js';
import { stampOf, STAMP_KEY, TAKES_STAMPS_KEY, takesStamps, withoutStamp, withStamp } from '../../src/routing/stamp.js';
import { answer, elicit, notification, progress, request, wantsProgress } from '../support/messages.js';
import { inWords, newLedger, NO_HINTS } from '../support/verdict.js';

describe('evidence provenance', () => {
  test.each<[string, (ledger: Ledger, owner: InFlight) => unknown, Partial<Hints>, string]>([
    ['is believed while its request is in flight', () => undefined, {}, 'request 1 by provenance'],
    ['is no guess', () => undefined, { ambiguous: 'reject' }, 'request 1 by provenance'],
    ['comes after explicit', () => undefined, { explicit: 2 }, 'request 2 by explicit'],
    ['means nothing when its request is answered', (ledger) => ledger.answer(answer(1)), {}, 'request 2 by sole'],
    ['of a cancelled request is no question of another', (ledger) => ledger.cancel(1), {}, 'nowhere: NOT_IN_FLIGHT'],
    [
      'of a request whose stream is gone is no question of another',
      (ledger, owner) => {
        ledger.setAdrift(owner);
      },
      {},
      'parked until any-stream',
    ],
  ])('%s', (_title, change, hints, expected) => {
    const ledger = newLedger();
    const { entry } = ledger.receive(request(1));
    ledger.receive(request(2));
    change(ledger, entry);
    const given = { ...NO_HINTS, provenance: entry, context: entry, ...hints };
    expect(inWords(route(elicit(9), ledger, given, { standalone: 'closed', requests: 'open' }))).toBe(expected);
  });

  test('comes before the token of a progress notification', () => {
    const ledger = newLedger();
    const { entry } = ledger.receive(request(1));
    ledger.receive(request(2, 'tools/call', wantsProgress('two')));
    const given = { ...NO_HINTS, provenance: entry };
    expect(inWords(route(progress('two'), ledger, given, { standalone: 'open', requests: 'open' }))).toBe(
      'request 1 by provenance',
    );
  });
});

describe('a stamp', () => {
  test.each([
    elicit(9, { message: 'well?' }),
    notification('notifications/message', { level: 'info', data: 1 }),
    { jsonrpc: '2.0', method: 'notifications/any' },
    { jsonrpc: '2.0', id: 1, method: 'elicitation/create', params: { _meta: { progressToken: 3 }, message: 'x' } },
    JSON.parse('{"jsonrpc":"2.0","id":1,"method":"x","params":{"__proto__":1,"_meta":{"__proto__":{"a":1}}}}') as {
      method: string;
    },
  ])('is put on %j and taken off, and nothing else changes', (message) => {
    const stamped = withStamp(message, 7);
    expect(stampOf(stamped)).toBe(7);
    expect(stampOf(message)).toBeUndefined();
    expect(JSON.stringify(withoutStamp(stamped))).toBe(JSON.stringify(message));
  });

  test.each([
    ['no params', { method: 'x' }],
    ['params that are a list', { method: 'x', params: [{ _meta: { [STAMP_KEY]: 1 } }] }],
    ['no _meta', { method: 'x', params: { [STAMP_KEY]: 1 } }],
    ['_meta that inherits one', { method: 'x', params: { _meta: Object.create({ [STAMP_KEY]: 1 }) as object } }],
    ['a response', { id: 1, result: { _meta: { [STAMP_KEY]: 1 } } }],
  ])('is not found in %s', (_what, message) => {
    expect(stampOf({ jsonrpc: '2.0', ...message })).toBeUndefined();
  });

  test('that says null is one all the same: it is taken off', () => {
    const message = withStamp(elicit(9, { message: 'well?' }), null as unknown as number);
    expect(stampOf(message)).toBeNull();
    expect(withoutStamp(message)).toEqual(elicit(9, { message: 'well?' }));
  });
});

test.each([
  [{ params: { _meta: { [TAKES_STAMPS_KEY]: true } } }, true],
  [{ params: { _meta: {} } }, false],
  [{ params: { _meta: null } }, false],
  [{ params: [] }, false],
  [{}, false],
])('the sender of %j takes stamps off: %j', (message, expected) => {
  expect(takesStamps(message)).toBe(expected);
});
