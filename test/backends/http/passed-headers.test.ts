/** The headers of the client, of a session and of one message. */
import { expect, it } from 'vitest';
import { closers } from '../../proxy/support.js';
import { CALL, event, inEvents, NEWS, peer, RESULT, turns, until } from './http-peer.js';

const closing = closers();
const OPTIONS = { headers: { 'x-fixed': '1', 'x-key': 'default' }, passed: { 'x-key': 'first' } };

it('those of the session are sent in the place of fixed ones, those of a message in the place of both', async () => {
  const { transport, requests } = await peer(
    closing,
    (response) => inEvents(response).end(event(RESULT)),
    undefined,
    OPTIONS,
  );
  await transport.send(CALL);
  await transport.send(CALL, { headers: { 'x-key': 'second' } });
  await transport.send({ jsonrpc: '2.0', method: 'notifications/x' }, { headers: {} });
  transport.usePassed({ 'x-key': 'third' });
  await transport.send(CALL);
  const keys = requests.map(({ headers }) => [headers['x-fixed'], headers['x-key']]);
  expect(keys).toEqual(['first', 'second', 'default', 'third'].map((key) => ['1', key]));
});

it('a standalone stream that was refused for want of credentials is asked for again with new ones', async () => {
  const { transport, requests, messages, errors } = await peer(
    closing,
    (response) => response.writeHead(202).end(),
    (response, { headers }) => {
      if (headers['x-key'] === 'second') inEvents(response).write(event(NEWS));
      else response.writeHead(401).end();
    },
    OPTIONS,
  );
  await transport.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
  await turns();
  expect(errors).toMatchObject([{ message: 'the standalone stream was not opened: the backend answers 401' }]);
  transport.usePassed({ 'x-key': 'second' });
  await until(() => messages.length === 1);
  expect(requests.filter(({ method }) => method === 'GET')).toHaveLength(2);
});
