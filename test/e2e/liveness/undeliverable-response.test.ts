/** The client drops the POST of a call that then completes: the response can no longer be delivered. */
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { CallToolRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withBackchannel } from 'mcp-backchannel';
import { serve } from '../../../examples/lib/serve.js';
import { StrictClient } from '../../../examples/lib/strict-client.js';
import { stages, startCall, textOf } from '../../support/stage.js';
import { deferred } from '../../support/deferred.js';
import { FLAVOURS, isAsk, peers } from './peer.js';
import { drops, tapped } from './tap.js';

const openPeer = peers();
const openStage = stages();
const closers: (() => Promise<void>)[] = [];
const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);

beforeEach(() => void process.on('unhandledRejection', note));
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  // Node tells of them after the microtasks of a turn.
  await new Promise(setImmediate);
  process.off('unhandledRejection', note);
  expect(unhandled.splice(0)).toEqual([]);
});

describe.each([false, true])('wrapped: %s', (wrapped) => {
  it.each(['Node', 'web-standard'] as const)('a pipe over a %s transport is told by its send()', async (flavour) => {
    const peer = await openPeer({ flavour, wrapped });
    await peer.dropped(await peer.called('call'));
    expect(await peer.send({ id: 'call', result: {} })).toEqual(
      new Error('No connection established for request ID: call'),
    );
  });

  it('a pipe over a SDK 2.x transport is told by onerror', async () => {
    const peer = await openPeer({ flavour: 'SDK 2.x', wrapped });
    await peer.dropped(await peer.called('call'));
    expect(await peer.send({ id: 'call', result: {} })).toBe('sent');
    expect(peer.errors).toMatchObject([{ message: expect.stringContaining('undeliverable') as string }]);
  });

  it.each(FLAVOURS)('the session over a %s transport lives on', async (flavour) => {
    const peer = await openPeer({ flavour, wrapped });
    await peer.dropped(await peer.called('call'));
    // A pipe that does not look at what becomes of a response.
    await peer.send({ id: 'call', result: {} });
    await peer.called('next');
    const asked = peer.client.next(({ message }) => isAsk('q')(message));
    await peer.ask('q', 'next');
    expect((await asked).stream).toBe('POST next');
  });

  it('a proxy goes on: the next call of the session is answered, and remembers what the dropped one did', async () => {
    const upstream = await tapped('streamable-http');
    const stage = await openStage(upstream, { wrapped });
    const client = await stage.connect('ann');
    const dropped = drops(stage.session(client).transport);
    const { release } = upstream.hold();
    const call = await startCall(client, 'remember', { key: 'colour', value: 'red' });
    const gone = dropped.next();
    await call.drop();
    await gone;
    release();
    await upstream.fromBackend.first(
      ({ method, result }) =>
        method === undefined && (result as { content?: unknown } | undefined)?.content !== undefined,
    );
    expect(await textOf(await startCall(client, 'recall', { key: 'colour' }))).toBe('"red"');
  });

  it('an SDK Server reports it to onerror', async () => {
    const begun = deferred();
    const release = deferred();
    const reported = deferred<Error>();
    const connected = deferred<StreamableHTTPServerTransport>();
    const { url, close } = await serve({
      async onSession(bare) {
        const server = new Server({ name: 'slow', version: '1.0.0' }, { capabilities: { tools: {} } });
        server.setRequestHandler(CallToolRequestSchema, async () => {
          begun.resolve();
          await release.promise;
          return { content: [] };
        });
        server.onerror = reported.resolve;
        const transport = wrapped ? withBackchannel(bare) : bare;
        await server.connect(transport);
        connected.resolve(transport);
        return transport;
      },
    });
    closers.push(close);
    const client = await StrictClient.connect(url);
    const dropped = drops(await connected.promise);
    const call = client.start('tools/call', { name: 'slow' }, 'call');
    await begun.promise;
    const gone = dropped.next();
    await call.drop();
    await gone;
    release.resolve();
    expect((await reported.promise).message).toContain('No connection established for request ID: call');
    expect((await client.request('ping')).result).toEqual({});
  });
});
