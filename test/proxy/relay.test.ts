/** What one side sends, the other gets: whole, with its id, whatever its method is. */
import { describe, expect, it } from 'vitest';
import { deferred } from '../support/deferred.js';
import { startCall, textOf } from '../support/stage.js';
import { UPSTREAM_KINDS, startUpstream } from '../support/upstreams.js';
import { proxies } from './support.js';
import { ScriptedBackend } from './scripted-backend.js';

const open = proxies();

describe('the stateful proxy', () => {
  it('passes methods on that nobody knows, in both directions, with their ids and their meta', async () => {
    const backend = new ScriptedBackend();
    const stage = await open(backend.upstream);
    const client = await stage.connect();
    client.answer('future/question', ({ params }) => ({ echo: params as unknown }));
    const params = { deep: { list: [1, null, 'x'] }, _meta: { 'example.com/trace': 'abc' } };
    const call = client.start('future/method', params, 'an id of its own');

    const session = backend.session();
    expect(await session.got({ method: 'future/method' })).toEqual({
      jsonrpc: '2.0',
      id: 'an id of its own',
      method: 'future/method',
      params,
    });
    await session.send({ id: 'q', method: 'future/question', params });
    expect(await session.got({ id: 'q' })).toEqual({ jsonrpc: '2.0', id: 'q', result: { echo: params } });
    await session.send({ method: 'notifications/future', params });
    await session.send({ id: 'an id of its own', result: { resultType: 'future', _meta: params._meta } });
    expect(await call.response).toEqual({
      jsonrpc: '2.0',
      id: 'an id of its own',
      result: { resultType: 'future', _meta: params._meta },
    });
    expect(client.arrivals.map(({ message: { method } }) => method)).toContain('notifications/future');
    await client.notify('notifications/from_the_client', params);
    expect((await session.got({ method: 'notifications/from_the_client' })).params).toEqual(params);
  });

  it('passes error answers on as they are, in both directions', async () => {
    const backend = new ScriptedBackend();
    const client = await (await open(backend.upstream)).connect();
    const session = backend.session();
    const call = client.start('tools/call', { name: 'any' });
    await call.exchange;
    const error = { code: -32042, message: 'as it is', data: { any: ['thing'] } };
    await session.send({ id: 7, method: 'roots/list' });
    await client.post({ jsonrpc: '2.0', id: 7, error });
    expect(session.received.at(-1)).toEqual({ jsonrpc: '2.0', id: 7, error });
    await session.send({ id: call.id, error });
    expect((await call.response).error).toEqual(error);
  });

  it('gives the headers of the client to whoever connects the backend', async () => {
    const backend = new ScriptedBackend();
    await (await open(backend.upstream)).connect('ann', { headers: { 'x-tenant': 'acme' } });
    expect(backend.session().request.headers.get('x-tenant')).toBe('acme');
    expect(backend.session().request.signal.aborted).toBe(false);
  });

  it('lets nothing overtake the news that the client is initialized', async () => {
    const backend = new ScriptedBackend();
    const allowed = deferred();
    const stage = await open(async (request) => {
      const transport = await backend.upstream(request);
      const send = transport.send.bind(transport);
      transport.send = async (message) => {
        if ('method' in message && message.method === 'notifications/initialized') {
          await allowed.promise;
        }
        return send(message);
      };
      return transport;
    });
    const client = stage.client();
    await client.request('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'x', version: '1' },
    });
    await client.notify('notifications/initialized');
    await client.start('tools/list').exchange;
    // The proxy has both. Another turn of the event loop, in which the second could overtake the first.
    await new Promise((resolve) => setImmediate(resolve));
    allowed.resolve();
    await backend.session().got({ method: 'tools/list' });
    expect(backend.session().received.map(({ method }) => method)).toEqual([
      'initialize',
      'notifications/initialized',
      'tools/list',
    ]);
  });

  it('tells an HTTP backend the protocol version that was agreed on, in each later request', async () => {
    const versions: (string | null)[] = [];
    const backend = await startUpstream('streamable-http');
    const stage = await open(async () => {
      const transport = await backend.connect();
      const set = transport.setProtocolVersion?.bind(transport);
      transport.setProtocolVersion = (version) => {
        versions.push(version);
        set?.(version);
      };
      return transport;
    });
    const client = await stage.connect('ann', { protocolVersion: '2025-06-18' });
    expect(await client.callTool('echo', { text: 'hello' })).toBe('hello');
    expect(versions).toEqual(['2025-06-18']);
    await stage.proxy.close();
    await backend.close();
  });

  it('relays a cancellation of the client, and one of the backend', async () => {
    const backend = new ScriptedBackend();
    const client = await (await open(backend.upstream)).connect('ann', { answers: {} });
    const session = backend.session();
    const call = client.start('tools/call', { name: 'slow' });
    await call.exchange;

    await session.send({ id: 'q', method: 'elicitation/create', params: { message: 'well?' } });
    await session.send({ method: 'notifications/cancelled', params: { requestId: 'q', reason: 'never mind' } });
    const taken = await client.next(({ message }) => message.method === 'notifications/cancelled', 0);
    expect(taken).toMatchObject({
      stream: `POST ${String(call.id)}`,
      message: { params: { requestId: 'q', reason: 'never mind' } },
    });

    await client.notify('notifications/cancelled', { requestId: call.id, reason: 'changed my mind' });
    expect((await session.got({ method: 'notifications/cancelled' })).params).toEqual({
      requestId: call.id,
      reason: 'changed my mind',
    });
  });
});

describe.each(UPSTREAM_KINDS)('with a backend over %s', (kind) => {
  it('keeps sessions with the same request ids apart', async () => {
    const stage = await open(kind);
    const [ann, bob] = await Promise.all([stage.connect('ann'), stage.connect('bob')]);
    const both = [ann, bob];
    for (const client of both)
      expect(await client.callTool('remember', { key: 'me', value: client === ann ? 'ann' : 'bob' })).toBe(
        'remembered',
      );
    const calls = await Promise.all(
      both.flatMap((client) => [0, 1, 2, 3].map(async () => ({ client, call: await startCall(client, 'ask') }))),
    );
    expect(calls.map(({ call }) => call.id)).toEqual(expect.arrayContaining([2, 3, 4, 5]));
    for (const { client, call } of calls)
      expect(await textOf(call)).toBe(`ask: accept ${client === ann ? 'ann' : 'bob'}`);
    expect(await ann.callTool('recall', { key: 'me' })).toBe('"ann"');
    expect(await bob.callTool('recall', { key: 'me' })).toBe('"bob"');
    for (const client of both)
      expect(client.arrivals.filter(({ message }) => message.method !== undefined)).toHaveLength(4);
  });

  it('says that the tools have changed on GET, and on the stream of a call when GET was never opened', async () => {
    const stage = await open(kind, { backchannel: { parkTimeoutMs: 50 } });
    const listening = await stage.connect('ann');
    await listening.openGet();
    const deaf = await stage.connect('bob');
    for (const client of [listening, deaf]) expect(await client.callTool('change_tools')).toBe('changed');
    const isNews = ({ message }: { message: { method?: string } }): boolean =>
      message.method === 'notifications/tools/list_changed';
    expect((await listening.next(isNews, 0)).stream).toBe('GET');
    // Whatever stream it comes on: it comes.
    const asking = await startCall(deaf, 'ask_in_turn', { turn: 0, of: 2 });
    expect(['POST 1', `POST ${String(asking.id)}`]).toContain((await deaf.next(isNews, 0)).stream);
  });
});
