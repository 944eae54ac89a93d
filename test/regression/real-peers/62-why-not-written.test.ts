/** What is sent to a process that does not take it: whoever sends is told why. */
import { afterEach, expect, it } from 'vitest';
import { once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { withBackchannel } from '../../../src/index.js';
import { ChildTransport } from '../../../src/backends/stdio/child-transport.js';
import { Children } from '../../../src/backends/stdio/process-groups.js';
import { StdioTransport } from '../../../src/cli/stdio-server-transport.js';
import { elicit, request } from '../../support/messages.js';

const children = new Children();
afterEach(() => {
  children.kill();
});

/** Closes its stdin and lives on. */
const DEAF = `
  require('node:fs').closeSync(0);
  console.log('{"jsonrpc":"2.0","method":"deaf"}');
  setInterval(() => {}, 60_000);
`;

it('62 a server that has closed its stdin: EPIPE, and the same for whatever is sent later', async () => {
  const server = new ChildTransport({
    command: process.execPath,
    args: ['-e', DEAF],
    env: {},
    cwd: undefined,
    children,
  });
  const isDeaf = new Promise((resolve) => (server.onmessage = resolve));
  const errors: Error[] = [];
  server.onerror = (error) => errors.push(error);
  await server.start();
  await isDeaf;
  await expect(server.send(request(1))).rejects.toMatchObject({ code: 'EPIPE' });
  await expect(server.send(request(2))).rejects.toMatchObject({ cause: { code: 'EPIPE' } });
  await server.close();
});

it('62 a client that has closed its end: whoever sends to it is told, by the wrapper too', async () => {
  const broken = new Writable({
    write: (_chunk, _encoding, done) => {
      done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    },
  });
  const input = new PassThrough();
  const transport = withBackchannel(new StdioTransport(() => undefined, undefined, input, broken));
  await transport.start();
  await expect(transport.send(elicit('q'))).rejects.toMatchObject({ cause: { code: 'EPIPE' } });
  if (!broken.closed) await once(broken, 'close');
  await expect(transport.send(elicit('r'))).rejects.toMatchObject({ cause: { code: 'EPIPE' } });
  await transport.close();
});
