/** By which address other machines reach this one. */
import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';

/**
 * The address of this machine from which it reaches a host. Machines that reach the same host most likely reach this one
 * there.
 */
export async function addressTowards({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): Promise<string> {
  const { address, family } = await lookup(host);
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  try {
    // It asks the system for the way. Nothing is sent.
    socket.connect(port, address);
    await once(socket, 'connect');
    return socket.address().address;
  } finally {
    socket.close();
  }
}

/** Whether this machine can listen on it. */
export function isOwn(host: string): boolean {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return isLoopback(host) || all.some(({ address }) => address === host);
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host);
}
