/** The async context leads from work to the request that started it, on each transport in its way. */
import { AsyncResource } from 'node:async_hooks';
import { describe, expect, test } from 'vitest';
import { withBackchannel } from '../../src/index.js';
import { Ledgers } from '../../src/routing/ledgers.js';
import { onBehalfOf, onNobodysBehalf, originOn, outerOrigin } from '../../src/interceptor/origin.js';
import { NullHttpTransport } from '../support/null-transport.js';
import { answer, elicit, request } from '../support/messages.js';

/** A transport of its own, and its one ledger. */
function transport(): { self: object; ledger: ReturnType<Ledgers['named']> } {
  const self = {};
  return { self, ledger: new Ledgers(self).named(undefined) };
}

describe('the context', () => {
  test('is there in the work, in what the work starts, and nowhere else', async () => {
    const { self, ledger } = transport();
    const { entry } = ledger.receive(request(1));
    let later: unknown;
    const done = new Promise<void>((resolve) => {
      onBehalfOf(entry, () => {
        expect(originOn(self)).toBe(entry);
        setImmediate(() => {
          later = originOn(self);
          resolve();
        });
      });
    });
    expect(originOn(self)).toBeUndefined();
    await done;
    expect(later).toBe(entry);
    expect(originOn(self)).toBeUndefined();
  });

  test('hands on arguments, and what the work throws', () => {
    const { entry } = transport().ledger.receive(request(1));
    const seen: unknown[] = [];
    onBehalfOf(entry, (...args: unknown[]) => void seen.push(...args), 'message', 'extra');
    expect(seen).toEqual(['message', 'extra']);
    expect(() => {
      onBehalfOf(entry, () => {
        throw new Error('boom');
      });
    }).toThrow('boom');
  });

  test("is none on nobody's behalf, whoever starts it", () => {
    const { self, ledger } = transport();
    const { entry } = ledger.receive(request(1));
    onBehalfOf(entry, () => {
      expect(onNobodysBehalf(() => originOn(self))).toBeUndefined();
      expect(originOn(self)).toBe(entry);
    });
  });

  test('of one transport says nothing to another', () => {
    const [a, b] = [transport(), transport()];
    const { entry } = a.ledger.receive(request(1));
    onBehalfOf(entry, () => {
      expect(originOn(a.self)).toBe(entry);
      expect(originOn(b.self)).toBeUndefined();
      expect(outerOrigin(b.self)).toBe(entry);
      expect(outerOrigin(a.self)).toBeUndefined();
    });
  });

  test('leads back through a chain of three transports to each of them', () => {
    const [a, b, c] = [transport(), transport(), transport()];
    const first = a.ledger.receive(request(1)).entry;
    onBehalfOf(first, () => {
      const second = b.ledger.receive(request(1), outerOrigin(b.self)).entry;
      onBehalfOf(second, () => {
        const third = c.ledger.receive(request(1), outerOrigin(c.self)).entry;
        onBehalfOf(third, () => {
          expect(originOn(a.self)).toBe(first);
          expect(originOn(b.self)).toBe(second);
          expect(originOn(c.self)).toBe(third);
        });
      });
    });
  });

  test('passes by requests that are over, so that chains do not grow', () => {
    const [a, b, c] = [transport(), transport(), transport()];
    const first = a.ledger.receive(request(1)).entry;
    const second = b.ledger.receive(request(1), first).entry;
    b.ledger.answer(answer(1));
    onBehalfOf(second, () => expect(outerOrigin(c.self)).toBe(first));
    a.ledger.answer(answer(1));
    onBehalfOf(second, () => expect(outerOrigin(c.self)).toBeUndefined());
  });

  test('still names a request that is over: the policy decides what that is worth', () => {
    const { self, ledger } = transport();
    const { entry } = ledger.receive(request(1));
    ledger.answer(answer(1));
    onBehalfOf(entry, () => expect(originOn(self)).toBe(entry));
  });
});

describe('two wrapped transports in one process, one behind the other', () => {
  test('each find the request of their own from the innermost work', async () => {
    const [front, back] = [new NullHttpTransport(), new NullHttpTransport()];
    const [toClient, toProxy] = [withBackchannel(front), withBackchannel(back)];
    toClient.onmessage = (message) => {
      // The proxy calls the backend in memory, under an id of its own.
      back.deliver(request(`upstream of ${String(message.id)}`));
    };
    const work: (() => Promise<void>)[] = [];
    toProxy.onmessage = (message) => {
      const ask = async (): Promise<void> => {
        await toProxy.send(elicit(`for ${String(message.id)}`));
        await toClient.send(elicit(`relayed for ${String(message.id)}`));
      };
      work.push(AsyncResource.bind(ask));
    };
    for (const id of [1, 2, 3]) front.deliver(request(id));
    for (const index of [1, 2, 0]) await work[index]?.();
    for (const id of [1, 2, 3]) {
      expect(back.relatedIdOf(`for upstream of ${id}`)).toBe(`upstream of ${id}`);
      expect(front.relatedIdOf(`relayed for upstream of ${id}`)).toBe(id);
    }
  });
});

test('an old context does not match a new request that bears the same id', async () => {
  const inner = new NullHttpTransport();
  const transport = withBackchannel(inner);
  const reader: ((id: string) => Promise<void>)[] = [];
  transport.onmessage = () => {
    reader.push(AsyncResource.bind(async (id: string) => transport.send(elicit(id))));
  };
  inner.deliver(request(1));
  await transport.send(answer(1));
  inner.deliver(request(1));
  inner.deliver(request(2));

  await reader[0]?.('old');
  await reader[1]?.('new');

  expect(inner.relatedIdOf('old')).toBe(2);
  expect(inner.relatedIdOf('new')).toBe(1);
});

test("attribution: 'last-inbound' looks at no context", async () => {
  const inner = new NullHttpTransport();
  const transport = withBackchannel(inner, { attribution: 'last-inbound' });
  const reader: (() => Promise<void>)[] = [];
  transport.onmessage = () => {
    reader.push(AsyncResource.bind(async () => transport.send(elicit('question'))));
  };
  inner.deliver(request(1));
  inner.deliver(request(2));
  await reader[0]?.();
  expect(inner.relatedIdOf('question')).toBe(2);
});
