/** Over stdio, ids that a double cannot hold are told apart, and written as the client wrote them. */
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { StdioTransport } from '../../src/cli/stdio-server-transport.js';
import { jsonOf } from '../../src/json-messages.js';
import { keepText } from '../../src/original-text.js';
import { withStandIns } from '../../src/long-ids.js';
import type { JsonRpcMessage, RequestId } from '../../src/routing/message.js';

async function started(): Promise<{
  readonly transport: StdioTransport;
  readonly received: JsonRpcMessage[];
  readonly says: (line: string) => void;
  readonly hears: () => string[];
}> {
  const [input, output] = [new PassThrough(), new PassThrough().setEncoding('utf8')];
  const transport = new StdioTransport(() => undefined, undefined, input, output);
  const received: JsonRpcMessage[] = [];
  transport.onmessage = (message) => received.push(message);
  await transport.start();
  return {
    transport,
    received,
    says: (line) => void input.write(`${line}\n`),
    hears: () =>
      String(output.read() ?? '')
        .split('\n')
        .slice(0, -1),
  };
}

it('of requests of the client', async () => {
  const { transport, received, says, hears } = await started();
  const ids = ['9007199254740993', '9007199254740992', '1e400', '2e400', '7', '"7"'];
  for (const id of ids) says(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`);
  await expect.poll(() => received).toHaveLength(ids.length);
  expect(new Set(received.map(({ id }) => id)).size).toBe(ids.length);
  for (const { id } of received) await transport.send({ jsonrpc: '2.0', id, result: {} });
  expect(hears()).toEqual(ids.map((id) => `{"jsonrpc":"2.0","id":${id},"result":{}}`));
});

it('of requests of the server: a client that rounds them means the only one that is left', async () => {
  const { transport, received, says, hears } = await started();
  const ask = (id: string): JsonRpcMessage => {
    const text = `{"jsonrpc":"2.0","id":${id},"method":"roots/list"}`;
    const message = withStandIns(JSON.parse(text), text) as JsonRpcMessage;
    keepText(message, text);
    return message;
  };
  const [one, other] = [ask('9007199254740993'), ask('9007199254740995')];
  await transport.send(one);
  await transport.send(other);
  expect(hears()).toEqual([one, other].map(jsonOf));
  const answer = (id: RequestId): void => {
    says(`{"jsonrpc":"2.0","id":${id},"result":{"roots":[]}}`);
  };
  answer('9007199254740992');
  answer('9007199254740996');
  await expect.poll(() => received.map(({ id }) => id)).toEqual([one.id, other.id]);
});
