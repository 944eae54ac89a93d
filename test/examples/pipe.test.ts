import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { afterEach, expect, it } from 'vitest';
import { startPipe } from '../../examples/pipe.js';
import { startUpstream } from '../support/upstreams.js';
import { Opened } from './support.js';

const opened = new Opened();
afterEach(async () => opened.closeAll());

/** A pipe to a backend in this process, and its connections to it. */
async function pipeInMemory(): Promise<{ url: string; connections: Transport[] }> {
  const backend = opened.add(await startUpstream('in-memory'));
  const connections: Transport[] = [];
  const { url } = opened.add(
    await startPipe({
      async connectUpstream() {
        const connection = await backend.connect();
        connections.push(connection);
        return connection;
      },
    }),
  );
  return { url, connections };
}

it('keeps ids as they are, 0 and the empty string among them', async () => {
  const { url, connections } = await pipeInMemory();
  const client = await opened.client(url, { firstId: 100 });
  const [connection] = connections;
  if (connection === undefined) throw new Error('not connected');
  const sent: unknown[] = [];
  const send = connection.send.bind(connection);
  connection.send = async (message, options) => {
    sent.push('id' in message ? message.id : undefined);
    return send(message, options);
  };

  const ids = [0, '', 7, '7'];
  for (const id of ids) expect((await client.request('ping', {}, id)).id).toBe(id);

  expect(sent).toEqual(ids);
});

it('closes the backend when the client ends the session', async () => {
  const { url, connections } = await pipeInMemory();
  const client = await opened.client(url);
  const [connection] = connections;
  if (connection === undefined) throw new Error('not connected');
  const closed = new Promise<void>((resolve) => {
    const { onclose } = connection;
    connection.onclose = () => {
      onclose?.();
      resolve();
    };
  });

  await client.delete();

  await closed;
});

it('ends the streams of the client when the backend closes', async () => {
  const { url, connections } = await pipeInMemory();
  const client = await opened.client(url);
  const get = await client.openGet();

  await connections[0]?.close();

  await get.ended;
});

it('answers a request with an error when the backend cannot be reached any more', async () => {
  const { url, connections } = await pipeInMemory();
  const client = await opened.client(url);
  const [connection] = connections;
  if (connection === undefined) throw new Error('not connected');
  connection.send = async () => Promise.reject(new Error('broken pipe'));

  const { error } = await client.request('ping');

  expect(error).toEqual({ code: -32603, message: 'broken pipe' });
});
