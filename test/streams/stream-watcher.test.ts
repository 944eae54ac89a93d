/** What is seen of a Node transport, from what it does with its responses. */
import { describe, expect, test } from 'vitest';
import { FakeResponse, isStandalone, JSON_TYPE, opens, SSE, watchRig } from '../support/http-fakes.js';

const EVENT = 'event: message\nid: 1\ndata: {}\n\n';

/** A GET is known to be open a moment after its head was written. */
const moment = async (): Promise<void> => Promise.resolve();

describe('the content type is read from writeHead', () => {
  test.each<[string, unknown[]]>([
    ['(status, headers)', [200, SSE]],
    ['(status, headers in capitals, with parameters)', [200, { 'Content-Type': 'Text/Event-Stream; charset=utf-8' }]],
    ['(status, reason, headers)', [200, 'OK', SSE]],
    ['(status, no reason, headers)', [200, undefined, SSE]],
    ['(status, flat list)', [200, ['cache-control', 'no-cache', 'Content-Type', 'text/event-stream']]],
    ['(status, reason, flat list)', [200, 'OK', ['content-type', 'text/event-stream']]],
    ['(status, pairs)', [200, [['x', 'content-type'], Object.entries(SSE)[0]]]],
  ])('%s', async (_form, args) => {
    const rig = watchRig();
    rig.node('GET', { respond: opens(...args) });
    await moment();
    expect(isStandalone(rig)).toBe(true);
  });

  test.each<[string, unknown[]]>([
    ['(status)', [200]],
    ['(status, reason)', [200, 'OK']],
    ['(status, other headers)', [200, { 'cache-control': 'no-cache' }]],
    ['(status, an empty list)', [200, []]],
  ])('and where %s says nothing, from the headers set before', async (_form, args) => {
    const rig = watchRig();
    const response = new FakeResponse();
    response.setHeader('Content-Type', 'text/event-stream');
    rig.node('GET', { response, respond: opens(...args) });
    await moment();
    expect(isStandalone(rig)).toBe(true);
  });

  test('before the headers that were set: it overwrites them', async () => {
    const rig = watchRig();
    const response = new FakeResponse();
    response.setHeader('content-type', 'text/event-stream');
    rig.node('GET', { response, respond: opens(200, JSON_TYPE) });
    await moment();
    expect(isStandalone(rig)).toBe(false);
  });

  test.each<[string, unknown[]]>([
    ['no content type', [200, {}]],
    ['a list as content type', [200, { 'content-type': ['text/event-stream'] }]],
    ['a name among the values of a flat list', [200, ['x', 'content-type', 'text/event-stream', 'y']]],
    ['another status', [409, SSE]],
    ['another status, given as text', ['405', SSE]],
    ['JSON', [200, JSON_TYPE]],
  ])('and is no stream with %s', async (_title, args) => {
    const rig = watchRig();
    rig.node('GET', { respond: opens(...args) });
    await moment();
    expect(isStandalone(rig)).toBe(false);
    expect(rig.told).toEqual(['open: 1']);
  });
});

describe('the transport gets, and the client is given, exactly the same', () => {
  test('arguments, results, and the object on which it is called', () => {
    const rig = watchRig();
    const results: unknown[] = [];
    const callback = (): void => undefined;
    const chunk = Buffer.from(EVENT);
    const { response, returned } = rig.node('POST', {
      ids: [1],
      respond: (res) => {
        results.push(res.writeHead(200, 'OK', SSE), res.write(chunk, 'utf8', callback), res.write(EVENT));
      },
    });
    expect(returned).toBe('what the transport returns');
    expect(response.calls).toEqual([
      ['writeHead', 200, 'OK', SSE],
      ['write', chunk, 'utf8', callback],
      ['write', EVENT],
    ]);
    expect(response.calls[1]?.[1]).toBe(chunk);
    // `false` asks the writer to wait: it must arrive.
    expect(results).toEqual([response, false, false]);
  });

  test('errors that the transport throws', () => {
    const rig = watchRig();
    const respond = (): void => {
      throw new Error('no');
    };
    expect(() => rig.node('POST', { respond })).toThrow('no');
  });
});

describe('a POST', () => {
  test('with requests tells how requests are answered', () => {
    const rig = watchRig();
    rig.node('POST', { ids: [1], respond: opens(200, SSE) });
    expect(rig.watcher.openStreams.responseMode).toBe('sse');
    rig.node('POST', { ids: [2], respond: opens(200, JSON_TYPE) });
    expect(rig.watcher.openStreams.responseMode).toBe('json');
    // A POST stream carries the messages of its requests: nothing that waits can leave there.
    expect(rig.told).toEqual(['open: 1', 'open: 2']);
  });

  test.each<[string, readonly number[] | undefined, unknown[]]>([
    ['without requests', undefined, [200, JSON_TYPE]],
    ['that is refused', [1], [400, JSON_TYPE]],
    ['of a type nobody knows', [1], [200, { 'content-type': 'text/html' }]],
    ['that is only accepted', undefined, [202]],
  ])('%s tells nothing', (_title, ids, args) => {
    const rig = watchRig();
    rig.node('POST', { ...(ids && { ids }), respond: opens(...args) });
    expect(rig.watcher.openStreams.responseMode).toBeUndefined();
  });

  test('whose connection goes loses its requests, all of a batch, once', () => {
    const rig = watchRig();
    const { response } = rig.node('POST', { ids: [1, 2], respond: opens(200, SSE) });
    response.disconnect();
    response.disconnect();
    expect(rig.told).toEqual(['open: 1', 'lost 1', 'lost 2', 'open: 0']);
  });

  test('whose events have ids can be resumed: its requests are not lost', () => {
    const rig = watchRig();
    const { response } = rig.node('POST', {
      ids: [1],
      respond: (res) => {
        res.writeHead(200, SSE);
        res.write('id: 1\nretry: 1000\ndata: \n\n');
      },
    });
    response.disconnect();
    expect(rig.told).toEqual(['open: 1', 'open: 0']);
  });

  test.each([
    ['a comment', ': keep-alive\n\n'],
    ['an event without an id', 'data: {"id: ":"id: 1"}\n\n'],
  ])('that has carried no more than %s cannot be resumed', (_what, chunk) => {
    const rig = watchRig();
    const { response } = rig.node('POST', {
      ids: [1],
      respond: (res) => {
        res.writeHead(200, SSE);
        res.write(chunk);
      },
    });
    response.disconnect();
    expect(rig.told).toContain('lost 1');
  });

  test('of which only the JSON looks like an event cannot be resumed', () => {
    const rig = watchRig();
    const { response } = rig.node('POST', {
      ids: [1],
      respond: (res) => {
        res.writeHead(200, JSON_TYPE);
        res.write(EVENT);
      },
    });
    response.disconnect();
    expect(rig.told).toContain('lost 1');
  });

  test('whose client has gone before its requests were read has lost them already', () => {
    const rig = watchRig();
    const response = new FakeResponse();
    response.disconnect();
    rig.node('POST', { response, ids: [1] });
    expect(rig.told).toEqual(['open: 1', 'open: 0', 'lost 1']);
  });
});

describe('a GET', () => {
  test('that is accepted is the standalone stream, until its connection goes', async () => {
    const rig = watchRig();
    const { response } = rig.node('GET', { respond: opens(200, SSE) });
    await moment();
    expect(isStandalone(rig)).toBe(true);
    response.disconnect();
    expect(isStandalone(rig)).toBe(false);
    expect(rig.told).toEqual(['open: 1', 'stream opened', 'open: 0']);
  });

  test('that is accepted after another is the standalone stream, though the old one ends later', async () => {
    const rig = watchRig();
    const old = rig.node('GET', { respond: opens(200, SSE) });
    await moment();
    rig.node('GET', { respond: opens(200, SSE) });
    await moment();
    old.response.disconnect();
    expect(isStandalone(rig)).toBe(true);
    expect(rig.watcher.openStreams.connections).toBe(1);
  });

  test('whose client has gone before it was accepted opens no stream', async () => {
    const rig = watchRig();
    const { response } = rig.node('GET');
    await moment();
    response.disconnect();
    response.writeHead(200, SSE);
    expect(isStandalone(rig)).toBe(false);
    expect(rig.told).toEqual(['open: 1', 'open: 0']);
  });

  test('whose client has gone before it was handed over is not: the transport would keep its stream', async () => {
    const rig = watchRig();
    const response = new FakeResponse();
    response.disconnect();
    const { returned } = rig.node('GET', { response, respond: opens(200, SSE) });
    await expect(returned).resolves.toBeUndefined();
    expect(response.calls).toEqual([]);
    expect(isStandalone(rig)).toBe(false);
    expect(rig.told).toEqual(['open: 1', 'open: 0']);
  });

  test('that wants to resume what nobody stores is the standalone stream', async () => {
    const rig = watchRig();
    rig.node('GET', { lastEventId: '1', respond: opens(200, SSE) });
    await moment();
    expect(isStandalone(rig)).toBe(true);
  });

  test('that resumes a request stream is not, but is a stream by which something may leave', async () => {
    const rig = watchRig();
    const post = rig.node('POST', { ids: [1], respond: opens(200, SSE) });
    post.response.write(EVENT);
    post.response.disconnect();
    rig.told.length = 0;
    rig.node('GET', { lastEventId: '1', respond: opens(200, SSE) });
    await moment();
    expect(isStandalone(rig)).toBe(false);
    expect(rig.told).toEqual(['open: 1', 'stream opened']);
  });

  test('that resumes the standalone stream is that again, from any event of it', async () => {
    const rig = watchRig();
    const first = rig.node('GET', { respond: opens(200, SSE) });
    await moment();
    for (const id of ['a', 'b']) first.response.write(`id: ${id}\ndata: {}\n\n`);
    first.response.write('data: {}\n\n');
    first.response.disconnect();
    const resumed = rig.node('GET', { lastEventId: 'a', respond: opens(200, SSE) });
    await moment();
    expect(isStandalone(rig)).toBe(true);
    resumed.response.disconnect();
    rig.node('GET', { lastEventId: 'b', respond: opens(200, SSE) });
    await moment();
    expect(isStandalone(rig)).toBe(true);
  });
});

test('ids of events piled up on a GET that resumes a request stream', async () => {
  const rig = watchRig();
  const post = rig.node('POST', { ids: [1], respond: opens(200, SSE) });
  post.response.write(EVENT);
  post.response.disconnect();
  const { response, connection } = rig.node('GET', {
    lastEventId: '1',
    respond: (res) => {
      res.writeHead(200, SSE);
      res.write(EVENT);
    },
  });
  expect(connection?.eventIds).toEqual(['1']);
  await moment();
  for (let at = 0; at < 3; at += 1) response.write(EVENT);
  expect(connection?.eventIds).toEqual([]);
});

test('a request of unknown make, without method and headers, is a connection, and no stream', () => {
  const { watcher } = watchRig();
  const response = new FakeResponse();
  watcher.handle(
    () => response.writeHead(200, SSE),
    [{}, response],
    (_exchange, call) => call(),
  );
  expect(watcher.openStreams).toMatchObject({ standalone: undefined, standaloneIsResumable: false, connections: 1 });
});

test('a DELETE is a connection like any other, and no stream', () => {
  const rig = watchRig();
  const { response } = rig.node('DELETE', { respond: opens(200, SSE) });
  response.disconnect();
  expect(isStandalone(rig)).toBe(false);
  expect(rig.told).toEqual(['open: 1', 'open: 0']);
});
