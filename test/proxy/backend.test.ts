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
  /** What becomes of one whose transport refuses a ping. */
  async function lostAfter(reason: unknown): Promise<string[]> {
    const { lost } = await broken({ reason });
    await vi.advanceTimersByTimeAsync(60_000);
    return lost;
  }

  async function broken(refusal?: {
    readonly reason: unknown;
  }): Promise<{ transport: NullTransport; lost: string[]; backend: Backend; probe: unknown }> {
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
    if (refusal !== undefined) {
      transport.write = async () => {
        await Promise.resolve();
        throw refusal.reason;
      };
    }
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

  it.each([400, 401, 404, 405, 410])('is lost when it refuses the question with %i', async (status) => {
    expect(await lostAfter({ code: status })).toEqual([expect.stringContaining('is gone')]);
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
    const { lost, backend } = await broken();
    await backend.close(false);
    expect(vi.getTimerCount()).toBe(0);
    expect(lost).toEqual([]);
  });
});
