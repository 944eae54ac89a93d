import { describe, expect, test } from 'vitest';
import {
  NO_INPUT,
  reduce,
  ROUND_MS,
  type InputEffect,
  type InputEvent,
  type InputRound,
} from '../../src/modern/input-round.js';
import { elicit, request } from '../support/messages.js';

/** What is done for each of these events, in short. */
function told(...events: InputEvent[]): string[][] {
  let round = NO_INPUT;
  return events.map((event) => {
    const step = reduce(round, event);
    ({ round } = step);
    return step.effects.map(short);
  });
}

function after(...events: InputEvent[]): InputRound {
  return events.reduce<InputRound>((round, event) => reduce(round, event).round, NO_INPUT);
}

function short(effect: InputEffect): string {
  switch (effect.type) {
    case 'wait':
      return `wait until ${effect.until}`;
    case 'tell':
      return `tell ${effect.inputs.map(({ key }) => key).join(', ')}`;
    case 'answer':
      return `answer ${effect.request.id}: ${String(effect.result)}`;
    case 'give-up':
      return `give up ${effect.request.id}`;
  }
}

const arrived = (id: number, at: number): InputEvent => ({ type: 'arrived', request: elicit(id), at });
const waited = (at: number): InputEvent => ({ type: 'waited', at });
const cameBack = (at: number, answers: Record<string, unknown>): InputEvent => ({ type: 'came-back', answers, at });
const withdrawn = (id: number): InputEvent => ({ type: 'withdrawn', id });
const ENDED: InputEvent = { type: 'ended' };

describe('a round', () => {
  test('is told when it has waited for others', () => {
    expect(ROUND_MS).toBe(10);
    expect(told(arrived(1, 100), waited(110))).toEqual([['wait until 110'], ['tell elicitation-1']]);
  });

  test('has what arrives within its time', () => {
    expect(told(arrived(1, 100), arrived(2, 109), waited(110))).toEqual([
      ['wait until 110'],
      [],
      ['tell elicitation-1, elicitation-2'],
    ]);
  });

  test('names each kind, and tells the requests as they came', () => {
    const [sampling, roots, other] = ['sampling/createMessage', 'roots/list', 'other'].map((method, at) =>
      request(at + 2, method),
    );
    const requests = [elicit(1), sampling, roots, other].filter((one) => one !== undefined);
    const round = after(...requests.map((one): InputEvent => ({ type: 'arrived', request: one, at: 0 })), waited(10));
    expect(round.open.map(({ key }) => key)).toEqual(['elicitation-1', 'sampling-2', 'roots-3', 'other-4']);
    expect(round.open.map((input) => input.request)).toEqual(requests);
  });

  test('waits on when a timer is early, and is told once when one is late', () => {
    expect(told(arrived(1, 0), waited(9.9), waited(12), waited(13))).toEqual([
      ['wait until 10'],
      ['wait until 10'],
      ['tell elicitation-1'],
      [],
    ]);
  });

  test('is told to nobody if all of it is withdrawn', () => {
    expect(told(arrived(1, 0), withdrawn(1), waited(10))).toEqual([['wait until 10'], [], []]);
    expect(after(arrived(1, 0), withdrawn(1)).phase).toEqual({ name: 'quiet' });
  });

  test('has its own time after one that was withdrawn', () => {
    expect(told(arrived(1, 0), withdrawn(1), arrived(2, 5), waited(10), waited(15))).toEqual([
      ['wait until 10'],
      [],
      ['wait until 15'],
      ['wait until 15'],
      ['tell elicitation-2'],
    ]);
  });

  test('loses only what is withdrawn', () => {
    expect(told(arrived(1, 0), arrived(2, 0), withdrawn(1), waited(10))[3]).toEqual(['tell elicitation-2']);
  });
});

describe('a client that comes back', () => {
  test('with all answers: the call goes on', () => {
    expect(
      told(arrived(1, 0), arrived(2, 0), waited(10), cameBack(50, { 'elicitation-2': 'b', 'elicitation-1': 'a' }))[3],
    ).toEqual(['answer 1: a', 'answer 2: b']);
  });

  test('with some answers is told of the rest again, under the same keys', () => {
    expect(
      told(arrived(1, 0), arrived(2, 0), waited(10), cameBack(50, { 'elicitation-1': 'a' }), waited(60)).slice(3),
    ).toEqual([['answer 1: a', 'wait until 60'], ['tell elicitation-2']]);
  });

  test('without any answer is told of all again', () => {
    expect(told(arrived(1, 0), waited(10), cameBack(50, {}), waited(60)).slice(2)).toEqual([
      ['wait until 60'],
      ['tell elicitation-1'],
    ]);
  });

  test('is told of what arrived meanwhile, and of what its answers lead to, in one round', () => {
    expect(
      told(
        arrived(1, 0),
        waited(10),
        arrived(2, 20),
        waited(30),
        cameBack(50, { 'elicitation-1': 'a' }),
        arrived(3, 55),
        waited(60),
      ).slice(2),
    ).toEqual([[], [], ['answer 1: a', 'wait until 60'], [], ['tell elicitation-2, elicitation-3']]);
  });

  test.each<[string, InputEvent[], Record<string, unknown>]>([
    ['what is not known', [arrived(1, 0), waited(10)], { 'elicitation-2': 'x', toString: 'x' }],
    ['what has arrived, but was not told', [arrived(1, 0), waited(10), arrived(2, 20)], { 'elicitation-2': 'x' }],
    ['what was withdrawn', [arrived(1, 0), waited(10), withdrawn(1)], { 'elicitation-1': 'x' }],
    [
      'what it has answered before',
      [arrived(1, 0), waited(10), cameBack(20, { 'elicitation-1': 'a' })],
      { 'elicitation-1': 'x' },
    ],
  ])('cannot answer %s', (_, before, answers) => {
    const answered = told(...before, cameBack(50, answers)).at(-1) ?? [];
    expect(answered.filter((effect) => effect.startsWith('answer'))).toEqual([]);
  });

  test('answers what its prototype does not', () => {
    const answers = Object.create({ 'elicitation-1': 'x' }) as Record<string, unknown>;
    expect(told(arrived(1, 0), waited(10), cameBack(50, answers))[2]).toEqual(['wait until 60']);
  });

  test('finds nothing open if all was withdrawn meanwhile', () => {
    expect(told(arrived(1, 0), waited(10), withdrawn(1), cameBack(50, {}), arrived(2, 60)).slice(2)).toEqual([
      [],
      [],
      ['wait until 70'],
    ]);
  });
});

describe('the end of the call', () => {
  test('gives up what is open, and whatever arrives later', () => {
    expect(told(arrived(1, 0), waited(10), arrived(2, 20), ENDED, arrived(3, 30), waited(40)).slice(3)).toEqual([
      ['give up 1', 'give up 2'],
      ['give up 3'],
      [],
    ]);
  });

  test('gives up nothing twice, and takes no answers', () => {
    expect(
      told(arrived(1, 0), waited(10), ENDED, ENDED, withdrawn(1), cameBack(20, { 'elicitation-1': 'a' })).slice(3),
    ).toEqual([[], [], []]);
  });
});

test('nothing else happens', () => {
  const unknown = { type: 'unknown' } as unknown as InputEvent;
  expect(() => reduce(NO_INPUT, unknown)).toThrow('unexpected value');
});
