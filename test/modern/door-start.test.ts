/** Sessions that do not begin: a backend that is asked to initialize one, and does not answer. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { JsonRpcMessage } from '../../src/routing/message.js';
import { ModernDoor } from '../../src/modern/door.js';
import { InnerTransport } from '../../src/modern/inner-transport.js';
import { headersFor, request } from './requests.js';
import { Writer } from './writer.js';

const DEADLINE_MS = 60_000;

class Session {
  ended: string | undefined;

  constructor(
    readonly transport: InnerTransport,
    answers: boolean,
  ) {
    transport.onmessage = ({ id, method }: JsonRpcMessage) => {
      if (id === undefined || (method === 'initialize' && !answers)) return;
      void transport.send({ jsonrpc: '2.0', id, result: { capabilities: {}, tools: [] } });
    };
  }

  connected(): void {
    // Nobody counts.
  }

  disconnected(): void {
    // Nobody counts.
  }

  async end(reason: string): Promise<void> {
    this.ended = reason;
    return this.transport.close();
  }
}

let sessions: Session[];
/** Whether backends answer from now on. */
let answers: boolean;
let door: ModernDoor<'full'>;

function post(method: string): Writer {
  const writer = new Writer();
  door.serve(request(method), undefined, {
    headers: headersFor(method),
    caller: { principal: 'ann', seen: '', isKnown: true },
    writer,
    post: { run: (work) => work() },
    open: (transport) => {
      const session = new Session(transport, answers);
      sessions.push(session);
      return session;
    },
    renew: async () => Promise.resolve('another'),
    refuse: () => undefined,
    failed: () => undefined,
  });
  return writer;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  sessions = [];
  answers = false;
  door = new ModernDoor<'full'>({
    sessions: 'lease',
    maxIdle: 10,
    makeTransport: () => new InnerTransport({}),
    isRefusal: (opened) => opened === 'full',
    report: () => undefined,
    onRound: () => undefined,
    node: () => undefined,
  });
  return () => {
    door.close();
    vi.useRealTimers();
  };
});

describe('a backend that does not answer initialize', () => {
  it('has a minute, then the client gets an error and the session ends', async () => {
    const writer = post('tools/list');
    await vi.advanceTimersByTimeAsync(DEADLINE_MS - 1);
    expect([writer.isOver, sessions[0]?.ended]).toEqual([false, undefined]);
    await vi.advanceTimersByTimeAsync(1);
    expect(writer.answers).toMatchObject([{ id: 1, error: { code: -32_000 } }]);
    expect(JSON.stringify(writer.answers)).toContain('has not answered initialize in time');
    expect(sessions[0]?.ended).toBeDefined();
  });

  it('does not keep the next call from a session of its own', async () => {
    post('tools/list');
    await vi.advanceTimersByTimeAsync(DEADLINE_MS);
    answers = true;
    const writer = post('tools/list');
    await vi.advanceTimersByTimeAsync(0);
    expect(writer.answers).toMatchObject([{ result: { tools: [] } }]);
    expect(sessions).toHaveLength(2);
  });

  it('has no longer if the client has left', async () => {
    post('tools/list').leave?.();
    await vi.advanceTimersByTimeAsync(DEADLINE_MS);
    expect(sessions[0]?.ended).toBeDefined();
    answers = true;
    const writer = post('tools/list');
    await vi.advanceTimersByTimeAsync(0);
    expect(writer.answers).toMatchObject([{ result: { tools: [] } }]);
  });

  it('is waited for by the next call, if the client has left before', async () => {
    post('tools/list').leave?.();
    await vi.advanceTimersByTimeAsync(DEADLINE_MS - 10);
    const writer = post('tools/list');
    await vi.advanceTimersByTimeAsync(10);
    expect(sessions).toHaveLength(1);
    expect(writer.answers).toMatchObject([{ error: { code: -32_000 } }]);
  });
});
