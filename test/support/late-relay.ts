/** TCP on which everything arrives late, both ways. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface LateRelay {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** @param port of loopback, to which connections are passed on */
export async function lateRelay(port: number, lateMs: number): Promise<LateRelay> {
  const sockets = new Set<Socket>();
  const relay = createServer((client) => {
    const server = connect(port, '127.0.0.1');
    const ends = [client, server] as const;
    for (const [from, to] of [ends, [server, client]] as const) {
      sockets.add(from);
      // Timers of the same length fire in the order in which they were set.
      from.on('data', (bytes) => setTimeout(() => to.write(bytes), lateMs));
      from.on('error', () => undefined).once('close', () => to.destroy());
    }
  }).listen(0, '127.0.0.1');
  await once(relay, 'listening');
  return {
    port: (relay.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await once(relay.close(), 'close');
    },
  };
}
