import { describe, expect, test } from 'vitest';
import { answer, elicit, failure, request, wantsProgress } from '../support/messages.js';
import { newLedger } from '../support/verdict.js';

describe('a request in flight', () => {
  test.each([0, '', '1', 1, '__proto__', 'constructor', 'toString'])('is found by its id %j, until answered', (id) => {
    const ledger = newLedger();
    const { entry, replaced } = ledger.receive(request(id));
    expect(replaced).toBeUndefined();
    expect(ledger.get(id)).toBe(entry);
    expect(ledger.entries().next().value).toBe(entry);
    expect(ledger.answer(answer(id))).toBe(entry);
    expect(entry.state).toBe('answered');
    expect(ledger.get(id)).toBeUndefined();
    expect(ledger.isEmpty).toBe(true);
  });

  test("is another for '1' than for 1", () => {
    const ledger = newLedger();
    const one = ledger.receive(request(1)).entry;
    const text = ledger.receive(request('1')).entry;
    expect(ledger.get(1)).toBe(one);
    expect(ledger.get('1')).toBe(text);
    ledger.answer(answer('1'));
    expect(ledger.get(1)).toBe(one);
    expect(ledger.get('1')).toBeUndefined();
  });

  test.each(['__proto__', 'constructor', 0, ''])('is not there just because somebody asks for %j', (id) => {
    const ledger = newLedger();
    expect(ledger.get(id)).toBeUndefined();
    expect(ledger.answer(answer(id))).toBeUndefined();
    expect(ledger.cancel(id)).toBeUndefined();
    expect(ledger.exchanges.get(id)).toBeUndefined();
    expect(ledger.exchanges.close(id)).toBeUndefined();
    expect(ledger.byProgressToken(id)).toBeUndefined();
  });

  test('ends with an error as well', () => {
    const ledger = newLedger();
    const { entry } = ledger.receive(request(1));
    ledger.answer(failure(1) as { id: number });
    expect(entry.state).toBe('answered');
    expect(ledger.isEmpty).toBe(true);
  });

  test('ends when the client cancels it, and is told apart from an answered one', () => {
    const ledger = newLedger();
    const { entry } = ledger.receive(request(1, 'tools/call', wantsProgress('t')));
    expect(ledger.cancel(1)).toBe(entry);
    expect(entry.state).toBe('cancelled');
    expect(ledger.byProgressToken('t')).toBeUndefined();
    expect(ledger.newestCandidate).toBeUndefined();
    expect(ledger.get(1)).toBeUndefined();
    expect(ledger.isEmpty).toBe(true);
  });

  test('is counted when the client has cancelled it, until it is answered, its id is used again, or too many are', () => {
    const ledger = newLedger();
    const counts = (): readonly [number, boolean] => [ledger.candidateCount, ledger.hasUnanswered];
    for (const id of [1, 2, 3]) ledger.receive(request(id));
    for (const id of [1, 2, 3]) ledger.cancel(id);
    expect(counts()).toEqual([3, true]);
    ledger.answer(answer(1));
    ledger.answer(answer(1));
    expect(counts()).toEqual([2, true]);
    ledger.receive(request(2));
    ledger.answer(answer(2));
    expect(counts()).toEqual([1, true]);
    for (let id = 10; id < 2_000; id++) {
      ledger.receive(request(id));
      ledger.cancel(id);
    }
    expect(counts()).toEqual([1_024, true]);
    ledger.clear();
    expect(counts()).toEqual([0, false]);
  });

  test('is over when another comes in with its id, and leaves nothing behind', () => {
    const ledger = newLedger();
    const old = ledger.receive(request(1, 'tools/call', wantsProgress('old'))).entry;
    const { entry, replaced } = ledger.receive(request(1, 'tools/list', wantsProgress('new')));
    expect(replaced).toBe(old);
    expect(old.state).toBe('answered');
    expect(entry.state).toBe('in-flight');
    expect(ledger.get(1)).toBe(entry);
    expect(ledger.size).toBe(1);
    expect(ledger.byProgressToken('old')).toBeUndefined();
    expect(ledger.byProgressToken('new')).toBe(entry);
    expect(ledger.newestCandidate).toBe(entry);
    expect(ledger.candidateCount).toBe(1);
  });

  test('does not give back a token that a later request has brought too', () => {
    const ledger = newLedger();
    ledger.receive(request(1, 'tools/call', wantsProgress('t')));
    const second = ledger.receive(request(2, 'tools/call', wantsProgress('t'))).entry;
    ledger.answer(answer(1));
    expect(ledger.byProgressToken('t')).toBe(second);
  });

  test('does not give back a task that a later tasks/result waits for too', () => {
    const ledger = newLedger();
    ledger.receive(request(1, 'tasks/result', { taskId: 'a' }));
    const second = ledger.receive(request(2, 'tasks/result', { taskId: 'a' })).entry;
    ledger.answer(answer(1));
    expect(ledger.taskResult('a')).toBe(second);
  });
});

describe('the token of a task', () => {
  const creates = (id: number, taskId: string): ReturnType<typeof answer> => answer(id, { task: { taskId } });

  test('is kept from the answer that creates the task to the result of the task', () => {
    const ledger = newLedger();
    ledger.receive(request(1, 'tools/call', wantsProgress('t')));
    ledger.answer(creates(1, 'a'));
    expect(ledger.taskOfToken('t')).toBe('a');
    expect(ledger.isEmpty).toBe(false);
    ledger.receive(request(2, 'tasks/result', { taskId: 'a' }));
    ledger.answer(answer(2));
    expect(ledger.taskOfToken('t')).toBeUndefined();
    expect(ledger.isEmpty).toBe(true);
  });

  test('is kept when the client only gives up waiting for the result', () => {
    const ledger = newLedger();
    ledger.receive(request(1, 'tools/call', wantsProgress('t')));
    ledger.answer(creates(1, 'a'));
    ledger.receive(request(2, 'tasks/result', { taskId: 'a' }));
    ledger.cancel(2);
    expect(ledger.taskResult('a')).toBeUndefined();
    expect(ledger.taskOfToken('t')).toBe('a');
  });

  test('needs a token and a task', () => {
    const ledger = newLedger();
    ledger.receive(request(1));
    ledger.answer(creates(1, 'a'));
    ledger.receive(request(2, 'tools/call', wantsProgress('t')));
    ledger.answer(answer(2, { content: [] }));
    expect(ledger.isEmpty).toBe(true);
  });

  test('is forgotten, the oldest first, when a client creates tasks and never fetches a result', () => {
    const ledger = newLedger();
    for (let id = 0; id < 1_025; id++) {
      ledger.receive(request(id, 'tools/call', wantsProgress(id)));
      ledger.answer(creates(id, `task ${id}`));
    }
    expect(ledger.taskOfToken(0)).toBeUndefined();
    expect(ledger.taskOfToken(1)).toBe('task 1');
    expect(ledger.taskOfToken(1_024)).toBe('task 1024');
  });
});

describe('an exchange', () => {
  test('is open until the client answers it', () => {
    const ledger = newLedger();
    const { entry } = ledger.receive(request(1));
    ledger.exchanges.open(elicit(0), entry, 0);
    ledger.exchanges.open(elicit('0'), undefined, 0);
    expect(ledger.exchanges.size).toBe(2);
    expect(ledger.exchanges.get(0)).toMatchObject({ method: 'elicitation/create', entry, since: 0 });
    expect(ledger.exchanges.close('0')).toMatchObject({ method: 'elicitation/create', entry: undefined, since: 0 });
    expect(ledger.exchanges.size).toBe(1);
    ledger.answer(answer(1));
    expect(ledger.isEmpty).toBe(false);
    ledger.exchanges.close(0);
    expect(ledger.isEmpty).toBe(true);
  });

  test('leaves nothing of an elicitation behind that went out on a request which is over', () => {
    const ledger = newLedger();
    const { entry } = ledger.receive(request(1));
    ledger.exchanges.open(elicit(8, { elicitationId: 'a' }), entry, 0);
    ledger.exchanges.open(elicit(9, { elicitationId: 'b' }), entry, 0);
    expect(ledger.exchanges.elicitation('a')).toBe(entry);
    expect(ledger.exchanges.elicitation('b')).toBe(entry);
    ledger.cancel(1);
    ledger.exchanges.open(elicit(10, { elicitationId: 'c' }), entry, 0);
    expect(['a', 'b', 'c'].map((id) => ledger.exchanges.elicitation(id))).toEqual([undefined, undefined, undefined]);
  });
});

test('holds nothing after clear', () => {
  const ledger = newLedger();
  const { entry } = ledger.receive(request(1, 'tools/call', wantsProgress('t')));
  ledger.receive(request(2, 'tasks/result', { taskId: 'a' }));
  ledger.receive(request(3, 'tools/list'));
  ledger.receive(request(4, 'tools/call', wantsProgress('of a task')));
  ledger.answer(answer(4, { task: { taskId: 'b' } }));
  ledger.exchanges.open(elicit(9, { elicitationId: 'e' }), entry, 0);
  ledger.modern = true;

  ledger.clear();

  expect(ledger.isEmpty).toBe(true);
  expect(ledger.size).toBe(0);
  expect(ledger.exchanges.size).toBe(0);
  expect([...ledger.entries()]).toEqual([]);
  expect(ledger.candidateCount).toBe(0);
  expect(ledger.byProgressToken('t')).toBeUndefined();
  expect(ledger.taskOfToken('of a task')).toBeUndefined();
  expect(ledger.taskResult('a')).toBeUndefined();
  expect(ledger.exchanges.elicitation('e')).toBeUndefined();
  expect(ledger.modern).toBe(false);
  expect(entry.state).toBe('cut-off');
});

test('knows the newest of 100,000 in flight, while they end in any order', () => {
  const ledger = newLedger();
  const count = 100_000;
  for (let id = 0; id < count; id++) ledger.receive(request(id, 'tools/call', wantsProgress(`token ${id}`)));
  expect(ledger.size).toBe(count);

  // First every other one from the middle outwards, then the newest, one by one.
  for (let id = 0; id < count; id += 2) ledger.answer(answer((id * 7_919) % count));
  expect(ledger.size).toBe(count / 2);
  for (let id = count - 1; id > 0; id -= 2) {
    if (ledger.newestCandidate?.id !== id) expect.unreachable(`the newest is not ${id}`);
    if (ledger.byProgressToken(`token ${id}`)?.id !== id) expect.unreachable(`the token of ${id} is lost`);
    ledger.answer(answer(id));
  }
  expect(ledger.isEmpty).toBe(true);
  expect(ledger.newestCandidate).toBeUndefined();
});

describe('a request that is answered though the client cancelled it', () => {
  test('is known by its id until then, and only once', () => {
    const ledger = newLedger();
    const { entry } = ledger.receive(request(1));
    expect(ledger.bearer(1)).toBe(entry);
    ledger.cancel(1);
    expect(ledger.bearer(1)).toBe(entry);
    expect(ledger.answer(answer(2))).toBeUndefined();
    expect(ledger.answer(answer(1))).toBe(entry);
    expect(entry.state).toBe('answered');
    expect(ledger.bearer(1)).toBeUndefined();
    expect(ledger.answer(answer(1))).toBeUndefined();
  });

  test('is not mistaken for another that came in with its id, before or after that was answered', () => {
    const ledger = newLedger();
    ledger.receive(request(1));
    ledger.cancel(1);
    const { entry } = ledger.receive(request(1));
    expect(ledger.bearer(1)).toBe(entry);
    expect(ledger.answer(answer(1))).toBe(entry);
    expect(ledger.answer(answer(1))).toBeUndefined();
  });

  test.each([
    ['when its stream is gone', true],
    ['when its stream was gone before', false],
  ])('is not known %s: there is no order to keep', (_title, cancelledFirst) => {
    const ledger = newLedger();
    const { entry } = ledger.receive(request(1));
    if (!cancelledFirst) ledger.setAdrift(entry);
    ledger.cancel(1);
    ledger.setAdrift(entry);
    expect(ledger.bearer(1)).toBeUndefined();
    expect(ledger.hasUnanswered).toBe(true);
    expect(ledger.answer(answer(1))).toBeUndefined();
    expect(ledger.hasUnanswered).toBe(false);
  });

  test('is still known when the stream of an earlier one with its id is gone', () => {
    const ledger = newLedger();
    const earlier = ledger.receive(request(1)).entry;
    ledger.cancel(1);
    const { entry } = ledger.receive(request(1));
    ledger.cancel(1);
    ledger.setAdrift(earlier);
    expect(ledger.bearer(1)).toBe(entry);
  });

  test('is forgotten after many others, and when the session is over', () => {
    const ledger = newLedger();
    for (let id = 0; id <= 1_024; id += 1) {
      ledger.receive(request(id));
      ledger.cancel(id);
    }
    expect(ledger.bearer(0)).toBeUndefined();
    expect(ledger.bearer(1)).toBeDefined();
    ledger.clear();
    expect(ledger.bearer(1_024)).toBeUndefined();
  });
});

test('tokens of tasks are bounded, and one that comes again puts out no other', () => {
  const ledger = newLedger();
  const create = (token: number): void => {
    ledger.receive(request(1, 'tools/call', wantsProgress(token)));
    ledger.answer(answer(1, { task: { taskId: `task ${token}` } }));
  };
  for (let token = 0; token < 1_024; token += 1) create(token);
  create(1_023);
  expect(ledger.taskOfToken(0)).toBe('task 0');
  create(1_024);
  expect(ledger.taskOfToken(0)).toBeUndefined();
  expect(ledger.taskOfToken(1)).toBe('task 1');
});
