import { expect, it } from 'vitest';
import type { JsonRpcMessage } from '../../src/routing/message.js';
import { closers } from '../proxy/support.js';
import { CALL, rig } from './rig.js';

const closing = closers();

it('a response that a middleware has begun before its stream did brings nobody down', async () => {
  const it = await rig(closing);
  it.transport.onmessage = ({ id }: JsonRpcMessage) => {
    if (id === CALL.id) it.responses.at(-1)?.writeHead(503).write('too slow');
  };
  const { status, drop } = await it.post(CALL);
  expect(status).toBe(503);
  // All streams begin by one timer: when this one has begun, the other would have too.
  expect((await it.post({ ...CALL, id: 'next' })).status).toBe(200);
  await expect(it.transport.send({ jsonrpc: '2.0', id: CALL.id, result: {} })).rejects.toThrow(/No connection/);
  drop();
});
