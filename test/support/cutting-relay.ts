/** TCP between a client and its server that is cut in the middle of an answer: for both ends, at one byte. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { endOfHead } from './raw-http.js';

export interface CuttingRelay {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/**
 * Passes the head of the first answer and so many bytes of what follows, and then destroys both connections.
 * With no bytes to pass it waits for the first one: the server has begun to write.
 */
export async function relayUpTo(offset: number, target: string): Promise<CuttingRelay> {
  const { hostname, port, pathname } = new URL(target);
  const sockets = new Set<Socket>();
  const relay = createServer((client) => {
    const server = connect({ host: hostname, port: Number(port) });
    for (const socket of [client, server]) {
      sockets.add(socket);
      // One end that is gone takes the other with it.
      socket.on('error', () => undefined).once('close', () => [client, server].forEach((end) => end.destroy()));
    }
    let answer = Buffer.alloc(0);
    let passed = 0;
    client.on('data', (bytes) => server.write(bytes));
    server.on('data', (bytes) => {
      answer = Buffer.concat([answer, bytes]);
      const head = endOfHead(answer.toString('latin1'));
      if (head === Infinity) return;
      const isReached = answer.length >= head + Math.max(offset, 1);
      const next = answer.subarray(passed, head + offset);
      passed += next.length;
      // What was written is on its way to the client before its connection ends.
      client.write(next, () => isReached && client.destroy());
    });
  }).listen(0, '127.0.0.1');
  await once(relay, 'listening');
  return {
    url: `http://127.0.0.1:${(relay.address() as AddressInfo).port}${pathname}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      await once(relay.close(), 'close');
    },
  };
}
