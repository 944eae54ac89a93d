/** Whatever backend and client do, and in whatever order: no server request is lost, and none is answered twice. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  NO_INPUT,
  reduce,
  ROUND_MS,
  type InputEffect,
  type InputEvent,
  type InputRound,
} from '../../src/modern/input-round.js';
import { request } from '../support/messages.js';

type Id = number;

/** What has become of the requests of a backend. */
class Backend {
  readonly sent = new Set<Id>();
  readonly told = new Set<Id>();
  readonly answered = new Map<Id, unknown>();
  readonly givenUp = new Set<Id>();
  readonly withdrawn = new Set<Id>();

  isOpen(id: Id): boolean {
    return this.sent.has(id) && !this.answered.has(id) && !this.givenUp.has(id) && !this.withdrawn.has(id);
  }

  get open(): Id[] {
    return [...this.sent].filter((id) => this.isOpen(id));
  }
}

/** A call, its timers and its client, which has a round or has none. */
class Call {
  readonly backend = new Backend();
  readonly #keys = new Map<string, Id>();
  #round: InputRound = NO_INPUT;
  #now = 0;
  #timers: number[] = [];
  /** What the client has been told and has not come back with. */
  inHand: readonly string[] | undefined;
  isOver = false;

  event(event: InputEvent): void {
    const { round, effects } = reduce(this.#round, event);
    this.#round = round;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: InputEffect): void {
    const { backend } = this;
    switch (effect.type) {
      case 'wait':
        expect(effect.until).toBeLessThanOrEqual(this.#now + ROUND_MS);
        this.#timers.push(effect.until);
        return;
      case 'tell':
        expect(this.inHand, 'a client that is told twice').toBeUndefined();
        expect(effect.inputs.map((input) => input.request.id)).toEqual(backend.open);
        for (const { key, request: told } of effect.inputs) {
          expect(this.#keys.get(key) ?? told.id, 'one key for two requests').toBe(told.id);
          this.#keys.set(key, told.id as Id);
          backend.told.add(told.id as Id);
        }
        expect(new Set(this.#keys.values()).size, 'two keys for one request').toBe(this.#keys.size);
        this.inHand = effect.inputs.map(({ key }) => key);
        return;
      case 'answer':
        expect(backend.isOpen(effect.request.id as Id) && backend.told.has(effect.request.id as Id)).toBe(true);
        expect(effect.result).toBe(`for ${effect.request.id}`);
        backend.answered.set(effect.request.id as Id, effect.result);
        return;
      case 'give-up':
        expect(this.isOver && backend.isOpen(effect.request.id as Id)).toBe(true);
        backend.givenUp.add(effect.request.id as Id);
    }
  }

  send(method: string): void {
    const id = this.backend.sent.size;
    this.backend.sent.add(id);
    this.event({ type: 'arrived', request: request(id, method), at: this.#now });
  }

  withdraw(id: Id): void {
    if (this.backend.isOpen(id)) this.backend.withdrawn.add(id);
    this.event({ type: 'withdrawn', id });
  }

  /** Timers fire up to 1 ms early. */
  wait(ms: number): void {
    const end = this.#now + ms;
    for (let at = Math.min(...this.#timers); at - 1 <= end; at = Math.min(...this.#timers)) {
      this.#now = Math.max(this.#now + 0.5, at - 1);
      this.#timers.splice(this.#timers.indexOf(at), 1);
      this.event({ type: 'waited', at: this.#now });
    }
    this.#now = Math.max(this.#now, end);
  }

  /** The client comes back, if it has a round. It answers some of it, and sends keys that it has from elsewhere. */
  comeBack(isAnswered: (at: number) => boolean, others: readonly string[]): void {
    if (this.inHand === undefined) return;
    const keys = this.inHand.filter((_, at) => isAnswered(at));
    this.inHand = undefined;
    const guessed = others.filter((key) => !this.#keys.has(key)).map((key) => [key, 'guessed']);
    const known = keys.map((key) => [key, `for ${this.#keys.get(key)}`]);
    const { open } = this.backend;
    const expected = keys.map((key) => this.#keys.get(key)).filter((id) => id !== undefined && open.includes(id));
    const before = this.backend.answered.size;
    this.event({
      type: 'came-back',
      answers: Object.fromEntries([...guessed, ...known]) as Record<string, unknown>,
      at: this.#now,
    });
    const answered = [...this.backend.answered.keys()].slice(before);
    expect(answered).toEqual(this.isOver ? [] : expected);
  }

  end(): void {
    this.isOver = true;
    this.event({ type: 'ended' });
  }
}

const METHODS = ['elicitation/create', 'sampling/createMessage', 'roots/list'];

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), method: fc.constantFrom(...METHODS) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('withdraw' as const), id: fc.nat(10) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 25 }) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('come back' as const),
        mask: fc.nat(255),
        others: fc.array(
          fc.tuple(fc.constantFrom('elicitation', 'roots', 'x'), fc.nat(12)).map((key) => key.join('-')),
        ),
      }),
    },
  ),
  { maxLength: 40 },
);
type Step = (typeof steps extends fc.Arbitrary<infer S> ? S : never) extends (infer O)[] ? O : never;

function play(call: Call, step: Step): void {
  switch (step.do) {
    case 'send': {
      call.send(step.method);
      return;
    }
    case 'withdraw': {
      call.withdraw(step.id);
      return;
    }
    case 'wait': {
      call.wait(step.ms);
      return;
    }
    case 'come back': {
      call.comeBack((at) => ((step.mask >> (at % 8)) & 1) === 1, step.others);
      return;
    }
  }
}

test('a client that comes back often enough answers every server request, once', () => {
  fc.assert(
    fc.property(steps, (sequence) => {
      const call = new Call();
      for (const step of sequence) play(call, step);
      for (let rounds = 0; call.backend.open.length > 0; rounds++) {
        expect(rounds, 'rounds until all is answered').toBeLessThan(3);
        call.wait(ROUND_MS + 1);
        call.comeBack(() => true, []);
      }
      const { sent, answered, withdrawn, givenUp } = call.backend;
      expect([answered.size + withdrawn.size, givenUp.size]).toEqual([sent.size, 0]);
    }),
    { numRuns: 500 },
  );
});

test('a call that ends leaves no server request open, whatever happens then', () => {
  fc.assert(
    fc.property(steps, steps, (before, afterwards) => {
      const call = new Call();
      for (const step of before) play(call, step);
      call.end();
      expect(call.backend.open).toEqual([]);
      const { size } = call.backend.answered;
      for (const step of afterwards) play(call, step);
      expect([call.backend.open, call.backend.answered.size]).toEqual([[], size]);
    }),
    { numRuns: 500 },
  );
});
