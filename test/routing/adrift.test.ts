/** Requests whose streams are gone are still in flight: whom an unclaimed message is taken to belong to then. */
import { describe, expect, test } from 'vitest';
import {
  adrift,
  answers,
  calls,
  cancels,
  decide,
  newLedger,
  receives,
  type Row,
  type Step,
} from '../support/verdict.js';
import { answer, elicit, request } from '../support/messages.js';

const first = (id: number): Step => calls(id);
const second = (id: number): Step => receives(request(id, 'tools/list'));

const unclaimed: Omit<Row, 'message'>[] = [
  {
    title: 'not by sole when a call adrift is in flight too: it may be the owner',
    given: [first(1), first(2), adrift(1)],
    expected: 'request 2 by last-inbound',
  },
  {
    title: "to nobody then when ambiguous is 'reject'",
    given: [first(1), first(2), adrift(1)],
    hints: { ambiguous: 'reject' },
    expected: 'nowhere: AMBIGUOUS',
  },
  {
    title: 'by sole again when the call adrift is answered',
    given: [first(1), first(2), adrift(1), answers(1)],
    expected: 'request 2 by sole',
  },
  {
    title: 'not by sole when the call adrift is cancelled: its server may still be asking',
    given: [first(1), first(2), adrift(1), cancels(1)],
    expected: 'request 2 by last-inbound',
  },
  {
    title: 'by sole again when the call adrift is cancelled, and answered all the same',
    given: [first(1), first(2), adrift(1), cancels(1), answers(1)],
    expected: 'request 2 by sole',
  },
  {
    title: 'to the newest of the second rank when all of the first are adrift',
    given: [second(1), second(2), first(3), first(4), adrift(3), adrift(4)],
    expected: 'request 2 by last-inbound',
  },
  {
    title: 'not by sole to one of the second rank when all of the first are adrift',
    given: [second(1), first(2), adrift(2)],
    expected: 'request 1 by last-inbound',
  },
  {
    title: 'by sole to one of the first rank, though one of the second is adrift',
    given: [first(1), second(2), adrift(2)],
    expected: 'request 1 by sole',
  },
  {
    title: 'to nobody when all are adrift, of both ranks',
    given: [first(1), second(2), adrift(1), adrift(2)],
    standalone: 'closed',
    expected: 'parked until any-stream',
  },
  {
    title: "to nobody, and nothing is ambiguous, when all are adrift and ambiguous is 'reject'",
    given: [first(1), first(2), adrift(1), adrift(2)],
    hints: { ambiguous: 'reject' },
    standalone: 'open',
    expected: 'standalone by nothing-in-flight',
  },
];

describe('an unclaimed message belongs', () => {
  test.each(unclaimed)('$title', (row) => {
    expect(decide({ ...row, message: elicit(9) })).toBe(row.expected);
  });
});

describe('a request set adrift', () => {
  test('is in flight and counted, twice set adrift as once', () => {
    const ledger = newLedger();
    const { entry } = ledger.receive(request(1));
    ledger.setAdrift(entry);
    ledger.setAdrift(entry);
    expect([ledger.size, ledger.candidateCount, ledger.newestCandidate]).toEqual([1, 1, undefined]);
    ledger.clear();
    expect([ledger.isEmpty, ledger.candidateCount]).toEqual([true, 0]);
  });

  test.each([
    ['initialize, which owns nothing', 'initialize', false],
    ['one that is over already', 'tools/call', true],
  ])('may be %s', (_title, method, isOver) => {
    const ledger = newLedger();
    const { entry } = ledger.receive(request(1, method));
    if (isOver) ledger.answer(answer(1));
    ledger.receive(request(2));
    ledger.setAdrift(entry);
    expect([ledger.candidateCount, ledger.newestCandidate?.id]).toEqual([1, 2]);
  });

  test('says nothing of a new request that bears the same id', () => {
    const ledger = newLedger();
    ledger.setAdrift(ledger.receive(request(1)).entry);
    const { entry } = ledger.receive(request(1));
    expect([entry.adrift, ledger.newestCandidate, ledger.candidateCount]).toEqual([false, entry, 1]);
  });
});
