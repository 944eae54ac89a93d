/** What becomes of a call that its client took back, on a clock of the test's own. */
import { AsyncResource } from 'node:async_hooks';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { withBackchannel } from '../../src/index.js';
import type { RelayOptions } from '../../src/proxy/relay-options.js';
import { Relay } from '../../src/proxy/relay.js';
import type { JsonRpcMessage } from '../../src/routing/message.js';
import { answer, cancelled, elicit, request } from '../support/messages.js';
import { NullTransport } from '../support/null-transport.js';
import { UNWATCHED } from '../support/unwatched.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function options(backend: NullTransport): Omit<RelayOptions, 'client'> {
  return {
    ...UNWATCHED,
    makeTransport: () => backend,
    serialize: false,
    maxInFlight: 2,
    onStart: () => undefined,
    onQuestionRefused: () => undefined,
    onUnanswered: () => undefined,
    onRefused: () => undefined,
    onLost: () => undefined,
    onPolled: () => undefined,
    report: (error) => {
      throw error;
    },
  };
}

/** Of a client that has at most two requests in flight. */
async function relayed(serialize: boolean): Promise<{
  relay: Relay;
  backend: NullTransport;
  client: JsonRpcMessage[];
  /** The requests that nobody answers. */
  unanswered: unknown[];
  /** Sends it, and waits until it is where it goes. */
  say: (message: JsonRpcMessage) => Promise<void>;
  idsAtBackend: () => unknown[];
}> {
  const backend = new NullTransport();
  const client: JsonRpcMessage[] = [];
  const unanswered: unknown[] = [];
  const relay = new Relay({
    ...options(backend),
    client: {
      send: async (message: JsonRpcMessage) => {
        client.push(message);
        return Promise.resolve();
      },
    },
    serialize,
    onUnanswered: (id) => unanswered.push(id),
  });
  const say = async (message: JsonRpcMessage): Promise<void> => {
    relay.fromClient(message);
    await vi.advanceTimersByTimeAsync(0);
  };
  await say(request(1));
  await say(request(2));
  const idsAtBackend = (): unknown[] => backend.sent.flatMap(({ message }) => message.id ?? []);
  return { relay, backend, client, unanswered, say, idsAtBackend };
}

it('counts until the backend had five seconds, and is answered by nobody else', async () => {
  const { client, unanswered, say, idsAtBackend } = await relayed(false);
  await say(cancelled(1));
  await say(request(3));
  await vi.advanceTimersByTimeAsync(4_999);
  expect(client).toMatchObject([{ id: 3, error: { message: expect.stringContaining('Too many') as string } }]);
  expect(unanswered).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(unanswered).toEqual([1]);
  await say(request(4));
  expect(idsAtBackend()).toEqual([1, 2, 4]);
  expect(client).toHaveLength(1);
});

it('is answered by the backend, however late that is, and once', async () => {
  const { client, say, backend } = await relayed(false);
  await say(cancelled(1));
  await vi.advanceTimersByTimeAsync(60_000);
  for (const late of [answer(1), answer(1), answer(2)]) backend.deliver(late);
  expect(client).toMatchObject([
    { id: 1, result: {} },
    { id: 2, result: {} },
  ]);
});

it('is not answered when it was still waiting for its turn, and the backend does not hear of it', async () => {
  const { client, unanswered, say, backend, idsAtBackend } = await relayed(true);
  await say(cancelled(2));
  expect(unanswered).toEqual([2]);
  backend.deliver(answer(1));
  await say(request(3));
  expect(idsAtBackend()).toEqual([1, 3]);
  expect(client).toMatchObject([{ id: 1, result: {} }]);
});

it('is answered by the backend alone, if that does so in time', async () => {
  const { client, say, backend } = await relayed(false);
  await say(cancelled(1));
  backend.deliver(answer(1));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(client).toMatchObject([{ id: 1, result: {} }]);
});

it('has no timer left when the session is over, and nobody waits for it', async () => {
  const { relay, client, say, backend } = await relayed(false);
  await say(cancelled(1));
  backend.deliver(answer(2));
  // Must not wait for the other.
  await relay.drained();
  relay.stop();
  expect(vi.getTimerCount()).toBe(0);
  expect(client).toHaveLength(1);
});

it('keeps nobody waiting who waits for the rest, however many do', async () => {
  const { relay, say, backend } = await relayed(false);
  await say(cancelled(1));
  const both = Promise.all([relay.drained(), relay.drained()]);
  backend.deliver(answer(2));
  await both;
});

it('keeps its turn, and is asked nothing more, for as long, where there is one call at a time', async () => {
  const { client, say, backend, idsAtBackend } = await relayed(true);
  await say(cancelled(1));
  backend.deliver(elicit('q'));
  await vi.advanceTimersByTimeAsync(4_999);
  expect(backend.sent.at(-1)?.message).toMatchObject({ id: 'q', error: {} });
  expect(idsAtBackend()).toEqual([1, 'q']);
  expect(client).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(idsAtBackend()).toEqual([1, 'q', 2]);
  // It may be a question of the call whose turn is over, though nobody has answered it.
  backend.deliver(elicit('r'));
  await vi.advanceTimersByTimeAsync(0);
  expect(client.some(({ id }) => id === 'r')).toBe(false);
  expect(backend.sent.at(-1)?.message).toMatchObject({ id: 'r', error: {} });
});

it('asks nothing of the client any more, where it is known whose question it is, and not of another call either', async () => {
  const backend = new NullTransport();
  let readAnswer: ((message: JsonRpcMessage) => void) | undefined;
  backend.write = async ({ message }) => {
    readAnswer ??= message.id === 1 ? AsyncResource.bind((said: JsonRpcMessage) => backend.deliver(said)) : undefined;
    return Promise.resolve();
  };
  const inner = new NullTransport();
  const client = withBackchannel(inner);
  const relay = new Relay({ ...options(backend), client });
  client.onmessage = (message) => relay.fromClient(message);
  for (const message of [request(1), request(2), cancelled(1)]) {
    inner.deliver(message);
    await vi.advanceTimersByTimeAsync(0);
  }
  readAnswer?.(elicit('q'));
  await vi.advanceTimersByTimeAsync(0);
  expect(inner.sent).toEqual([]);
  const told = { id: 'q', error: { message: 'The client cancelled the call that asks this' } };
  expect(backend.sent.at(-1)).toMatchObject({ message: told });

  // One who reads for many calls may have been made during one of them.
  await vi.advanceTimersByTimeAsync(5_000);
  readAnswer?.(elicit('later'));
  await vi.advanceTimersByTimeAsync(0);
  expect(inner.sent.at(-1)).toMatchObject({ message: { id: 'later' }, options: { relatedRequestId: 2 } });
  relay.stop();
});
