/** The stateful proxy, mounted under the frameworks people have. */
import { afterEach, describe, expect, it } from 'vitest';
import { startExpress } from '../../examples/mount-express.js';
import { startFastify } from '../../examples/mount-fastify.js';
import { startHono } from '../../examples/mount-hono.js';
import { Opened, serverInitiated } from './support.js';

const opened = new Opened();
afterEach(async () => opened.closeAll());

describe.each([
  ['Express', startExpress],
  ['Fastify', startFastify],
  ['Hono', startHono],
])('mounted under %s', (_name, start) => {
  it('asks on the stream of the call, keeps the session of each client apart, and ends it on DELETE', async () => {
    const { url } = opened.add(await start());
    const ann = await opened.client(url);
    const bob = await opened.client(url);

    expect(await ann.callTool('ask', { tag: 'first' })).toBe('first: accept first');
    expect(await ann.callTool('ask', { tag: 'second' })).toBe('second: accept second');
    expect(serverInitiated(ann.arrivals)).toEqual([
      ['elicitation/create', 'POST 1'],
      ['elicitation/create', 'POST 2'],
    ]);

    await ann.callTool('remember', { key: 'name', value: 'ann' });
    expect(await ann.callTool('recall', { key: 'name' })).toBe('"ann"');
    expect(await bob.callTool('recall', { key: 'name' })).toBe('null');

    expect((await ann.openGet()).status).toBe(200);
    expect((await ann.delete()).status).toBe(200);
    await expect(ann.callTool('ask')).rejects.toThrow('404');
    expect(await bob.callTool('ask')).toBe('ask: accept ask');
  });
});
