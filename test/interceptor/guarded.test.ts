/** Subscribers may throw: nobody else notices, and the owner of the transport is told. */
import { filter, map, Subject, take, type Observable } from 'rxjs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withBackchannel } from '../../src/index.js';
import { guarded } from '../../src/interceptor/guarded.js';
import { NullTransport } from '../support/null-transport.js';
import { elicit, request } from '../support/messages.js';

/** What RxJS rethrows in a timer: it would end the process. */
const unhandled: unknown[] = [];
const note = (error: unknown): void => void unhandled.push(error);

beforeEach(() => {
  unhandled.length = 0;
  process.prependListener('uncaughtException', note);
});

afterEach(async () => {
  // RxJS reports in a timer of 0 ms, which is set before this one and fires before it.
  await new Promise((resolve) => setTimeout(resolve, 1));
  process.removeListener('uncaughtException', note);
  expect(unhandled).toEqual([]);
});

function boom(): never {
  throw new Error('boom');
}

function watched(): { source: Subject<number>; observable: Observable<number>; errors: string[]; seen: number[] } {
  const source = new Subject<number>();
  const errors: string[] = [];
  const observable = guarded(source, (cause) => errors.push((cause as Error).message));
  return { source, observable, errors, seen: [] };
}

describe('a guarded observable', () => {
  test('goes on when a subscriber throws, for that one and for the others', () => {
    const { source, observable, errors, seen } = watched();
    let calls = 0;
    observable.subscribe(() => {
      calls += 1;
      boom();
    });
    observable.subscribe((value) => seen.push(value));
    source.next(1);
    source.next(2);
    expect(seen).toEqual([1, 2]);
    expect(calls).toBe(2);
    expect(errors).toEqual(['boom', 'boom']);
  });

  test('reports an operator that throws, and ends only its own subscriber', () => {
    const { source, observable, errors, seen } = watched();
    observable.pipe(map(boom)).subscribe();
    observable.subscribe((value) => seen.push(value));
    source.next(1);
    source.next(2);
    expect(seen).toEqual([1, 2]);
    expect(errors).toEqual(['boom']);
  });

  test('gives the error of an operator to a subscriber that has a callback for it', () => {
    const { source, observable, errors } = watched();
    const given: unknown[] = [];
    observable.pipe(map(boom)).subscribe({ error: (error: unknown) => given.push((error as Error).message) });
    observable.pipe(map(boom)).subscribe({ error: boom });
    source.next(1);
    expect(given).toEqual(['boom']);
    expect(errors).toEqual(['boom']);
  });

  test('reports a throwing complete, and completes the others', () => {
    const { source, observable, errors } = watched();
    let completed = false;
    observable.subscribe({ complete: boom });
    observable.subscribe({ complete: () => (completed = true) });
    source.complete();
    expect(completed).toBe(true);
    expect(errors).toEqual(['boom']);
  });

  test('stays guarded through several pipes', () => {
    const { source, observable, errors, seen } = watched();
    const even = observable.pipe(filter((value) => value % 2 === 0)).pipe(map((value) => value * 10));
    even.subscribe(boom);
    even.subscribe((value) => seen.push(value));
    for (const value of [1, 2, 3, 4]) source.next(value);
    expect(seen).toEqual([20, 40]);
    expect(errors).toEqual(['boom', 'boom']);
  });

  test('stops for who unsubscribes, also inside its own callback', () => {
    const { source, observable, seen } = watched();
    const subscription = observable.subscribe((value) => {
      seen.push(value);
      if (value === 2) subscription.unsubscribe();
    });
    const other = observable.pipe(take(1)).subscribe((value) => seen.push(value * 100));
    for (const value of [1, 2, 3]) source.next(value);
    expect(seen).toEqual([1, 100, 2]);
    expect(other.closed).toBe(true);
    expect(source.observed).toBe(false);
  });

  test.each<[string, string[], (to: (name: string) => () => void) => unknown[]]>([
    ['an observer', ['next', 'complete'], (to) => [{ next: to('next'), error: to('error'), complete: to('complete') }]],
    ['a part of one', ['next'], (to) => [{ next: to('next') }]],
    ['three callbacks', ['next', 'complete'], (to) => [to('next'), to('error'), to('complete')]],
    ['nulls and a callback', ['complete'], (to) => [null, null, to('complete')]],
    ['nothing', [], () => []],
  ])('takes %s', (_title, expected, args) => {
    const { source, observable, errors } = watched();
    const calls: string[] = [];
    Reflect.apply(
      Reflect.get(observable, 'subscribe') as (...observers: unknown[]) => void,
      observable,
      args((name) => () => calls.push(name)),
    );
    source.next(1);
    source.complete();
    expect(calls).toEqual(expected);
    expect(errors).toEqual([]);
  });

  test('keeps `this` of an observer that is an object with methods', () => {
    const { source, observable, errors } = watched();
    const observer = {
      seen: [] as number[],
      next(value: number) {
        this.seen.push(value);
      },
    };
    observable.subscribe(observer);
    source.next(1);
    expect(observer.seen).toEqual([1]);
    expect(errors).toEqual([]);
  });

  test('cannot be fed from outside', () => {
    const { observable } = watched();
    expect('next' in observable).toBe(false);
  });
});

describe('the observables of a wrapped transport', () => {
  test.each(['inbound$', 'outbound$', 'routes$'] as const)(
    '%s: what a subscriber throws reaches onerror',
    async (name) => {
      const inner = new NullTransport();
      const transport = withBackchannel(inner);
      const errors: Error[] = [];
      transport.onerror = (error) => errors.push(error);
      transport.onmessage = () => undefined;
      (transport.backchannel[name] as Observable<unknown>).subscribe(boom);
      inner.deliver(request(1));
      await transport.send(elicit(9));
      // The outcome of a delivery is told when its promise has settled.
      await Promise.resolve();
      expect(errors).toHaveLength(1);
      expect(errors[0]).toMatchObject({ code: 'CALLBACK_FAILED', cause: { message: 'boom' } });
      expect(errors[0]?.message).toContain(`a subscriber of ${name}`);
      expect(inner.sent).toHaveLength(1);
    },
  );

  test('complete when the transport closes, and begin anew with its next life', async () => {
    const inner = new NullTransport();
    const transport = withBackchannel(inner);
    const log: string[] = [];
    const watch = (life: string): void => {
      transport.backchannel.inbound$.subscribe({
        next: ({ message }) => log.push(`${life} ${String(message.id)}`),
        complete: () => log.push(`${life} ends`),
      });
    };
    transport.onmessage = () => undefined;
    watch('first');
    inner.deliver(request(1));
    await transport.close();
    await transport.start();
    watch('second');
    inner.deliver(request(2));
    await transport.close();
    expect(log).toEqual(['first 1', 'first ends', 'second 2', 'second ends']);
  });
});
