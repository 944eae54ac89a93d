import { once } from 'node:events';
import { createServer, type ClientRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { InnerAgent } from '../../src/cluster/inner-agent.js';

it('sends no request on a connection whose other end has just closed', async () => {
  const server = createServer((_request, response) => response.end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const agent = new InnerAgent();
  onTestFinished(() => {
    agent.close();
    server.closeAllConnections();
    server.close();
  });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const send = async (): Promise<{ readonly request: ClientRequest; readonly socket: Socket }> => {
    const request = agent.request(address, 'GET', ['host', 'node']);
    const socket = once(request, 'socket') as Promise<[Socket]>;
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    await once(response.resume(), 'close');
    // The connection goes back to the agent in the next turn.
    await setImmediate();
    return { request, socket: (await socket)[0] };
  };
  const first = await send();
  const second = await send();
  expect(second.request.reusedSocket).toBe(true);
  expect(second.socket).toBe(first.socket);
  // Before it has closed here, too.
  const third = once(first.socket, 'end').then(send);
  server.closeAllConnections();
  expect((await third).request.reusedSocket).toBe(false);
});
