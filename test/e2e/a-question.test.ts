/**
 * What the package exists for: a stateful session behind a proxy, and a tool that asks the user. A proxy that
 * names no request loses the question of the first call where the client holds no GET stream: the SDK drops it,
 * `send()` resolves, and the call hangs. One that names the request in which its reader was created fails with
 * the second call: `No connection established for request ID`.
 */
import type { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { describe, expect, it } from 'vitest';
import { streamsOf } from '../support/arrivals.js';
import { QUESTIONS, stages, startCall, textOf } from '../support/stage.js';
import { SCENARIOS } from '../support/transports.js';
import { UPSTREAM_KINDS } from '../support/upstreams.js';

const open = stages();

describe.each(SCENARIOS)('behind a proxy with $transport and a backend over $upstream', (scenario) => {
  it.each(['open', 'never opened'])('answers 20 calls in a row of each kind with GET %s', async (get) => {
    const stage = await open(scenario.upstream, { kind: scenario });
    const client = await stage.connect('ann');
    if (get === 'open') expect((await client.openGet()).status).toBe(200);

    for (const { tool, method, answer } of QUESTIONS) {
      for (let turn = 1; turn <= 20; turn++) {
        const call = await startCall(client, tool);
        expect(await textOf(call), `${tool}, call ${String(turn)}`).toBe(answer);
        expect(streamsOf(client, method).at(-1)).toBe(`POST ${String(call.id)}`);
      }
      expect(streamsOf(client, method)).toHaveLength(20);
    }
  });
});

describe.each(UPSTREAM_KINDS)('behind a proxy with a backend over %s', (kind) => {
  it('loses the question of a bare proxy when GET was never opened', async () => {
    const stage = await open(kind, { wrapped: false });
    const client = await stage.connect('ann');
    const taken = whenTaken(stage.session(client).transport, 'elicitation/create');
    void startCall(client, 'ask');

    await taken;
    // The transport has taken the question. Whatever it wrote reaches the client before this answer does.
    expect(await client.callTool('echo', { text: 'still here' })).toBe('still here');
    expect(client.arrivals.filter(({ message }) => message.method !== undefined)).toEqual([]);
  });
});

/** Resolves when a bare transport's `send()` of such a message has resolved. */
async function whenTaken(transport: StreamableHTTPServerTransport, method: string): Promise<void> {
  const send = transport.send.bind(transport);
  return new Promise((resolve, reject) => {
    transport.send = async (message, options) => {
      const sent = send(message, options);
      if ('method' in message && message.method === method) sent.then(resolve, reject);
      return sent;
    };
  });
}
