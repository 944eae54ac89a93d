/** A progress token that a client has brought more than once at the same time. */
import { describe, expect, test } from 'vitest';
import { request } from '../support/messages.js';
import { newLedger } from '../support/verdict.js';
import type { InFlight, Ledger } from '../../src/routing/ledger.js';

const TOKEN = 't';

function received(ledger: Ledger, id: number): InFlight {
  return ledger.receive(request(id, 'tools/call', { _meta: { progressToken: TOKEN } })).entry;
}

describe('a token of three requests belongs to the newest that is in flight', () => {
  test.each([
    [
      [1, 2, 3],
      [3, 3, undefined],
    ],
    [
      [1, 3, 2],
      [3, 2, undefined],
    ],
    [
      [2, 1, 3],
      [3, 3, undefined],
    ],
    [
      [2, 3, 1],
      [3, 1, undefined],
    ],
    [
      [3, 1, 2],
      [2, 2, undefined],
    ],
    [
      [3, 2, 1],
      [2, 1, undefined],
    ],
  ])('answered in the order %j', (order, owners) => {
    const ledger = newLedger();
    for (const id of [1, 2, 3]) received(ledger, id);
    const found = order.map((id) => {
      ledger.answer({ jsonrpc: '2.0', id, result: {} });
      return ledger.byProgressToken(TOKEN)?.id;
    });
    expect(found).toEqual(owners);
  });
});
