/**
 * Reads `/proc/net/tcp` and `/proc/net/tcp6`, in which Linux shows the state of each TCP connection.
 *
 * @see https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html
 */
import { endianness } from 'node:os';

/** The two ends of a connection, as sockets name them. */
export interface Ends {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

/** What the kernel knows of a connection. */
export interface TcpState {
  /** How often the kernel has sent bytes again, or asked for room or whether anybody is there, since it was last answered. */
  readonly unansweredTries: number;
}

/** The columns of a row: number, local, remote, state, tx:rx queue, timer, retransmits, uid, probes, … */
const LOCAL = 1;
const REMOTE = 2;
const RETRANSMITS = 6;
const PROBES = 8;

/** The name of a connection in the tables. `undefined`: it is none of TCP, or it is closed. */
export function keyOf(ends: Ends): string | undefined {
  const { localAddress, localPort, remoteAddress, remotePort } = ends;
  if (localAddress === undefined || localPort === undefined) return undefined;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  return `${endIn(localAddress, localPort)} ${endIn(remoteAddress, remotePort)}`;
}

/** The rows of these connections in the text of a table. */
export function rowsOf(table: string, keys: ReadonlySet<string>): Map<string, TcpState> {
  const rows = new Map<string, TcpState>();
  for (const line of table.split('\n')) {
    const columns = line.trim().split(/ +/, PROBES + 1);
    const key = `${String(columns[LOCAL])} ${String(columns[REMOTE])}`;
    if (!keys.has(key)) continue;
    const unansweredTries = Number.parseInt(columns[RETRANSMITS] ?? '', 16) + Number(columns[PROBES]);
    if (unansweredTries >= 0) rows.set(key, { unansweredTries });
  }
  return rows;
}

/** An address is written as words of 32 bits, each in the byte order of the machine. */
function endIn(address: string, port: number): string {
  const bytes = address.includes(':') ? ipv6(address) : address.split('.').map(Number);
  let words = '';
  for (let at = 0; at < bytes.length; at += 4) {
    const word = bytes.slice(at, at + 4);
    if (endianness() === 'LE') word.reverse();
    for (const byte of word) words += hex(byte, 2);
  }
  return `${words}:${hex(port, 4)}`;
}

function ipv6(address: string): number[] {
  // A URL takes all ways to write one, but no zone, and writes numbers only.
  const { hostname } = new URL(`http://[${address.replace(/%.*/, '')}]`);
  const [head = '', tail] = hostname.slice(1, -1).split('::');
  const before = groups(head);
  const after = groups(tail ?? '');
  const gap = Array<number>(8 - before.length - after.length).fill(0);
  return [...before, ...gap, ...after].flatMap((group) => [group >> 8, group & 255]);
}

function groups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}
