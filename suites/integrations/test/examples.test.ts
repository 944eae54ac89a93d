/** Proxies with a place for a transport: the interceptor is put there. Each runs bare first. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, it } from 'vitest';
import { startInspectorPipe } from '../examples/inspector.js';
import { startMcpProxy } from '../examples/mcp-proxy.js';
import { createSdk2Server } from '../examples/sdk2-server.js';
import { freePort } from '../../../src/doctor/free-port.js';
import { expectWorks, expectHang, Opened } from './support.js';
import { connectUpstream } from './upstream.js';

const opened = new Opened();
afterEach(async () => opened.closeAll());

type Start = (wrapped: boolean) => Promise<string>;

const EXAMPLES: Readonly<Record<string, Start>> = {
  'mcpProxy() of inspector 1.x': async (wrapped) => {
    const { url, close } = await startInspectorPipe({ connectUpstream, wrapped });
    opened.add(close);
    return url;
  },
  'startHTTPServer() of mcp-proxy 6.x': async (wrapped) => {
    const port = await freePort();
    const { close } = await startMcpProxy({ port, connectUpstream, wrapped });
    opened.add(close);
    return `http://127.0.0.1:${port}/mcp`;
  },
  'a server of SDK 2.x on its Node transport': async (wrapped) => {
    const server = createSdk2Server({ wrapped }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    opened.add(async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  },
};

describe.each(Object.entries(EXAMPLES))('%s, with GET never opened', (_name, start) => {
  it('drops the question, and the call hangs, over the bare transport', async () => {
    await expectHang(await opened.client(await start(false)));
  });

  it('asks each question on the stream of its call over the wrapped one', async () => {
    await expectWorks(await opened.client(await start(true)));
  });
});
