/** One call at a time: a call whose turn was given up asks for something in the turn of the next. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Relay } from '../../../src/proxy/relay.js';
import type { JsonRpcMessage } from '../../../src/routing/message.js';
import { answer, cancelled, elicit, notification, request } from '../../support/messages.js';
import { NullTransport } from '../../support/null-transport.js';
import { UNWATCHED } from '../../support/unwatched.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

interface Stage {
  readonly backend: NullTransport;
  readonly client: JsonRpcMessage[];
  readonly refused: unknown[];
  readonly passes: (ms: number) => Promise<unknown>;
}

/** The client took call 1 back, the backend does not answer it, and call 2 has the turn. */
async function turnGivenUp(): Promise<Stage> {
  const backend = new NullTransport();
  const client: JsonRpcMessage[] = [];
  const refused: unknown[] = [];
  const relay = new Relay({
    ...UNWATCHED,
    makeTransport: () => backend,
    serialize: true,
    maxInFlight: 10,
    onStart: () => undefined,
    onQuestionRefused: (_question, error) => refused.push(error),
    onUnanswered: () => undefined,
    onPolled: () => undefined,
    onRefused: () => undefined,
    onLost: () => undefined,
    report: () => undefined,
    client: {
      send: async (message: JsonRpcMessage) => {
        client.push(message);
        return Promise.resolve();
      },
    },
  });
  const passes = async (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
  for (const message of [request(1), request(2), cancelled(1)]) {
    relay.fromClient(message);
    await passes(0);
  }
  await passes(5_000);
  expect(backend.sent.map(({ message }) => message.id ?? message.method)).toEqual([1, 'notifications/cancelled', 2]);
  client.length = 0;
  return { backend, client, refused, passes };
}

describe('63: with one call at a time, while a call that was given up is not answered', () => {
  test('a server request is refused: nobody knows whose it is', async () => {
    const { backend, client, refused, passes } = await turnGivenUp();
    backend.deliver(elicit('q'));
    await passes(0);
    expect(client).toEqual([]);
    expect(refused).toMatchObject([{ name: 'BackchannelError', code: 'AMBIGUOUS' }]);
    expect(backend.sent.at(-1)?.message).toMatchObject({ id: 'q', error: {} });
  });

  test('it is refused after the next call is over, too', async () => {
    const { backend, client, passes } = await turnGivenUp();
    backend.deliver(answer(2));
    backend.deliver(elicit('q'));
    await passes(0);
    expect(client).toMatchObject([{ id: 2 }]);
    expect(backend.sent.at(-1)?.message).toMatchObject({ id: 'q', error: {} });
  });

  test('a notification and a ping still reach the client', async () => {
    const { backend, client } = await turnGivenUp();
    backend.deliver(notification('notifications/message', { level: 'info', data: 1 }));
    backend.deliver(request('p', 'ping'));
    expect(client.map(({ method }) => method)).toEqual(['notifications/message', 'ping']);
  });
});

test('63: the late answer of the call that was given up makes it certain again', async () => {
  const { backend, client } = await turnGivenUp();
  backend.deliver(answer(1));
  client.length = 0;
  backend.deliver(elicit('q'));
  expect(client).toMatchObject([{ id: 'q', method: 'elicitation/create' }]);
});
