/** How long a backend is waited for, on a clock of the test's own. */
import { JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Backend } from '../../src/proxy/backend.js';
import type { JsonRpcMessage } from '../../src/routing/message.js';
import { request } from '../support/messages.js';
import { NullTransport } from '../support/null-transport.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** In which one question is asked for all errors. */
const PAUSE_MS = 500;

describe('a backend whose stream broke while an answer was awaited', () => {
  /** What becomes of one whose transport refuses a ping. */
  async function lostAfter(reason: unknown): Promise<string[]> {
    const { lost } = await broken({ reason });
    await vi.advanceTimersByTimeAsync(60_000);
    return lost;
  }

  async function connected(): Promise<{
    transport: NullTransport;
    lost: string[];
    received: JsonRpcMessage[];
    backend: Backend;
  }> {
    const transport = new NullTransport();
    const lost: string[] = [];
    const received: JsonRpcMessage[] = [];
    const backend = new Backend(() => transport, {
      started: () => undefined,
      received: (message) => received.push(message),
      lost: (reason) => lost.push(reason),
      report: () => undefined,
      polled: () => undefined,
      answerLost: () => undefined,
      isAwaited: () => true,
    });
    await backend.send(request('call', 'call'));
    return { transport, lost, received, backend };
  }

  async function broken(refusal?: {
    readonly reason: unknown;
  }): Promise<Awaited<ReturnType<typeof connected>> & { probe: unknown }> {
    const backend = await connected();
    const { transport } = backend;
    if (refusal !== undefined) {
      transport.write = async () => {
        await Promise.resolve();
        throw refusal.reason;
      };
    }
    transport.onerror?.(new Error('the stream broke'));
    transport.onerror?.(new Error('and so did another'));
    await vi.advanceTimersByTimeAsync(PAUSE_MS);
    expect(transport.sent).toHaveLength(2);
    const probe = transport.sent.at(-1)?.message;
    expect(probe?.method).toBe('ping');
    return { ...backend, probe: probe?.id };
  }

  it('is not lost when it does not answer the question whether it is there: it may be busy', async () => {
    const { transport, lost } = await broken();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(lost).toEqual([]);
    transport.write = async () => Promise.reject(new Error('connection refused'));
    transport.onerror?.(new Error('another stream broke'));
    await vi.advanceTimersByTimeAsync(PAUSE_MS);
    expect(lost).toEqual([expect.stringContaining('is gone: connection refused')]);
  });

  it.each([new SyntaxError('no JSON'), JSONRPCMessageSchema.safeParse({}).error as Error])(
    'is not asked when it wrote what is no message: %s',
    async (unreadable) => {
      const { transport } = await connected();
      transport.onerror?.(unreadable);
      await vi.advanceTimersByTimeAsync(PAUSE_MS);
      expect(transport.sent.map(({ message }) => message.method)).toEqual(['call']);
    },
  );

  it('keeps its answer to that question to itself', async () => {
    const { transport, lost, received, probe } = await broken();
    transport.deliver({ jsonrpc: '2.0', id: probe, result: {} });
    transport.deliver({ jsonrpc: '2.0', id: 'call', result: {} });
    await vi.advanceTimersByTimeAsync(0);
    expect(lost).toEqual([]);
    expect(received.map(({ id }) => id)).toEqual(['call']);
  });

  it.each<[number, string?]>([
    [404],
    [410],
    [400, 'Bad Request: No valid session ID provided'],
    [400, 'Bad Request: Server not initialized'],
    [401, 'Unauthorized: Session not found'],
    [503, 'The session is unknown or expired'],
    [404, '{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}'],
  ])('is lost when it says that it does not know the session: %i %s', async (status, message = '') => {
    expect(await lostAfter(Object.assign(new Error(message), { code: status }))).toEqual([
      expect.stringContaining('is gone'),
    ]);
  });

  it.each<[number, string?]>([
    ...[400, 401, 403, 405, 422].map((status): [number] => [status]),
    [400, 'Bad Request: Mcp-Session-Id header is required'],
    [404, '{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":null}'],
    [
      400,
      'Error POSTing to endpoint: {"jsonrpc":"2.0","id":null,"error":{"code":-32601,"message":"Method not found"}}',
    ],
  ])('is not lost when it refuses the question, which is no other: %i %s', async (status, message = '') => {
    expect(await lostAfter(Object.assign(new Error(message), { code: status }))).toEqual([]);
  });

  it.each([408, 429, 500, 503])('is not lost when it cannot take the question now: %i', async (status) => {
    expect(await lostAfter({ code: status })).toEqual([]);
  });

  it.each([[undefined], [null], ['no text']])('is lost when the question is refused with %o', async (reason) => {
    expect(await lostAfter(reason)).toEqual([expect.stringContaining('is gone')]);
  });

  it.each([[undefined], [null], [Object.create(null)]])('may say so with %o', async (error) => {
    const { transport } = await broken();
    expect(() => transport.onerror?.(error as never)).not.toThrow();
  });

  it('is asked no more when its session is over', async () => {
    const { transport, backend } = await broken();
    transport.onerror?.(new Error('another stream broke'));
    await backend.close(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});
