import { inputRequired } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { StrictClient, type Arrival } from '../../../examples/lib/strict-client.js';
import { deferred } from '../../support/deferred.js';
import { FORM, modernStage, toolText, type Equip } from './modern-stage.js';

const COUNT = 8;

/** Each call logs its tag, waits for all calls of its batch, asks, and does that once more. */
function inBatches(): Equip {
  let came = 0;
  let all = deferred();
  return (server) => {
    server.registerTool('work', { inputSchema: z.object({ tag: z.string() }) }, async ({ tag }, { mcpReq }) => {
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- servers still use it
      await mcpReq.log('info', tag);
      const { promise, resolve } = all;
      if (++came % COUNT === 0) {
        all = deferred();
        resolve();
      }
      // The rest is not read together with the head of the answer.
      await promise;
      await mcpReq.notify({ method: 'notifications/other', params: { data: tag } });
      if (mcpReq.inputResponses !== undefined) return toolText(tag);
      return inputRequired({ inputRequests: { who: inputRequired.elicit({ message: tag, requestedSchema: FORM }) } });
    });
  };
}

/** What an arrival is about. */
const tagOf = ({ message: { params, result } }: Arrival): unknown => {
  const { data, message } = (params ?? {}) as { data?: unknown; message?: unknown };
  const { content } = (result ?? {}) as { content?: readonly { text?: unknown }[] };
  return data ?? message ?? content?.[0]?.text;
};

describe('all that a call of a modern server sends', () => {
  it('comes on the stream of that call, whatever else runs, and over whatever connection', async () => {
    const stage = await modernStage(inBatches(), { serverOptions: { capabilities: { logging: {} } } });
    const client = await StrictClient.connect(stage.url, {
      capabilities: { elicitation: {} },
      answers: { 'elicitation/create': () => ({ action: 'accept', content: { answer: 'yes' } }) },
    });
    await client.request('logging/setLevel', { level: 'info' });
    const from = client.arrivals.length;

    // The second batch uses the connections of the first.
    for (const batch of ['a', 'b']) {
      const tags = Array.from({ length: COUNT }, (_, n) => `${batch}${n}`);
      expect(await Promise.all(tags.map(async (tag) => client.callTool('work', { tag })))).toEqual(tags);
    }

    const arrivals = client.arrivals.slice(from);
    const tags = new Set(arrivals.map(tagOf));
    expect(tags.size).toBe(2 * COUNT);
    for (const tag of tags) {
      const streams = arrivals.filter((arrival) => tagOf(arrival) === tag).map(({ stream }) => stream);
      // Two logs, two other notifications, the elicitation and the result.
      expect(streams).toHaveLength(6);
      expect(new Set(streams).size).toBe(1);
    }
    expect(stage.errors).toEqual([]);
    client.vanish();
  });
});
