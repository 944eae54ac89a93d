/** Notifications to a backend over HTTP that takes its time: few connections, one order, and a limit that says so. */
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { JsonRpcMessage } from '../../../src/routing/message.js';
import { CALL, event, inEvents, passTime, peer, RESULT, turns, until } from '../../backends/http/http-peer.js';
import { closers } from '../../proxy/support.js';

const closing = closers();
afterEach(() => {
  vi.useRealTimers();
});

const note = (n: number): JsonRpcMessage => ({
  jsonrpc: '2.0',
  method: 'notifications/progress',
  params: { progressToken: 1, progress: n },
});
const numbers = (bodies: readonly string[]): unknown[] =>
  bodies.map((body) => (JSON.parse(body) as { params: { progress: number } }).params.progress);
const accept = (response: ServerResponse): unknown => response.writeHead(202).end();

describe('66: notifications to a slow backend', () => {
  it('arrive in order, over few connections', async () => {
    let connections = 0;
    let most = 0;
    const { transport, http, bodies, errors } = await peer(closing, (response) => setImmediate(accept, response));
    http.on('connection', (socket) => {
      most = Math.max(most, ++connections);
      socket.once('close', () => connections--);
    });
    const count = 900;
    await Promise.all(Array.from({ length: count }, async (_, n) => transport.send(note(n))));
    expect(numbers(bodies)).toEqual(Array.from({ length: count }, (_, n) => n));
    expect(most).toBeLessThanOrEqual(8);
    expect(errors).toEqual([]);
  });

  it('wait for the one before, and no longer than a second: a backend that accepts none gets eight', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const held: ServerResponse[] = [];
    const { transport, bodies } = await peer(closing, (response) => held.push(response));
    const sent = Array.from({ length: 12 }, async (_, n) => transport.send(note(n)));
    await until(() => bodies.length === 1);
    vi.advanceTimersByTime(999);
    await turns();
    expect(bodies).toHaveLength(1);
    vi.advanceTimersByTime(1);
    await until(() => bodies.length === 2);
    await passTime(
      until(() => bodies.length === 8),
      1_000,
    );
    await passTime(turns(), 10_000);
    expect(numbers(bodies)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    // One that is accepted makes place for the next.
    while (bodies.length < 12) {
      held.splice(0).forEach(accept);
      await turns();
      vi.advanceTimersByTime(1_000);
    }
    await until(() => held.length > 0);
    held.splice(0).forEach(accept);
    await passTime(Promise.all(sent));
    expect(numbers(bodies)).toEqual(Array.from({ length: 12 }, (_, n) => n));
  });

  it('are refused with a reason when too many wait', async () => {
    const held: ServerResponse[] = [];
    const { transport, bodies } = await peer(closing, (response) => held.push(response));
    const results: unknown[] = [];
    for (let n = 0; n < 3_000; n++)
      void transport.send(note(n)).then(
        () => results.push('sent'),
        (error: unknown) => results.push((error as Error).message),
      );
    await until(() => bodies.length > 0);
    await turns();
    expect(results.length).toBeGreaterThan(1_000);
    expect(new Set(results)).toEqual(
      new Set(['1000 notifications wait for the backend to accept them: notifications/progress was not sent']),
    );
  });

  it('that are long are refused when too much waits', async () => {
    const { transport, bodies } = await peer(closing, () => undefined);
    const long = (n: number): JsonRpcMessage => ({
      ...note(n),
      params: { progressToken: 1, progress: n, text: 'x'.repeat(5_000_000) },
    });
    const refused: unknown[] = [];
    for (let n = 0; n < 20; n++) void transport.send(long(n)).catch((error: unknown) => refused.push(error));
    await until(() => bodies.length > 0);
    await turns();
    expect(refused.length).toBeGreaterThan(10);
  });

  it('that one could not be sent does not keep the others', async () => {
    const answers = [500, 202, 202];
    const { transport, bodies, errors } = await peer(closing, (response) =>
      response.writeHead(answers.shift() ?? 202).end(),
    );
    const sent = await Promise.allSettled([0, 1, 2].map(async (n) => transport.send(note(n))));
    expect(sent.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(numbers(bodies)).toEqual([0, 1, 2]);
    expect(errors).toHaveLength(1);
  });

  it('are not overtaken by a request on a backend that accepts them, and keep none from one that does not', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const held: ServerResponse[] = [];
    const { transport, bodies, messages } = await peer(closing, (response) => {
      if (bodies.at(-1)?.includes('tools/call') === true) inEvents(response).end(event(RESULT));
      else held.push(response);
    });
    const notified = transport.send(note(0));
    await until(() => held.length === 1);
    const call = transport.send(CALL);
    await turns();
    expect(bodies).toHaveLength(1);
    held.splice(0).forEach(accept);
    await Promise.all([notified, call]);
    await expect.poll(() => messages).toMatchObject([RESULT]);

    transport.send(note(1)).catch(() => undefined);
    await passTime(transport.send(CALL));
    expect(bodies).toHaveLength(4);
  });

  it('keep no answer to a question of the backend, of which few are sent at once', async () => {
    let open = 0;
    let most = 0;
    const held: (() => void)[] = [];
    const { transport, bodies } = await peer(closing, (response) => {
      if (bodies.at(-1)?.includes('notifications') === true) return;
      most = Math.max(most, ++open);
      held.push(() => {
        open--;
        accept(response);
      });
    });
    transport.send(note(0)).catch(() => undefined);
    const answers = Array.from({ length: 100 }, async (_, id) => transport.send({ jsonrpc: '2.0', id, result: {} }));
    while (bodies.length < 101) {
      await turns();
      held.splice(0).forEach((release) => release());
    }
    await until(() => held.length > 0 || open === 0);
    held.splice(0).forEach((release) => release());
    await Promise.all(answers);
    expect(most).toBeLessThanOrEqual(16);
  });

  it('are given up with the connection', async () => {
    const { transport, bodies } = await peer(closing, () => undefined);
    const sent = [0, 1].map(async (n) => transport.send(note(n)));
    await until(() => bodies.length === 1);
    await transport.close();
    expect((await Promise.allSettled(sent)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await turns();
    expect(bodies).toHaveLength(1);
  });
});
