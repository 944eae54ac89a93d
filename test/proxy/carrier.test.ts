/** What a carrier adds to the messages that are passed on. */
import type { Carrier } from 'mcp-backchannel/proxy';
import { describe, expect, it } from 'vitest';
import { withAdded } from '../../src/added-headers.js';
import { carryIn } from '../../src/proxy/carry.js';
import { KINDS, rawBackend, rawClient, type Play } from './raw-backends.js';
import { ScriptedBackend } from './scripted-backend.js';
import { proxies } from './support.js';

const open = proxies();

/** Adds the session and a trace to whatever has params. */
const TRACING: Carrier = { toBackend: traced, toClient: traced };

function traced(session: string | undefined, message: Parameters<Carrier['toBackend']>[1]) {
  const { params } = message;
  if (params === undefined) return message;
  const { _meta: meta } = params as { readonly _meta?: object };
  return { ...message, params: { ...params, _meta: { ...meta, traceparent: `of ${String(session)}` } } };
}

describe('a carrier', () => {
  it('adds to calls, notifications and questions, and to no answer', async () => {
    const backend = new ScriptedBackend();
    const stage = await open(backend.upstream, { carrier: TRACING });
    const client = await stage.connect();
    const _meta = { traceparent: `of ${String(client.sessionId)}` };
    client.answer('elicitation/create', () => ({ action: 'decline' }));
    client.start('tools/call', { name: 'deploy', _meta: { progressToken: 'p' } }, 7);
    const session = backend.session();
    expect((await session.got({ id: 7 })).params).toEqual({ name: 'deploy', _meta: { progressToken: 'p', ..._meta } });
    const told = client.next(({ message }) => message.method === 'notifications/any');
    await session.send({ method: 'notifications/any', params: { b: 1 } });
    expect((await told).message.params).toEqual({ b: 1, _meta });
    const asked = client.next(({ message }) => message.id === 'q');
    await session.send({ id: 'q', method: 'elicitation/create', params: { message: 'why' } });
    expect((await asked).message.params).toEqual({ message: 'why', _meta });
    expect(await session.got({ id: 'q' })).toEqual({ jsonrpc: '2.0', id: 'q', result: { action: 'decline' } });
    await client.notify('notifications/any', { a: 1 });
    expect((await session.got({ method: 'notifications/any' })).params).toEqual({ a: 1, _meta });
    expect((await session.got({ method: 'initialize' })).params).toMatchObject({ _meta });
  });

  it('that throws is reported, and changes nothing', async () => {
    const backend = new ScriptedBackend();
    const fails = (): never => {
      throw new Error('mine');
    };
    const carrier = { toBackend: fails, headersToBackend: fails, toClient: fails };
    const stage = await open(backend.upstream, { carrier });
    const client = await stage.connect();
    client.start('tools/call', { name: 'deploy' }, 7);
    expect((await backend.session().got({ id: 7 })).params).toEqual({ name: 'deploy' });
    expect(stage.errors[0]).toMatchObject({ code: 'CALLBACK_FAILED', cause: { message: 'mine' } });
  });

  it.each([
    ['a character that it has not', 'x-name', 'Zoł'],
    ['a line break', 'x-name', 'a\r\nx-admin: 1'],
    ['no text', 'x-name', 7],
    ['a name that is none', 'x name', 'ann'],
  ])('whose header has %s is reported, and the message goes on without it', (_, name, value) => {
    const errors: Error[] = [];
    const carrier = { ...TRACING, headersToBackend: () => ({ [name]: value as string, 'x-good': 'é' }) };
    const carry = carryIn(
      carrier,
      () => 's',
      (error) => errors.push(error),
    );
    const sent = carry.sending({ method: 'tools/call' }, () => withAdded({ accept: '*/*' }));
    expect(sent).toEqual({ accept: '*/*', 'x-good': 'é' });
    expect(errors).toMatchObject([
      { code: 'CALLBACK_FAILED', cause: { message: expect.stringContaining(name) as string } },
    ]);
  });

  it.each(KINDS)('leaves the rest as it was written, to a backend over %s', async (kind) => {
    const echoes: Play = (text, write) => {
      if (text.includes('"tools/call"')) write(`{"jsonrpc":"2.0","id":1,"result":{"content":[],"echo":${text}}}`);
    };
    const stage = await open(await rawBackend(kind, echoes), { carrier: TRACING });
    const client = await rawClient(stage.url, fetch);
    const [answer] = await client.post(
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"n":1.0000000000000000001e400}}}',
    );
    expect(answer).toContain('"arguments":{"n":1.0000000000000000001e400}');
    expect(answer).toContain('"traceparent":"of ');
  });

  it('does not keep a client from the backend that its first attempt has started', async () => {
    let attempts = 0;
    const toBackend: Carrier['toBackend'] = (_, message) => traced(`attempt ${String(++attempts)}`, message);
    const backend = new ScriptedBackend();
    const stage = await open(
      async (request) => {
        const transport = await backend.upstream(request);
        // It does not answer.
        backend.session(backend.sessions.length - 1).transport.onmessage = () => undefined;
        return transport;
      },
      { carrier: { ...TRACING, toBackend } },
    );
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } };
    for (const attempt of [1, 2]) {
      const initialize = stage.client().start('initialize', params);
      await initialize.exchange;
      await initialize.drop();
      await expect.poll(() => stage.proxy.snapshot().sessions).toBe(0);
      expect(attempts).toBe(attempt);
    }
    expect(backend.sessions).toHaveLength(1);
  });
});
