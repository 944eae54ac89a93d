/** How long a backend is waited for, on a clock of the test's own. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Backend } from '../../src/proxy/backend.js';
import { request } from '../support/messages.js';
import { NullTransport } from '../support/null-transport.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a backend whose stream broke while an answer was awaited', () => {
  async function broken(): Promise<{ transport: NullTransport; lost: string[]; backend: Backend; probe: unknown }> {
    const transport = new NullTransport();
    const lost: string[] = [];
    const backend = new Backend(() => transport, {
      started: () => undefined,
      received: () => undefined,
      lost: (reason) => lost.push(reason),
      report: () => undefined,
      isAwaited: () => true,
    });
    await backend.send(request('call'));
    transport.onerror?.(new Error('the stream broke'));
    const probe = transport.sent.at(-1)?.message;
    expect(probe?.method).toBe('ping');
    return { transport, lost, backend, probe: probe?.id };
  }

  it('is lost when it does not answer the question whether it is there', async () => {
    const { lost } = await broken();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(lost).toEqual([expect.stringContaining('does not answer')]);
  });

  it('is not lost when it answers', async () => {
    const { transport, lost, probe } = await broken();
    transport.deliver({ jsonrpc: '2.0', id: probe, result: {} });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(lost).toEqual([]);
  });

  it('is asked no more when its session is over', async () => {
    const { lost, backend } = await broken();
    await backend.close(false);
    expect(vi.getTimerCount()).toBe(0);
    expect(lost).toEqual([]);
  });
});
