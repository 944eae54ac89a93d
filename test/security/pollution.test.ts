/** Names that mean something to JavaScript mean nothing to us. */
import { describe, expect, it } from 'vitest';
import type { Message } from '../../examples/lib/strict-client.js';
import { send, sessionOf } from '../proxy/raw-http.js';
import { ScriptedBackend } from '../proxy/scripted-backend.js';
import { proxies } from '../proxy/support.js';
import { STORES } from './stores.js';

const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
const POLLUTED = '"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}';

describe.each(STORES)('$store', ({ options }) => {
  const open = proxies(options);

  it('ids, methods and tokens such as __proto__ are passed on like any other, in both directions', async () => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    const backend = new ScriptedBackend();
    const stage = await open(backend.upstream);
    const headers = { 'mcp-session-id': await sessionOf(stage) };
    const session = backend.session();
    for (const name of NAMES) {
      const params = `{"_meta":{"progressToken":"${name}",${POLLUTED}},${POLLUTED}}`;
      const body = `{"jsonrpc":"2.0","id":"${name}","method":"${name}","params":${params}}`;
      const answered = send(stage.url, { headers, body });
      expect(await session.got({ id: name })).toMatchObject({ method: name });
      const said = JSON.parse(params) as object;
      await session.send({ method: 'notifications/progress', params: { progressToken: name, progress: 1 } });
      await session.send({ method: name, params: said });
      await session.send({ id: name, result: said });
      const { text } = await answered;
      const messages = [...text.matchAll(/^data: (.+)$/gm)].map(([, data]) => JSON.parse(data ?? '') as Message);
      expect(messages.map(({ method, id }) => method ?? id)).toEqual(['notifications/progress', name, name]);
    }
    expect({}).not.toHaveProperty('polluted');
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
    expect(stage.proxy.snapshot().inFlight).toBe(0);
  });

  it('no session has such an id', async () => {
    const stage = await open('in-memory');
    await sessionOf(stage);
    for (const name of NAMES) {
      const body = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
      expect((await send(stage.url, { headers: { 'mcp-session-id': name }, body })).status).toBe(404);
    }
  });
});
