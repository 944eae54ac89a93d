/** Calls that hang in the command itself, as the page is told of them. */
import { afterEach, describe, expect, it } from 'vitest';
import { Model } from '../../src/live/model.js';
import { isLate, reasonOf, waitsIn } from '../../src/live/waits.js';
import type { EventRecord } from '../../src/telemetry/record.js';
import { MIRROR, Started } from '../cli/support.js';
import type { StrictClient } from '../../examples/lib/strict-client.js';
import { startCall } from '../support/stage.js';
import { dataOf, LiveReader } from './live-server.js';

const started = new Started();
afterEach(async () => started.end());

interface Watched {
  readonly client: StrictClient;
  /** Applies what comes until it holds. */
  readonly until: (holds: (model: Model) => boolean) => Promise<Model>;
}

async function watched(args: readonly string[]): Promise<Watched> {
  const { url } = await started.endpoint(['--live', ...args, ...MIRROR]);
  const reader = await LiveReader.open(new URL(url).origin, started);
  await reader.next();
  const client = await started.client(url, { answers: {} });
  const model = new Model();
  const until: Watched['until'] = async (holds) => {
    while (!holds(model)) model.apply(dataOf(await reader.next()) as unknown as EventRecord);
    return model;
  };
  return { client, until };
}

/** What waits on whom, in a second. */
function told(model: Model): string[] {
  return waitsIn(model).map((wait) => `${wait.call?.target}: ${reasonOf({ ...wait, since: 0 }, 1_000)}`);
}

const isAnyQuestion = ({ sessions }: Model): boolean =>
  [...sessions.values()].some(({ questions }) => questions.some(({ routed }) => routed !== undefined));

describe('of a real call, the page says', () => {
  it('that its backend is silent', async () => {
    const { client, until } = await watched([]);
    await startCall(client, 'hang');
    const model = await until(({ calls }) => calls.some(({ target }) => target === 'hang'));
    expect(told(model)).toEqual(['hang: the backend has not answered for 1.0 s']);
  });

  it('that the client does not answer a question', async () => {
    const { client, until } = await watched([]);
    await startCall(client, 'ask');
    const model = await until(isAnyQuestion);
    expect(told(model)).toEqual([
      expect.stringMatching(/^ask: the client has not answered elicitation\/create \S+ for/),
    ]);
  });

  it('that a question finds no stream, and that this is late at once', async () => {
    const { client, until } = await watched(['--json-response']);
    // It has no answer until the call has one.
    startCall(client, 'ask').catch(() => undefined);
    const model = await until(isAnyQuestion);
    expect(told(model)).toEqual([expect.stringMatching(/^ask: elicitation\/create \S+ cannot reach the client/)]);
    expect(waitsIn(model).map((wait) => isLate(wait, model.lastAt))).toEqual([true]);
  });

  it('that its backend is dead', async () => {
    const { client, until } = await watched([]);
    await startCall(client, 'die');
    const isEnded = ({ calls }: Model): boolean =>
      calls.some(({ target, outcome }) => target === 'die' && outcome !== undefined);
    const { calls } = await until(
      (model) => isEnded(model) && [...model.sessions.values()].some(({ backendEnded }) => backendEnded !== undefined),
    );
    expect(calls.at(-1)).toMatchObject({ target: 'die', outcome: 'session-ended' });
    expect(calls.at(-1)?.session.backendEnded).toMatch(/SIGKILL/);
  });

  it('that a question was refused, because it could be of another call', async () => {
    const { client, until } = await watched(['--ambiguous', 'reject']);
    await startCall(client, 'hang');
    await startCall(client, 'ask');
    const model = await until(isAnyQuestion);
    expect(told(model)).toEqual([
      expect.stringMatching(
        /^hang: elicitation\/create \S+ was refused \(AMBIGUOUS\), and the backend has not answered/,
      ),
      expect.stringMatching(
        /^ask: elicitation\/create \S+ was refused \(AMBIGUOUS\), and the backend has not answered/,
      ),
    ]);
  });

  it('that nothing waits once the client has answered', async () => {
    const { client, until } = await watched([]);
    const call = await startCall(client, 'ask');
    const { message } = await client.next(({ message: { method } }) => method === 'elicitation/create', 0);
    await client.reply(message.id, { action: 'accept', content: {} });
    await call.response;
    const model = await until(({ calls }) => calls.at(-1)?.outcome !== undefined && calls.at(-1)?.target === 'ask');
    expect(told(model)).toEqual([]);
    expect(model.calls.at(-1)).toMatchObject({
      outcome: 'result',
      questions: [{ routed: 'delivered', evidence: 'sole', answer: 'accept', answeredBy: 'client' }],
    });
  });
});
