import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { endianness } from 'node:os';
import { describe, expect, it } from 'vitest';
import { keyOf, rowsOf } from '../../src/http/tcp-table.js';
import { closers } from '../proxy/support.js';

const closing = closers();

describe.runIf(endianness() === 'LE')('the name of a connection', () => {
  const named = (localAddress: string, remoteAddress: string): string | undefined =>
    keyOf({ localAddress, localPort: 3000, remoteAddress, remotePort: 45_678 });

  it.each([
    ['127.0.0.1', '192.168.1.20', '0100007F:0BB8 1401A8C0:B26E'],
    ['::ffff:127.0.0.1', '::1', '0000000000000000FFFF00000100007F:0BB8 00000000000000000000000001000000:B26E'],
    ['2001:db8:1:2:3:4:5:6', '::', 'B80D01200200010004000300' + '06000500:0BB8 00000000000000000000000000000000:B26E'],
    ['fe80::1%eth0', '1::', '000080FE000000000000000001000000:0BB8 00000100000000000000000000000000:B26E'],
  ])('between %s and %s', (local, remote, key) => {
    expect(named(local, remote)).toBe(key);
  });

  it('is missing if it has no ends: it is a pipe, or closed', () => {
    expect(keyOf({})).toBeUndefined();
    expect(keyOf({ localAddress: '::1', localPort: 1 })).toBeUndefined();
  });
});

describe('the rows of a table', () => {
  const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1456 1 0 100 0 0 10 0
   1: 0100007F:0BB8 0200007F:B26E 01 00000000:00000000 00:00000000 00000000     0        0 1457 1 0 20 4 30 10 -1
  12: 0100007F:0BB8 0300007F:B26E 01 00000A1C:00000000 01:000000F2 00000007  1000        0 1458 2 0 20 4 30 1 7
 123: 0100007F:0BB8 0400007F:B26E 01 0003D090:00000011 04:0000F00D 00000000  1000        3 1459 2 0 20 4 30 1 7
   4: 0100007F:0BB8 0500007F:B26E 01 zzz
`;

  it.each([
    ['02', { unansweredTries: 0 }],
    ['03', { unansweredTries: 7 }],
    ['04', { unansweredTries: 3 }],
    ['05', undefined],
    ['06', undefined],
  ])('tell how often the kernel has tried in vain: %s', (client, state) => {
    const key = `0100007F:0BB8 ${client}00007F:B26E`;
    expect(rowsOf(TABLE, new Set([key])).get(key)).toEqual(state);
  });

  it('are those that were asked for', () => {
    expect([...rowsOf(TABLE, new Set(['0100007F:0BB8 0300007F:B26E', 'x'])).keys()]).toEqual([
      '0100007F:0BB8 0300007F:B26E',
    ]);
    expect(rowsOf('', new Set(['x'])).size).toBe(0);
  });
});

it.runIf(process.platform === 'linux').each(['127.0.0.1', '::1', '::'])(
  'a real connection to %s is in one of the tables',
  async (host) => {
    const server = createServer();
    server.listen(0, host);
    await once(server, 'listening');
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const client = connect((server.address() as AddressInfo).port, host === '::' ? '127.0.0.1' : host);
    const [[socket]] = await Promise.all([accepted, once(client, 'connect')]);
    closing(() => {
      client.destroy();
      socket.destroy();
      server.close();
    });
    const keys = new Set([keyOf(socket) ?? '', keyOf(client) ?? '']);
    const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFileSync(path, 'latin1')).join('\n');
    expect(new Set(rowsOf(tables, keys).keys())).toEqual(keys);
  },
);
