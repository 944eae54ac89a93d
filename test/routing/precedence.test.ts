/** Situations in which every evidence names another request: the strongest one left decides. */
import { describe, expect, test } from 'vitest';
import type { InFlight, Ledger } from '../../src/routing/ledger.js';
import type { MethodMessage } from '../../src/routing/message.js';
import type { Hints } from '../../src/routing/hints.js';
import { route } from '../../src/routing/route.js';
import { answer, cancelled, elicit, ofTask, progress, request, wantsProgress } from '../support/messages.js';
import { inWords, newLedger, NO_HINTS } from '../support/verdict.js';

/** Each request is named by the one evidence that its number stands for; 6 is the last inbound one. */
const EXPLICIT = 1;
const TOKEN = 2;
const EXCHANGE = 3;
const TASK = 4;
const CONTEXT = 5;
const LAST = 6;

function situation(): { ledger: Ledger; context: InFlight } {
  const ledger = newLedger();
  ledger.receive(request(EXPLICIT));
  ledger.receive(request(TOKEN, 'tools/call', wantsProgress('token')));
  ledger.exchanges.open(elicit('question'), ledger.receive(request(EXCHANGE)).entry, 0);
  ledger.receive(request(TASK, 'tasks/result', { taskId: 'task' }));
  const context = ledger.receive(request(CONTEXT)).entry;
  ledger.receive(request(LAST));
  return { ledger, context };
}

/** What decides when the requests named here are over, one after the other. */
function ladder(message: MethodMessage, hints: Partial<Hints>, ...over: number[]): string {
  const { ledger, context } = situation();
  for (const id of over) ledger.answer(answer(id));
  return inWords(
    route(
      message,
      ledger,
      { ...NO_HINTS, explicit: EXPLICIT, context, ...hints },
      { standalone: 'unknown', requests: 'open' },
    ),
  );
}

describe('a progress notification', () => {
  const message = progress('token', ofTask('task'));

  test.each([
    ['explicit wins over all', [], 'request 1 by explicit'],
    ['then progress-token', [EXPLICIT], 'request 2 by progress-token'],
    ['then related-task', [EXPLICIT, TOKEN], 'request 4 by related-task'],
    ['then the standalone stream, since its task is named', [EXPLICIT, TOKEN, TASK], 'standalone by related-task'],
  ])('%s', (_title, over, expected) => {
    expect(ladder(message, {}, ...over)).toBe(expected);
  });
});

describe('a cancellation', () => {
  const message = { ...cancelled('question'), params: { requestId: 'question', ...ofTask('task') } };

  test.each([
    ['explicit wins over all', [], 'request 1 by explicit'],
    ['then same-exchange', [EXPLICIT], 'request 3 by same-exchange'],
    ['then related-task', [EXPLICIT, EXCHANGE], 'request 4 by related-task'],
  ])('%s', (_title, over, expected) => {
    expect(ladder(message, {}, ...over)).toBe(expected);
  });
});

describe('an elicitation', () => {
  test.each([
    ['explicit wins over all', [], 'request 1 by explicit'],
    ['then context', [EXPLICIT], 'request 5 by context'],
    ['then last-inbound', [EXPLICIT, CONTEXT], 'request 6 by last-inbound'],
    ['then the next to last', [EXPLICIT, CONTEXT, LAST], 'request 4 by last-inbound'],
    ['then sole', [EXPLICIT, CONTEXT, LAST, TASK, EXCHANGE], 'request 2 by sole'],
    ['then nothing is left', [EXPLICIT, CONTEXT, LAST, TASK, EXCHANGE, TOKEN], 'nowhere: NOT_IN_FLIGHT'],
  ])('%s', (_title, over, expected) => {
    expect(ladder(elicit(9), {}, ...over)).toBe(expected);
  });

  test('of a task: related-task wins over context', () => {
    expect(ladder(elicit(9, ofTask('task')), {}, EXPLICIT)).toBe('request 4 by related-task');
  });

  test("goes by context though ambiguous is 'reject'", () => {
    expect(ladder(elicit(9), { ambiguous: 'reject' }, EXPLICIT)).toBe('request 5 by context');
    expect(ladder(elicit(9), { ambiguous: 'reject' }, EXPLICIT, CONTEXT)).toBe('nowhere: AMBIGUOUS');
  });
});

describe('a message of session scope', () => {
  test('explicit wins over scope', () => {
    expect(ladder(elicit(9), { scope: 'session' })).toBe('request 1 by explicit');
  });

  test('related-task wins over scope', () => {
    expect(ladder(elicit(9, ofTask('task')), { scope: 'session' }, EXPLICIT)).toBe('request 4 by related-task');
  });

  test('scope wins over context and the last inbound request', () => {
    expect(ladder(elicit(9), { scope: 'session' }, EXPLICIT)).toBe('standalone by scope');
  });
});
