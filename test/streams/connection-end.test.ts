/** Who hears that a client is gone, on a real connection with several requests, one behind the other. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { onConnectionEnd } from '../../src/streams/connection-end.js';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

interface Pipelined {
  readonly client: Socket;
  /** Resolves with as many requests as were sent, which all wait for an answer. */
  readonly send: (count: number) => Promise<ServerResponse[]>;
  readonly gone: ServerResponse[];
}

async function pipelined(): Promise<Pipelined> {
  const gone: ServerResponse[] = [];
  const waiting: ServerResponse[] = [];
  let arrived = (): void => undefined;
  const server = createServer((_request, response) => {
    onConnectionEnd(response, () => gone.push(response));
    waiting.push(response);
    arrived();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  closers.push(
    () => server.close(),
    () => client.destroy(),
  );
  client.resume();
  return {
    ...{ client, gone },
    send: async (count) => {
      const all = new Promise<void>((resolve) => {
        arrived = () => {
          if (waiting.length === count) resolve();
        };
      });
      client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(count));
      await all;
      return waiting.splice(0);
    },
  };
}

test('each one is told once that it is gone, whether it was answered or waited', async () => {
  const { client, send, gone } = await pipelined();
  const responses = await send(5);
  const [first] = responses;
  const answered = new Promise((resolve) => first?.once('close', resolve));
  first?.end();
  await answered;
  expect(gone).toEqual([first]);
  const left = new Promise((resolve) => first?.req.socket.once('close', resolve));
  client.destroy();
  await left;
  expect(new Set(gone)).toEqual(new Set(responses));
  expect(gone).toHaveLength(5);
});

test('a connection on which many have waited holds no more listeners than after the first few', async () => {
  const { send } = await pipelined();
  const counts: number[] = [];
  for (let round = 0; round < 3; round++) {
    const responses = await send(15);
    const socket = responses[0]?.req.socket;
    const last = new Promise((resolve) => responses.at(-1)?.once('close', resolve));
    for (const response of responses) response.end();
    await last;
    counts.push(socket?.listenerCount('close') ?? 0);
  }
  expect(counts).toEqual([counts[0], counts[0], counts[0]]);
  expect(counts[0]).toBeLessThan(4);
});
