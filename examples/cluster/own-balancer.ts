import { once } from 'node:events';
import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import type { RunningNode } from './nodes.js';

/** The least that a load balancer does: the next node, and the one after that if nobody listens there. */
export async function startOwnBalancer(
  nodes: readonly RunningNode[],
  nodeHeader: string,
): Promise<{ readonly url: string; readonly close: () => void }> {
  // Without keep-alive, so that no request is written to a connection that a node is closing.
  const agent = new Agent({ keepAlive: false });
  let next = 0;

  function pass(request: IncomingMessage, response: ServerResponse, tried: number): void {
    const node = nodes[next++ % nodes.length];
    if (node === undefined || tried === nodes.length) {
      response.writeHead(502).end();
      return;
    }
    const { method, url, rawHeaders } = request;
    const headers = rawHeaders as unknown as Record<string, string>;
    const inner = httpRequest({ host: '127.0.0.1', port: node.port, method, path: url, headers, agent });
    inner.once('socket', (socket) => {
      socket.once('connect', () => request.pipe(inner));
    });
    inner.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') pass(request, response, tried + 1);
      else response.destroy();
    });
    inner.once('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, { ...answer.headers, [nodeHeader]: node.name });
      response.flushHeaders();
      pipeline(answer, response, () => undefined);
    });
    response.once('close', () => inner.destroy());
  }

  const server = createServer((request, response) => {
    pass(request, response, 0);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
