import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keyOf } from '../../src/http/tcp-table.js';
import { askForVanishing, Unanswered, watchForVanishing } from '../../src/http/vanished.js';
import type { Visit } from '../../src/http/visit.js';

const tables = vi.hoisted(() => ({ reads: 0, text: '', slow: undefined as Promise<void> | undefined }));
vi.mock('node:fs/promises', () => ({
  readFile: async (path: string) => {
    tables.reads += 1;
    await tables.slow;
    if (path.endsWith('6')) throw new Error('this system has no IPv6');
    return tables.text;
  },
}));

describe('a client has vanished', () => {
  const verdicts = (...tries: readonly (number | 'acknowledged' | 'unlisted')[]): boolean[] => {
    const unanswered = new Unanswered();
    return tries.map((seen) => {
      if (seen === 'unlisted') return unanswered.seen(undefined);
      return seen === 'acknowledged'
        ? unanswered.seen({ unansweredTries: 0 })
        : unanswered.seen({ unansweredTries: seen });
    });
  };

  it('if three looks in a row find that it does not answer', () => {
    expect(verdicts(5, 6, 7)).toEqual([false, false, true]);
    expect(verdicts('acknowledged', 5, 6, 6, 7)).toEqual([false, false, false, true, true]);
  });

  it.each([
    ['it has acknowledged everything', [0, 'acknowledged', 'acknowledged', 'acknowledged']],
    ['bytes are always under way to it', [0, 0, 0, 0, 0]],
    ['it has answered in between', [5, 6, 0, 5, 6]],
    ['it has answered in between, and is silent again', [5, 6, 2, 3]],
    ['it is not in the tables', [5, 6, 'unlisted', 6, 7]],
  ] as const)('not if %s', (_why, seen) => {
    expect(verdicts(...seen)).not.toContain(true);
  });
});

class FakeSocket {
  readonly localAddress = '127.0.0.1';
  readonly localPort = 3000;
  readonly remoteAddress = '127.0.0.1';
  isDestroyed = false;
  asksAfterMs: number | undefined;

  constructor(readonly remotePort: number) {}

  destroy(): void {
    this.isDestroyed = true;
  }

  setKeepAlive(_isOn: boolean, afterMs: number): void {
    this.asksAfterMs = afterMs;
  }
}

class FakeResponse extends EventEmitter {
  readonly req = { httpVersionMajor: 1 };

  constructor(readonly socket: FakeSocket | null) {
    super();
  }
}

describe.runIf(process.platform === 'linux')('streams are looked at', () => {
  const open: FakeResponse[] = [];
  let port = 40_000;

  beforeEach(() => {
    vi.useFakeTimers();
    tables.reads = 0;
    tables.text = '';
    tables.slow = undefined;
  });
  afterEach(() => {
    for (const response of open.splice(0)) response.emit('close');
    const timers = vi.getTimerCount();
    vi.useRealTimers();
    expect(timers).toBe(0);
  });

  function watched(socket: FakeSocket | null = new FakeSocket(++port)): FakeResponse {
    const response = new FakeResponse(socket);
    open.push(response);
    watchForVanishing(response as unknown as ServerResponse);
    return response;
  }

  function silent({ socket }: FakeResponse): void {
    tables.text += `   1: ${socket === null ? '' : String(keyOf(socket))} 01 00000014:00000000 01:00000001 00000005 0 0 1\n`;
  }

  it('every 20 s, all with one reading, and those of vanished clients are closed', async () => {
    const gone = watched();
    const quiet = watched();
    watched(null);
    silent(gone);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(tables.reads).toBe(4);
    expect(gone.socket?.isDestroyed).toBe(false);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(tables.reads).toBe(6);
    expect(gone.socket?.isDestroyed).toBe(true);
    expect(quiet.socket?.isDestroyed).toBe(false);
  });

  it('when they are old: for younger ones nothing is read', async () => {
    let young = watched();
    for (let time = 0; time < 100_000; time += 5_000) {
      await vi.advanceTimersByTimeAsync(5_000);
      const next = watched();
      young.emit('close');
      young = next;
    }
    expect(tables.reads).toBe(0);
  });

  it('by one timer, though all end and others begin while the tables are read', async () => {
    let read = (): void => undefined;
    tables.slow = new Promise((resolve) => (read = resolve));
    const first = watched();
    await vi.advanceTimersByTimeAsync(20_000);
    first.emit('close');
    watched();
    read();
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(1);
  });

  it('though nothing is written to the client: the kernel asks it, but not over HTTP/2', async () => {
    const [waits, waitsOverHttp2] = [
      new FakeResponse(new FakeSocket(++port)),
      new FakeResponse(new FakeSocket(++port)),
    ];
    waitsOverHttp2.req.httpVersionMajor = 2;
    for (const response of [waits, waitsOverHttp2]) {
      open.push(response);
      askForVanishing({ request: response.req, response } as unknown as Visit);
    }
    expect(waits.socket?.asksAfterMs).toBe(30_000);
    expect(waitsOverHttp2.socket?.asksAfterMs).toBeUndefined();
    tables.text = `1: ${String(keyOf(waits.socket ?? {}))} 01 00000000:00000000 02:00000001 00000000 0 1 1\n`;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(waits.socket?.isDestroyed).toBe(true);
    expect(waitsOverHttp2.socket?.isDestroyed).toBe(false);
  });

  it('though a connection of HTTP/2 throws when it has just ended', async () => {
    const socket = new FakeSocket(++port);
    watched(socket);
    Object.defineProperty(socket, 'remoteAddress', {
      get: () => {
        throw new Error('unbound');
      },
    });
    const gone = watched();
    silent(gone);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(gone.socket?.isDestroyed).toBe(true);
  });
});
