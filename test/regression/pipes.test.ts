/** Bugs of what is written to a pipe, each named after its cause. */
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { expect, test } from 'vitest';
import { withBackchannel, type RouteEvent } from '../../src/index.js';
import { answer, elicit } from '../support/messages.js';

test('what was written to a pipe that nobody reads any more was still pending after close()', async () => {
  // Full after one message: the SDK waits until somebody reads.
  const stdout = new PassThrough({ highWaterMark: 1 });
  const stdin = new PassThrough();
  const transport = withBackchannel(new StdioServerTransport(stdin, stdout));
  const routes: RouteEvent[] = [];
  transport.backchannel.routes$.subscribe((event) => routes.push(event));
  const received = new Promise((resolve) => (transport.onmessage = resolve));
  await transport.start();
  stdin.write('{"jsonrpc":"2.0","id":1,"method":"tools/call"}\n');
  await received;

  const sends = [transport.send(elicit('question') as never), transport.send(answer(1) as never)];
  const settled = Promise.allSettled(sends);
  await transport.close();
  expect(await settled).toMatchObject([
    { status: 'rejected', reason: { code: 'CLOSED' } },
    { status: 'rejected', reason: { code: 'CLOSED' } },
  ]);
  expect(routes).toMatchObject([{ id: 'question', outcome: 'failed', error: { code: 'CLOSED' } }]);
  expect(stdout.listenerCount('drain')).toBeGreaterThan(0);
  stdout.resume();
  await once(stdout, 'drain');
});
