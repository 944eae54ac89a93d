/** What is seen of a web-standard transport, from the `Response` it returns. */
import { describe, expect, test } from 'vitest';
import { isWatchable } from '../../src/streams/http-headers.js';
import { FakeResponse, JSON_TYPE, nodeRequest, SSE, watchRig, type WatchRig } from '../support/http-fakes.js';

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const PRIMING = bytes('id: 1\nretry: 1000\ndata: \n\n');
const PLAIN = bytes('event: message\ndata: {}\n\n');

/** A stream that notes when it is read, and when its reader goes. */
function source(...chunks: Uint8Array<ArrayBuffer>[]) {
  const left = [...chunks];
  const notes: string[] = [];
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        notes.push('pulled');
        const chunk = left.shift();
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
      cancel(reason) {
        notes.push(`cancelled: ${String(reason)}`);
      },
    },
    { highWaterMark: 0 },
  );
  return { body, notes };
}

/** The streams never end by themselves in here. */
const forever = (): ReadableStream<Uint8Array<ArrayBuffer>> => new ReadableStream({}, { highWaterMark: 0 });

/** The answer as the client gets it. */
async function answered(rig: WatchRig, ...args: Parameters<WatchRig['web']>): Promise<Response> {
  return (await rig.web(...args).returned) as Response;
}

function bodyOf(response: Response): NonNullable<Response['body']> {
  if (response.body === null) throw new Error('the answer has no body');
  return response.body;
}

describe('an event stream', () => {
  test('is passed on as it is: status, headers, and byte for byte', async () => {
    const rig = watchRig();
    const headers = new Headers({ ...SSE, 'mcp-session-id': 's', 'x-empty': '' });
    headers.append('set-cookie', 'a=1');
    headers.append('set-cookie', 'b=2');
    const odd = new Uint8Array([0xff, 0x00, 0xc3, 0x28]);
    const original = new Response(source(PRIMING, odd, PLAIN).body, { status: 200, statusText: 'Fine', headers });
    const response = await answered(rig, 'POST', original, { ids: [1] });
    expect([response.status, response.statusText]).toEqual([200, 'Fine']);
    expect([...response.headers]).toEqual([...headers]);
    const received = Buffer.from(await response.arrayBuffer());
    expect(received.equals(Buffer.concat([PRIMING, odd, PLAIN]))).toBe(true);
  });

  test('is not read before it is pulled, and then once for each pull', async () => {
    const { body, notes } = source(PLAIN, PLAIN);
    const response = await answered(watchRig(), 'POST', new Response(body, { headers: SSE }));
    await new Promise((resolve) => setImmediate(resolve));
    expect(notes).toEqual([]);
    const reader = bodyOf(response).getReader();
    await reader.read();
    await new Promise((resolve) => setImmediate(resolve));
    expect(notes).toEqual(['pulled']);
    await reader.cancel();
  });

  test('that is read to its end has ended', async () => {
    const rig = watchRig();
    const response = await answered(rig, 'POST', new Response(source(PLAIN).body, { headers: SSE }), { ids: [1] });
    expect(rig.told).toEqual(['open: 1']);
    await response.text();
    expect(rig.told).toEqual(['open: 1', 'lost 1', 'open: 0']);
  });

  test('that its reader cancels has ended, and the transport hears of it, and why', async () => {
    const rig = watchRig();
    const { body, notes } = source(PLAIN);
    const response = await answered(rig, 'POST', new Response(body, { headers: SSE }), { ids: [1, 2] });
    await bodyOf(response).cancel('gone');
    expect(rig.told).toEqual(['open: 1', 'lost 1', 'lost 2', 'open: 0']);
    expect(notes).toEqual(['cancelled: gone']);
  });

  test('that is cancelled while a read is pending ends once', async () => {
    const rig = watchRig();
    const response = await answered(rig, 'POST', new Response(forever(), { headers: SSE }), { ids: [1] });
    const reader = bodyOf(response).getReader();
    const pending = reader.read();
    await reader.cancel();
    await expect(pending).resolves.toMatchObject({ done: true });
    expect(rig.told).toEqual(['open: 1', 'lost 1', 'open: 0']);
  });

  test('that fails has ended, and its reader gets the error', async () => {
    const rig = watchRig();
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull() {
        throw new Error('the store is gone');
      },
    });
    const response = await answered(rig, 'GET', new Response(body, { headers: SSE }));
    expect(rig.watcher.openStreams.standalone).toBeDefined();
    await expect(response.text()).rejects.toThrow('the store is gone');
    expect(rig.watcher.openStreams).toMatchObject({
      standalone: undefined,
      standaloneIsResumable: false,
      connections: 0,
    });
  });

  test('whose events have ids can be resumed: its requests are not lost', async () => {
    const rig = watchRig();
    const response = await answered(rig, 'POST', new Response(source(PRIMING).body, { headers: SSE }), { ids: [1] });
    await response.text();
    expect(rig.told).toEqual(['open: 1', 'open: 0']);
  });
});

describe('a GET', () => {
  test('that is answered with a stream is the standalone stream until the reader goes', async () => {
    const rig = watchRig();
    const response = await answered(rig, 'GET', new Response(forever(), { headers: SSE }));
    expect(rig.watcher.openStreams.standalone).toBeDefined();
    await bodyOf(response).cancel();
    expect(rig.watcher.openStreams.standalone).toBeUndefined();
    expect(rig.told).toEqual(['open: 1', 'stream opened', 'open: 0']);
  });

  test('that resumes a request stream is told by its Last-Event-ID', async () => {
    const rig = watchRig();
    const post = await answered(rig, 'POST', new Response(source(PRIMING).body, { headers: SSE }), { ids: [1] });
    await post.text();
    await answered(rig, 'GET', new Response(forever(), { headers: SSE }), { lastEventId: '1' });
    expect(rig.watcher.openStreams).toMatchObject({
      standalone: undefined,
      standaloneIsResumable: false,
      connections: 1,
    });
  });

  test('that is refused is none', async () => {
    const rig = watchRig();
    const original = new Response('Method not allowed', { status: 405, headers: SSE });
    expect(await answered(rig, 'GET', original)).toBe(original);
    expect(rig.told).toEqual(['open: 1', 'open: 0']);
  });

  test('that is answered with a stream type and no stream has ended', async () => {
    const rig = watchRig();
    const original = new Response(null, { headers: SSE });
    expect(await answered(rig, 'GET', original)).toBe(original);
    expect(rig.watcher.openStreams).toMatchObject({
      standalone: undefined,
      standaloneIsResumable: false,
      connections: 0,
    });
  });
});

describe('what is no stream is passed on, the very same object', () => {
  test('an answer in JSON, which tells how requests are answered', async () => {
    const rig = watchRig();
    const original = new Response('{}', { headers: JSON_TYPE });
    expect(await answered(rig, 'POST', original, { ids: [1] })).toBe(original);
    expect(rig.watcher.openStreams).toEqual({
      standalone: undefined,
      standaloneIsResumable: false,
      connections: 0,
      responseMode: 'json',
    });
    expect(await original.text()).toBe('{}');
  });

  test('202 Accepted', async () => {
    const rig = watchRig();
    const original = new Response(null, { status: 202 });
    expect(await answered(rig, 'POST', original)).toBe(original);
    expect(rig.watcher.openStreams).toEqual({
      standalone: undefined,
      standaloneIsResumable: false,
      connections: 0,
      responseMode: undefined,
    });
  });

  test.each([[undefined], [null], ['handled'], [{ status: 200 }]])('%o, which is no Response', async (value) => {
    const rig = watchRig();
    expect(await rig.web('GET', value).returned).toBe(value);
    expect(rig.told).toEqual(['open: 1', 'open: 0']);
  });

  test('a Response of another make', async () => {
    const rig = watchRig();
    const own = { status: 200, headers: new Headers(JSON_TYPE), body: null };
    expect(await rig.web('POST', own, { ids: [1] }).returned).toBe(own);
    expect(rig.watcher.openStreams.responseMode).toBe('json');
  });
});

describe('a client that goes before it is answered is noticed, on platforms that tell', () => {
  test('while the answer is made', () => {
    const rig = watchRig();
    const going = new AbortController();
    rig.web('POST', new Promise(() => undefined), { ids: [1], signal: going.signal });
    expect(rig.told).toEqual(['open: 1']);
    going.abort();
    expect(rig.told).toEqual(['open: 1', 'lost 1', 'open: 0']);
  });

  test('before its request is handed over', () => {
    const rig = watchRig();
    rig.web('POST', new Promise(() => undefined), { ids: [1], signal: AbortSignal.abort() });
    expect(rig.told).toEqual(['open: 1', 'open: 0', 'lost 1']);
  });
});

describe('a handler that fails ends its connection, and its caller gets the error', () => {
  test('when it rejects', async () => {
    const rig = watchRig();
    await expect(rig.web('POST', Promise.reject(new Error('no')), { ids: [1] }).returned).rejects.toThrow('no');
    expect(rig.told).toEqual(['open: 1', 'lost 1', 'open: 0']);
  });

  test('when it throws', () => {
    const rig = watchRig();
    const handler = (): never => {
      throw new Error('no');
    };
    expect(() => rig.web('POST', handler, { ids: [1] })).toThrow('no');
    expect(rig.told).toEqual(['open: 1', 'lost 1', 'open: 0']);
  });
});

describe('what can be watched', () => {
  const request = new Request('http://127.0.0.1/mcp');

  test.each<[string, unknown[]]>([
    ["Node's request and response", [nodeRequest('GET'), new FakeResponse()]],
    ['a web-standard request', [request]],
    ['one with options', [request, { parsedBody: {} }]],
    ['a request of another make', [{ method: 'GET', headers: new Map() }]],
  ])('is %s', (_title, args) => {
    expect(isWatchable(args)).toBe(true);
  });

  test.each<[string, unknown[]]>([
    ['nothing', []],
    ['null', [null]],
    ['a text', ['GET']],
    ['the context of a framework', [{ req: request, env: {} }]],
    ['a method alone', [{ method: 'GET' }]],
    ['a method that is no text', [{ method: () => 'GET', headers: {} }]],
    ['headers that are none', [{ method: 'GET', headers: null }]],
  ])('is not %s', (_title, args) => {
    expect(isWatchable(args)).toBe(false);
  });
});
