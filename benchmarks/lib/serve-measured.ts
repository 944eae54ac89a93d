/** In the process of a server that is measured: the other side of `ServerProcess`. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Listening, Spent } from './server-process.js';

export async function serveMeasured(server: Server): Promise<void> {
  // A client may be idle for as long as the others are at work.
  server.keepAliveTimeout = 0;
  measuredAt(await listening(server));
}

/** Tells where this process listens, and from then on, when asked, what it has spent. */
export function measuredAt(port: number): void {
  process.on('message', () => process.send?.({ cpuUs: ownCpuUs() } satisfies Spent));
  process.on('disconnect', () => process.exit());
  process.send?.({ port } satisfies Listening);
}

/** @returns the port */
export async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

export function ownCpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
