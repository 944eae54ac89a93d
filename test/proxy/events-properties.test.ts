/** Random sequences of real messages, and what holds for the events whatever they are. */
import fc from 'fast-check';
import type { ProxyEvent } from 'mcp-backchannel/proxy';
import { expect, test } from 'vitest';
import type { StrictClient } from '../../examples/lib/strict-client.js';
import { brokenRules } from '../support/event-rules.js';
import { ScriptedBackend, type ScriptedSession } from './scripted-backend.js';
import { proxies } from './support.js';

const open = proxies({ maxInFlight: 3 });

/** More of them with `RUNS`. */
const numRuns = Number(process.env['RUNS'] ?? 25);

/** Few, so that they are used twice, and two that differ only in their type. */
const ID = fc.constantFrom<string | number>(7, '7', 'a');
const QUESTION_ID = fc.constantFrom<string | number>(1, '1', 'q');

const STEP = fc.oneof(
  { weight: 4, arbitrary: fc.record({ what: fc.constant('call' as const), id: ID }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constantFrom('answer' as const, 'fail' as const), id: ID }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constant('cancel' as const), id: ID }) },
  fc.record({ what: fc.constant('progress' as const), id: ID }),
  { weight: 2, arbitrary: fc.record({ what: fc.constantFrom('ask' as const, 'reply' as const), id: QUESTION_ID }) },
  fc.record({ what: fc.constant('take back' as const), id: QUESTION_ID }),
  fc.record({ what: fc.constantFrom('batch' as const, 'leave' as const, 'delete' as const, 'die' as const), id: ID }),
);
const STEPS = fc.array(STEP, { maxLength: 20, size: 'max' });
type Step = typeof STEP extends fc.Arbitrary<infer T> ? T : never;

interface Pair {
  readonly client: StrictClient;
  readonly session: ScriptedSession;
}

const call = (id: string | number): object => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name: 'any', _meta: { progressToken: id } },
});

/** @returns whether the pair can go on */
async function taken({ what, id }: Step, { client, session }: Pair, sent: (string | number)[]): Promise<boolean> {
  switch (what) {
    case 'call':
    case 'batch': {
      const ids = what === 'call' ? [id] : [id, 'b', id];
      const { status } = await client.post(what === 'call' ? call(id) : ids.map(call));
      expect(status).toBe(200);
      sent.push(...ids);
      return true;
    }
    case 'answer':
      await session.send({ id, result: {} });
      return true;
    case 'fail':
      await session.send({ id, error: { code: 1, message: 'no' } });
      return true;
    case 'cancel':
      await client.notify('notifications/cancelled', { requestId: id });
      return true;
    case 'progress':
      await session.send({ method: 'notifications/progress', params: { progressToken: id, progress: 1 } });
      return true;
    case 'ask':
      await session.send({ id, method: 'elicitation/create', params: { message: '?' } });
      return true;
    case 'reply':
      await client.reply(id, { action: 'accept' });
      return true;
    case 'take back':
      await session.send({ method: 'notifications/cancelled', params: { requestId: id } });
      return true;
    case 'leave':
      client.vanish();
      return false;
    case 'delete':
      await client.delete();
      return false;
    case 'die':
      await session.transport.close();
      return false;
  }
}

test('each call, question, session and backend that is told of ends once, and no other does', async () => {
  await fc.assert(
    fc.asyncProperty(STEPS, fc.boolean(), fc.boolean(), async (steps, serialize, drains) => {
      const backend = new ScriptedBackend();
      const stage = await open(backend.upstream, { serialize });
      const events: ProxyEvent[] = [];
      stage.proxy.events$.subscribe((event) => events.push(event));
      const begin = async (): Promise<Pair> => {
        const client = await stage.connect('client', { answers: {} });
        return { client, session: backend.session(backend.sessions.length - 1) };
      };
      const sent: (string | number)[] = [];
      let pair: Pair | undefined;
      for (const step of steps) {
        pair ??= await begin();
        if (!(await taken(step, pair, sent))) pair = undefined;
      }
      await stage.proxy.close({ graceMs: drains ? 20 : 0 });
      expect(brokenRules(events)).toEqual([]);
      const told = events.flatMap((event) =>
        event.kind === 'call' && event.method === 'tools/call' ? [event.id] : [],
      );
      expect(told).toEqual(sent);
    }),
    { numRuns },
  );
}, 120_000);
