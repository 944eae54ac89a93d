/** A trace through two nodes as people run them: two processes of the command, a real Redis, and a receiver of OTLP. */
import { afterEach, describe, expect, it } from 'vitest';
import { Started } from '../cli/support.js';
import { commandNodes, type RunningNode } from '../cluster/command-nodes.js';
import { HAS_REDIS, redisNote } from '../cluster/redis.js';
import type { Message } from '../../examples/lib/strict-client.js';
import { OtlpReceiver, type ReceivedSpan } from './otlp-receiver.js';
import { SPAN, spanIdIn, TRACE, TRACEPARENT } from './proxy-rig.js';

const started = new Started();
afterEach(async () => started.end());

const { startNodes, roundRobin } = commandNodes(started);

const TRACESTATE = 'vendor=a';
const CALLS = 8;

/** Asks the user, and answers with the `_meta` that came with the call and the one of the user's answer. */
const REPORTING = `
  const send = (message) => console.log(JSON.stringify({ jsonrpc: '2.0', ...message }));
  const open = new Map();
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { id, method, params, result } = JSON.parse(line);
    if (method === 'initialize') {
      const { protocolVersion } = params;
      send({ id, result: { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'r', version: '1' } } });
    } else if (method === 'tools/call') {
      open.set('q' + id, { id, params });
      // What belongs to which call is told by nothing but the token.
      send({ id: 'q' + id, method: 'elicitation/create', params: { message: params.name, _meta: params._meta } });
    } else if (result !== undefined) {
      const { id: call, params: { _meta } } = open.get(id);
      send({ id: call, result: { content: [{ type: 'text', text: JSON.stringify(_meta) }] } });
    }
  });
`;

const PATH = (call: number): readonly string[] => [
  `2 tools/call tool-${String(call)}`,
  `3 tools/call tool-${String(call)}`,
  '2 elicitation/create',
  '3 elicitation/create',
];

/** What a question asks. */
function textOf({ params }: Message): string | undefined {
  return (params as { readonly message?: string } | undefined)?.message;
}

describe.runIf(HAS_REDIS)(`two nodes that export to a receiver${redisNote}`, () => {
  it.each(['_meta', 'headers'])(
    'put eight calls at once in the trace of their client, told by %s, though another node has the session',
    async (how) => {
      const receiver = started.add(new OtlpReceiver());
      const env = await receiver.start();
      const args = ['--', process.execPath, '-e', REPORTING];
      const [owner, other] = (await startNodes(2, args, { env })) as [RunningNode, RunningNode];
      const headers = { traceparent: TRACEPARENT, tracestate: TRACESTATE };
      const client = await roundRobin(owner, [other], how === 'headers' ? { headers } : {});
      const _meta = how === '_meta' ? { _meta: headers } : {};
      const answers = await Promise.all(
        Array.from({ length: CALLS }, async (_, call) =>
          client.request('tools/call', { name: `tool-${String(call)}`, arguments: {}, ..._meta }),
        ),
      );
      for (const { command } of [other, owner]) {
        command.process.kill('SIGTERM');
        expect(await command.exit).toMatchObject({ code: 0 });
      }

      for (const [call, { result }] of answers.entries()) {
        const name = `tools/call tool-${String(call)}`;
        const spanOf = (kind: number): ReceivedSpan | undefined =>
          receiver.spans.find((span) => span.kind === kind && span.name === name);
        // The backend is told of the trace, and of the call as its node makes it.
        const told = JSON.parse((result as { content: [{ text: string }] }).content[0].text) as unknown;
        expect(told).toEqual({ traceparent: `00-${TRACE}-${spanOf(3)?.spanId ?? ''}-01`, tracestate: TRACESTATE });
        // The other node shows that it has passed the call on.
        const hop = receiver.spans.find((span) => span.kind === 1 && span.name === `pass on ${name}`);
        expect(hop).toMatchObject({ traceId: TRACE, parentSpanId: SPAN });
        expect(hop?.attributes).toContainEqual({
          key: 'mcp_backchannel.to_node',
          value: { stringValue: owner.name },
        });
        // The client is asked in its own trace, below its own call.
        const asked = client.arrivals.find(({ message }) => textOf(message) === `tool-${String(call)}`);
        const spanId = asked && spanIdIn(asked.message);
        const question = receiver.spans.find((span) => span.spanId === spanId);
        expect(question?.traceId).toBe(TRACE);
        expect(question && receiver.pathOf(question).slice(-4)).toEqual(PATH(call));
      }
    },
  );
});
