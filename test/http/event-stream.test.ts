/** How a stream is written: few writes to the socket, and a head that does not wait for long. */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventStream, type StreamOwner } from '../../src/http/event-stream.js';
import { lateStart, startsNoMore } from '../../src/http/late-start.js';
import { Visit } from '../../src/http/visit.js';
import { closers } from '../proxy/support.js';
import { FakeResponse, nodeRequest } from '../support/http-fakes.js';
import { CALL, news, rig, said, type Rig } from './rig.js';

const closing = closers();
afterEach(() => {
  vi.useRealTimers();
});

describe('in a moment', () => {
  beforeEach(() => void vi.useFakeTimers());

  it('all are started that have begun since, by one timer, and not those that are over', () => {
    const started: string[] = [];
    const starter = (name: string): { start: () => void } => ({ start: () => started.push(name) });
    lateStart(starter('one'));
    const over = lateStart(starter('over'));
    lateStart(starter('two'));
    expect(vi.getTimerCount()).toBe(1);
    startsNoMore(over);
    vi.advanceTimersByTime(9);
    expect(started).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(started.filter((name) => name !== 'over')).toEqual(['one', 'two']);
    expect(started).not.toContain('over');
  });
});

function nextTick(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}

class Response extends FakeResponse {
  writableLength = 0;
  shouldKeepAlive = true;
  headersSent = false;
  socket = null;

  flushHeaders(): void {
    this.calls.push(['flushHeaders']);
  }
}

describe('a stream', () => {
  beforeEach(() => void vi.useFakeTimers());

  function begun(): { stream: EventStream; response: Response; told: string[] } {
    const told: string[] = [];
    const owner: StreamOwner = {
      headFor: (_visit, length) => ({ head: String(length) }),
      hasTooMuchBuffered: false,
      keepAlive: () => told.push('keep alive'),
      ended: () => told.push('ended'),
    };
    const response = new Response();
    const visit = new Visit(
      nodeRequest('GET') as never,
      response as unknown as ServerResponse,
      () => undefined,
      undefined,
    );
    return { stream: new EventStream(visit, undefined, owner, undefined), response, told };
  }

  const head = (length?: number): unknown[] => ['writeHead', 200, { head: String(length) }];

  it('has its head in 10 ms though nothing is written, and is kept alive from then on', async () => {
    const { response, told, stream } = begun();
    await vi.advanceTimersByTimeAsync(9);
    expect(response.calls).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(response.calls).toEqual([head(), ['flushHeaders']]);
    expect(told).toEqual(['keep alive']);
    stream.end();
  });

  it('that has been written to is kept alive too', async () => {
    const { response, told, stream } = begun();
    stream.write('a');
    await vi.advanceTimersByTimeAsync(10);
    expect(response.calls).toEqual([head(), ['write', 'a']]);
    expect(told).toEqual(['keep alive']);
    stream.end('b');
    expect(response.calls.at(-1)).toEqual(['end', 'b']);
  });

  it('is written once in a tick, however many pieces there are', async () => {
    const { response, stream } = begun();
    stream.prime('primer ');
    stream.write('a');
    await Promise.resolve();
    stream.write('b');
    expect(stream.heldBytes).toBe('primer ab'.length);
    await nextTick();
    expect(stream.heldBytes).toBe(0);
    stream.write('c');
    await nextTick();
    stream.write('d');
    stream.end('e');
    await nextTick();
    vi.advanceTimersByTime(10);
    expect(response.calls).toEqual([head(), ['write', 'primer ab'], ['write', 'c'], ['end', 'de']]);
  });

  it('of which the connection ends is not written to at the end of the tick', async () => {
    const { response, stream } = begun();
    stream.write('a');
    response.disconnect();
    await nextTick();
    vi.advanceTimersByTime(10);
    expect(response.calls).toEqual([head()]);
    expect(stream.heldBytes).toBe(0);
  });

  it('that ends sooner says how long it is, and is never kept alive', () => {
    const { response, told, stream } = begun();
    stream.end('ä');
    stream.end('again');
    vi.advanceTimersByTime(100);
    expect(response.calls).toEqual([head(2), ['end', 'ä']]);
    expect(told).toEqual(['ended']);
  });

  it('of which the connection ends is over once', () => {
    const { response, told, stream } = begun();
    response.disconnect();
    stream.lost();
    vi.advanceTimersByTime(100);
    expect(told).toEqual(['ended']);
    expect(stream.isFinished).toBe(true);
  });

  it.each(['begins', 'ends'])('that somebody else has answered is over when it %s', (what) => {
    const { response, told, stream } = begun();
    response.headersSent = true;
    if (what === 'ends') stream.end();
    vi.advanceTimersByTime(100);
    expect(response.calls).toEqual([]);
    expect(told).toEqual(['ended']);
  });

  it('gets no comment while bytes wait for its client', () => {
    const { response, stream } = begun();
    stream.start();
    response.writableLength = 65_537;
    stream.comment(':');
    expect(response.calls).not.toContainEqual(['write', ':']);
    response.writableLength = 0;
    stream.comment(':');
    expect(response.calls).toContainEqual(['write', ':']);
    stream.end();
  });
});

describe('a call takes', () => {
  /** How often the server writes to its sockets. */
  function writes({ http }: Rig): () => number {
    let count = 0;
    http.prependListener('connection', (socket: Socket & { _writeGeneric: (...args: unknown[]) => unknown }) => {
      const writeGeneric = socket._writeGeneric.bind(socket);
      socket._writeGeneric = (...args) => {
        count += 1;
        return writeGeneric(...args);
      };
    });
    return () => count;
  }

  it.each([
    ['an event stream', {}],
    ['JSON', { enableJsonResponse: true }],
  ])('one write to the socket, if it is answered at once by %s', async (_what, options) => {
    const it = await rig(closing, options);
    const count = writes(it);
    it.transport.onmessage = () => void it.transport.send({ jsonrpc: '2.0', id: CALL.id, result: {} });
    const { ended, headers } = await it.post(CALL);
    expect(await ended).toBe('complete');
    expect(count()).toBe(1);
    expect(Number(headers['content-length'])).toBeGreaterThan(10);
  });

  it('one write too, if a notification comes with the answer', async () => {
    const it = await rig(closing);
    const count = writes(it);
    it.transport.onmessage = () => {
      void it.transport.send(news(1), { relatedRequestId: CALL.id });
      void it.transport.send({ jsonrpc: '2.0', id: CALL.id, result: {} });
    };
    const stream = await it.post(CALL);
    expect(await stream.ended).toBe('complete');
    expect(said(stream.messages())).toEqual([1, CALL.id]);
    expect(count()).toBe(1);
  });
});
