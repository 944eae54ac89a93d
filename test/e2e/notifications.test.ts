/** Progress and log messages reach a client that never opens GET, while their call is running. */
import { describe, expect, it } from 'vitest';
import type { Call, StrictClient } from '../../examples/lib/strict-client.js';
import { stages, startCall, textOf } from '../support/stage.js';
import { SCENARIOS } from '../support/transports.js';

const open = stages();

describe.each(SCENARIOS)('with $transport and a backend over $upstream', (scenario) => {
  it('delivers progress and log on the stream of their own call, before its answer', async () => {
    const stage = await open(scenario.upstream, { kind: scenario });
    const client = await stage.connect();

    for (let round = 1; round <= 5; round++) {
      const token = `token ${String(round)}`;
      const counting = await startCall(client, 'count', { steps: 3 }, { progressToken: token });
      expect(await textOf(counting)).toBe('counted to 3');
      expect(streamOf(client, counting)).toEqual([
        ...[1, 2, 3].map((progress) => ({ progress, total: 3, progressToken: token })),
        'answer',
      ]);

      const logging = await startCall(client, 'log', { tag: `round ${String(round)}` });
      expect(await textOf(logging)).toBe('logged');
      expect(streamOf(client, logging)).toEqual([{ level: 'info', data: `round ${String(round)}` }, 'answer']);
    }
  });
});

/** Every message that came on the stream of a call: the event by which it could be resumed carries none. */
function streamOf(client: StrictClient, { id }: Call): unknown[] {
  return client.arrivals
    .filter(({ message, stream }) => stream === `POST ${String(id)}` && message.jsonrpc !== undefined)
    .map(({ message }) => (message.id === id ? 'answer' : (message.params as unknown)));
}
