/** The reference server from npm behind the command, over both of its transports. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Arrival, StrictClient } from '../../examples/lib/strict-client.js';
import { isOf, streamsOf } from '../support/arrivals.js';
import { startCall, textOf } from '../support/stage.js';
import { ANSWERS, ASKING, DYNAMIC, mustAskOnStreams, mustTellOnGet, resultOf } from './everything-calls.js';
import { EVERYTHING_UPSTREAMS } from './everything-upstreams.js';
import { Started } from './support.js';

// One session for all: the server takes its time to start, and must not mind what was before.
describe.each(Object.entries(EVERYTHING_UPSTREAMS))('server-everything over %s', (kind, upstream) => {
  const started = new Started();
  let client: StrictClient;
  beforeAll(async () => {
    const { url } = await started.endpoint(['--park-timeout', '50ms', ...(await upstream(started))]);
    client = await started.client(url, {
      capabilities: { elicitation: {}, sampling: {}, roots: { listChanged: true } },
      answers: ANSWERS,
    });
  });
  beforeEach(() => {
    client.arrivals.splice(0);
  });
  afterAll(async () => {
    await client.delete();
    await started.end();
  });

  // The first, for it keeps them.
  it('gets the roots on the stream of the call, though it asks for them a while after initialization too', async () => {
    const call = await startCall(client, 'get-roots-list');
    expect(await textOf(call)).toContain('file:///ann');
    expect(new Set(streamsOf(client, 'roots/list'))).toEqual(new Set([`POST ${call.id}`]));
  });

  it.each(ASKING)('asks with $method on the stream of the call, twice', async (asking) => {
    await mustAskOnStreams(client, asking, 2);
  });

  it('reports progress five times on the stream of the call, before the response', async () => {
    const args = { duration: 0.05, steps: 5 };
    const call = await startCall(client, 'trigger-long-running-operation', args, { progressToken: 'token' });
    expect(await textOf(call)).toContain('completed');
    const own = client.arrivals.filter(({ stream }) => stream === `POST ${call.id}`);
    expect(own.filter(isOf('notifications/progress')).map(({ message: { params } }) => params as unknown)).toEqual(
      [1, 2, 3, 4, 5].map((progress) => ({ progressToken: 'token', progress, total: 5 })),
    );
    expect(own.at(-1)?.message.id).toBe(call.id);
    expect(streamsOf(client, 'notifications/progress')).toHaveLength(5);
  });

  it('lists resources and templates, and reads them', async () => {
    const { resources } = await resultOf(client, 'resources/list');
    const [{ uri }] = resources as [{ uri: string }];
    expect(await resultOf(client, 'resources/read', { uri })).toMatchObject({
      contents: [{ uri, text: expect.any(String) as string }],
    });
    const { resourceTemplates } = await resultOf(client, 'resources/templates/list');
    expect(resourceTemplates).toMatchObject([{ uriTemplate: `${DYNAMIC}/{resourceId}` }, {}]);
    expect(await resultOf(client, 'resources/read', { uri: `${DYNAMIC}/7` })).toMatchObject({
      contents: [{ uri: `${DYNAMIC}/7`, text: expect.stringContaining('Resource 7') as string }],
    });
  });

  it('completes the arguments of prompts, with their context, and of resource templates', async () => {
    const prompt = { type: 'ref/prompt', name: 'completable-prompt' };
    const completed = async (params: object): Promise<unknown> =>
      ((await resultOf(client, 'completion/complete', params)) as { completion: { values: unknown } }).completion
        .values;
    expect(await completed({ ref: prompt, argument: { name: 'department', value: 'S' } })).toEqual([
      'Sales',
      'Support',
    ]);
    expect(
      await completed({
        ref: prompt,
        argument: { name: 'name', value: '' },
        context: { arguments: { department: 'Sales' } },
      }),
    ).toEqual(['David', 'Eve', 'Frank']);
    const template = { type: 'ref/resource', uri: `${DYNAMIC}/{resourceId}` };
    expect(await completed({ ref: template, argument: { name: 'resourceId', value: '12' } })).toEqual(['12']);
  });

  describe('with GET open,', () => {
    beforeAll(async () => {
      expect((await client.openGet()).status).toBe(200);
    });

    it('logs from the level on that it is told', async () => {
      const uri = `${DYNAMIC}/1`;
      expect(await resultOf(client, 'logging/setLevel', { level: 'error' })).toEqual({});
      await resultOf(client, 'resources/subscribe', { uri });
      expect(await resultOf(client, 'logging/setLevel', { level: 'info' })).toEqual({});
      const call = client.start('resources/unsubscribe', { uri });
      expect((await call.response).result).toEqual({});

      const isAboutIt = ({ message: { params } }: Arrival): boolean => JSON.stringify(params ?? '').includes(uri);
      const isLog = isOf('notifications/message');
      const { stream, message } = await client.next((arrival) => isLog(arrival) && isAboutIt(arrival), 0);
      expect(message.params).toMatchObject({
        level: 'info',
        data: expect.stringContaining(`Unsubscribe Resource request: ${uri}`) as string,
      });
      // It sends it for no request: over HTTP that is a stream of its own, which the response may overtake.
      expect([`POST ${call.id}`, ...(kind === 'stdio' ? [] : ['GET'])]).toContain(stream);
    });

    it('tells there that a resource has changed to which the client is subscribed', async () => {
      await mustTellOnGet(client, `${DYNAMIC}/2`);
    });
  });
});
