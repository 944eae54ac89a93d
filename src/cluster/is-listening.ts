import { connect } from 'node:net';
import { after } from '../clock.js';

/** On the same network it takes less than a millisecond. */
const TIMEOUT_MS = 300;

/** Whether somebody takes connections at this address. */
export function isListening(address: string, timeoutMs: number = TIMEOUT_MS): Promise<boolean> {
  const { hostname, port, protocol } = new URL(address);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return new Promise((resolve) => {
    const socket = connect(Number(port === '' ? (protocol === 'https:' ? 443 : 80) : port), host);
    const cancel = after(timeoutMs, () => socket.destroy());
    let isTaken = false;
    socket.once('connect', () => {
      isTaken = true;
      socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      cancel();
      resolve(isTaken);
    });
  });
}
